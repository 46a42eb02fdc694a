"""What is remembered in the data folder between starts: ports, credentials, how far the set-up came, and the lock.

One file, readable by its owner alone.
"""

import fcntl
import json
import os
import secrets
import socket
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Self

from the0_actors.actors.errors import PortInUse
from the0_actors.adapters.embedded.trouble import CannotEmbed

VERSION = 1
"""Of the folder's layout. A folder of another version is not touched."""

PORTS = (
    "mongo", "nats", "s3", "s3.grpc", "master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc",
    "admin", "admin.grpc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Memory:
    """The content of the file."""

    ports: dict[str, int]
    user: str
    passwords: dict[str, str] = field(repr=False)
    """By server: `mongo`, `nats`, `s3`."""
    mongo_has_user: bool = False
    version: int = VERSION


class DataFolder:
    """The data folder, locked for this process until `unlock`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path / "embedded.json"
        self._lock: IO[str] | None = None

    def lock(self) -> Self:
        """Make the folder and lock it. Raises `PortInUse`; `CannotEmbed` when it cannot be written."""
        try:
            for name in ("run", "log", "mongo", "nats", "s3"):
                (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise CannotEmbed("data folder", f"{self.path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise PortInUse(
                f"{self.path} is in use by process {holder or '?'}; end that runtime first, or take another --data-dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return self

    def in_use(self) -> bool:
        """Tell whether a living process holds the folder."""
        try:
            with (self.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def unlock(self) -> None:
        """Give it back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def recall(self) -> Memory:
        """Return what is remembered, made up at the first time. Raises `CannotEmbed`."""
        try:
            text = self._file.read_text()
        except FileNotFoundError:
            return self.remember(_fresh())
        try:
            document = json.loads(text)
            if document["version"] != VERSION:
                raise CannotEmbed("data folder", f"{self.path} is of version {document['version']}, not {VERSION}")
            return Memory(**document)
        except (ValueError, TypeError, KeyError) as error:
            raise CannotEmbed("data folder", f"{self._file} cannot be understood ({error})") from error

    def remember(self, memory: Memory) -> Memory:
        """Write it, whole or not at all."""
        draft = self._file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(memory), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        return memory

    def mongo_has_user(self, memory: Memory) -> Memory:
        """Remember that the database knows its user."""
        return self.remember(replace(memory, mongo_has_user=True))


PORT_RANGE = range(20_000, 32_000)
"""Below what systems lend to outgoing connections, so that no client of anybody's sits on a remembered port."""


def _bind(taken: socket.socket) -> None:
    for port in secrets.SystemRandom().sample(PORT_RANGE, 100):
        with suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return
    raise CannotEmbed("ports", f"none of 100 between {PORT_RANGE[0]} and {PORT_RANGE[-1]} on 127.0.0.1 is free")


def _fresh() -> Memory:
    with ExitStack() as held:
        sockets = {name: held.enter_context(socket.socket()) for name in PORTS}
        for taken in sockets.values():
            _bind(taken)
        ports = {name: int(taken.getsockname()[1]) for name, taken in sockets.items()}
    passwords = {name: secrets.token_urlsafe(24) for name in ("mongo", "nats", "s3")}
    return Memory(ports=ports, user="the0-actors", passwords=passwords)
