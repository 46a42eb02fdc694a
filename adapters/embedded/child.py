"""One server process of ours: started, watched, ended, and found again by the next runtime.

Whether it should run is decided elsewhere. Calls block.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from the0_actors.adapters.embedded.pace import Pace
from the0_actors.adapters.embedded.processes import Identity, end, identify
from the0_actors.adapters.embedded.trouble import CannotEmbed, ended

LOG_LIMIT = 4 * 2**20
"""Bytes of a server's log that are kept; there may be as many in the file before."""

_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to start one server."""

    name: str
    command: tuple[str, ...]
    ports: tuple[int, ...]
    """Loopback ports that it needs."""
    ready: Callable[[], bool]
    """Tells whether it answers. Must not block for long."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


class Child:
    """One server. `spawner` has one thread that lives as long as the runtime: when it ends, the child is killed."""

    def __init__(self, recipe: Recipe, folder: Path, spawner: Executor, pace: Pace) -> None:
        self._recipe = recipe
        self._record = folder / "run" / f"{recipe.name}.json"
        self.log = folder / "log" / f"{recipe.name}.log"
        self._spawner = spawner
        self._pace = pace
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, without waiting for it to answer. Raises `CannotEmbed` when one of its ports is taken."""
        self.end_leftover()
        self.trim()
        for port in self._recipe.ports:
            _claim(port, self._recipe.name)
        process = self._spawner.submit(self._spawn).result()
        self._process = process
        identity = identify(process.pid)
        if identity is not None:
            self._record.write_text(json.dumps(asdict(identity)))

    def await_ready(self, within: float) -> None:
        """Wait until it answers. Raises `CannotEmbed` when it ended instead or the time is over."""
        self._pace.until(lambda: self.ended() or self._recipe.ready(), within)
        if (how := self.ended()) is not None:
            raise ended(self._recipe.name, how, self.log)
        if not self._recipe.ready():
            raise ended(self._recipe.name, f"does not answer within {within:g} s", self.log)

    def ended(self) -> str | None:
        """Return how it ended, or None while it runs."""
        if self._process is None:
            return "not started"
        code = self._process.poll()
        if code is None:
            return None
        return f"killed by signal {-code}" if code < 0 else f"ended with status {code}"

    def stop(self) -> None:
        """End it and wait for that. Not running is fine."""
        if self._process is not None:
            identity = identify(self._process.pid)
            if identity is not None:
                end(identity, self._pace)
            self._process.wait()
            self._process = None
        self._record.unlink(missing_ok=True)

    def end_leftover(self) -> None:
        """End what a runtime before us left running. Only that very process is touched, whatever has its number."""
        try:
            leftover = Identity(**json.loads(self._record.read_text()))
        except (OSError, ValueError, TypeError):
            return  # none, or a record that was never finished
        end(leftover, self._pace)
        self._record.unlink(missing_ok=True)

    def trim(self) -> None:
        """Keep the log within its bound. The server appends to the same file, so it is emptied in place."""
        try:
            if self.log.stat().st_size <= LOG_LIMIT:
                return
            with self.log.open("rb+") as log:
                log.seek(-LOG_LIMIT, os.SEEK_END)
                self.log.with_suffix(".log.1").write_bytes(log.read())
                log.truncate(0)
        except FileNotFoundError:
            return

    def _spawn(self) -> subprocess.Popen[bytes]:
        guarded = [sys.executable, "-S", "-E", str(_GUARD), str(os.getpid()), *self._recipe.command]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # our own list, no shell
                guarded,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._record.parent,
                env={**os.environ, **self._recipe.environment},
                start_new_session=True,
            )


def _claim(port: int, name: str) -> None:
    """Raise `CannotEmbed` unless nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotEmbed(name, f"port {port} on 127.0.0.1 cannot be used: {error.strerror}") from error
