"""Port: the object store that holds the bots' code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """What stands behind a key now."""

    etag: str
    size: int
    """Bytes."""


class CodeObjects(Protocol):
    """The code bucket. Calls block; they run on the lane `objects`."""

    def stat(self, key: str) -> ObjectVersion | None:
        """Return what is behind the key; None means the store said that there is nothing. Raises `Unavailable`."""
        ...

    def fetch(self, key: str, into: Path, limit: int) -> ObjectVersion | None:
        """Write the object to a file; None as in `stat`. Raises `Unlaunchable` above `limit` bytes, `Unavailable`."""
        ...

    def put(self, key: str, source: Path) -> ObjectVersion:
        """Store an archive (content type `application/zip`), making the bucket when absent."""
        ...

    def ping(self) -> None:
        """Raise `Unavailable` unless the store answers with these credentials; `Refused` when there is no bucket."""
        ...
