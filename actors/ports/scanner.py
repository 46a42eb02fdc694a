"""Port: what looks for malicious code in an archive before it may run. Optional."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from the0_actors.actors.domain.code import CodePackage


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that matched one file."""

    rule: str
    path: str


class Scanner(Protocol):
    """Scans code that was checked already. Blocks; one instance serves many threads."""

    def scan(self, package: CodePackage) -> Iterator[Finding]:
        """Yield what forbids the code to run; nothing means clean. Raises `Unlaunchable` for a damaged archive."""
        ...
