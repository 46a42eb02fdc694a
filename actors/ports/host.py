"""Port: the host that a runtime lives on, as far as two runtimes on one host can tell each other dead."""

from typing import Protocol


class Host(Protocol):
    """Where we run."""

    @property
    def id(self) -> str:
        """Identity of host, boot and mount namespace: two processes with the same id see the same lock files."""
        ...

    def take(self, installation: str) -> bool:
        """Take this host's lock of an installation, held until this process ends or `give_back`.

        False: a living process has it. Held already is fine.
        """
        ...

    def give_back(self) -> None:
        """Let go of the lock."""
        ...
