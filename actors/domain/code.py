"""A bot's code after it was checked: content hash and files, ready to be put into an engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One regular file of an archive."""

    path: str
    """Relative, normalised, with forward slashes, no `..`."""
    size: int
    """Bytes, uncompressed."""
    executable: bool


class CodePackage(Protocol):
    """A checked archive, held on disk. Source: `open_package` in `actors/code`."""

    @property
    def digest(self) -> str:
        """SHA-256 of the archive's bytes, 64 hex digits: the content hash of the code."""
        ...

    @property
    def files(self) -> tuple[CodeFile, ...]:
        """All files, sorted by path."""
        ...

    def read(self, path: str) -> Iterator[bytes]:
        """Yield one file's content in chunks of at most 64 KiB."""
        ...
