"""The host we are on: its identity, and a lock per installation that ends with the process that holds it."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO


def host_identity() -> str:
    """Return host name, boot and mount namespace: processes that share it see the same lock files."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    try:
        namespace = str(os.stat("/proc/self/ns/mnt").st_ino)  # noqa: PTH116 - a namespace is no path to walk
    except OSError:
        namespace = ""
    return f"{os.uname().nodename}/{boot}/{namespace}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


class ThisHost:
    """The port `Host` on a POSIX system. The lock is a `flock`, which the kernel drops when its holder dies."""

    def __init__(self, folder: Path | None = None, scope: str = "") -> None:
        """Keep the lock in `folder` (None: the system's place); locks of another `scope` are other locks."""
        self._scope = scope
        self._folder = folder or Path(tempfile.gettempdir())
        self._lock: IO[str] | None = None
        self.id = host_identity()

    def take(self, installation: str) -> bool:
        """Take the lock; False when a living process has it. Where no lock can be had, nobody is told dead."""
        if self._lock is not None:
            return True
        try:
            descriptor = os.open(self._path(installation), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return False
        lock = os.fdopen(descriptor, "r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._lock = lock
        return True

    def give_back(self) -> None:
        """Let go of the lock."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()

    def _path(self, installation: str) -> Path:
        return self._folder / f"the0-actors-{installation}{self._scope}.lock"
