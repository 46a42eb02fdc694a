"""Port: what this host remembers of the installations that ran from it, whatever became of their database."""

from collections.abc import Mapping
from typing import Protocol


class Memory(Protocol):
    """One kind of bots' memory. Calls block."""

    def recall(self) -> Mapping[str, str]:
        """Return the installations that were remembered, each to the id of its engine. Raises `Unavailable`."""
        ...

    def remember(self, installation: str, engine: str) -> None:
        """Remember one, for good. Where nothing can be written, nothing is raised."""
        ...


class NoMemory:
    """Remembers nothing: for embedders that give no folder."""

    def recall(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def remember(self, installation: str, engine: str) -> None:
        """Forget it."""
