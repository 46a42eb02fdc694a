"""The port `EngineLock` where the engine is this host alone (bots without containers): a lock on a file.

The kernel drops it when its holder dies. Who takes it by force puts another file in its place: the lock is on the file
that has the name, and the one before then has none.
"""

import fcntl
import os
import secrets
import tempfile
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class HostLock:
    """One process's hand on one lock of this host."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        """Keep the lock of that name in `folder` (None: the system's place for what is temporary)."""
        self._path = (folder or Path(tempfile.gettempdir())) / f"the0-actors-{name}.lock"
        self._file: int | None = None

    def take(self, *, by_force: bool = False) -> bool:
        """Take the lock. False also where no file can be locked: then nobody is told dead."""
        if self.holds():
            return True
        self.give_back()
        try:
            return self._lock() or (by_force and self._replace())
        except OSError:
            return False

    def look(self) -> bool:
        """Tell whether the locked file still has the name."""
        return self.holds()

    def holds(self) -> bool:
        """Tell the same: it costs microseconds."""
        if self._file is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._file), self._path.lstat())
        except OSError:
            return False

    def give_back(self) -> None:
        """Let go of it."""
        descriptor, self._file = self._file, None
        if descriptor is not None:
            os.close(descriptor)

    def _lock(self) -> bool:
        descriptor = os.open(self._path, _FLAGS, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._file = descriptor
        return self.holds()  # another file may have got the name meanwhile

    def _replace(self) -> bool:
        beside = self._path.with_suffix(f".{secrets.token_hex(8)}")
        self._file = os.open(beside, _FLAGS | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        beside.replace(self._path)
        return self.holds()
