"""Port: servers that run as children of ours, for a machine that has none."""

from collections.abc import Mapping
from typing import Protocol


class Servers(Protocol):
    """The embedded servers. Calls block."""

    def check(self) -> Mapping[str, str]:
        """Return who ended, and how; empty while all run."""
        ...

    def restart(self, name: str) -> None:
        """End one if it runs, start it and wait until it answers. Raises an error of the vocabulary."""
        ...
