"""Where a runtime is measured over sockets: a real MongoDB wire server, NATS, S3 and an engine that costs nothing.

Each is a process of its own, and so is the runtime: `run`, over the real adapters.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from tests.bench.free_engine import NONE, Costs, FreeEngine
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.platform import BUCKET, Platform, environment, event
from tests.parts.s3 import S3

from the0_actors.actors.ports.status import BotStatus, RuntimeStatus
from the0_actors.adapters.http.client import StatusClient

CLI = Path(__file__).with_name("cli.py")
VERSION = "1.0.0"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
NOT_SURE = "not sure that it holds"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Ours:
    """One process of `run`."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        """Return the CPU seconds that it has used since it began."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def memory(self, what: str = "VmRSS") -> int:
        """Return its resident memory in bytes, or the most that it ever was (`VmHWM`)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))

    def status(self) -> RuntimeStatus:
        """Ask it."""
        found = _ADDRESS.search(self.log.read_text())
        assert found is not None, self.log.read_text()[-2000:]
        return StatusClient(found[0], timeout=60.0).status()

    def seen(self) -> list[BotStatus]:
        """Return what it says of its bots; of none while it does not answer yet."""
        return list(self.status().bots) if _ADDRESS.search(self.log.read_text()) else []

    def losses(self) -> int:
        """Return how many acts it refused itself because it was not sure of its lock or its lease, by its log."""
        return self.log.read_text().count(NOT_SURE)

    def end(self) -> None:
        """Ask it to end, and wait for that."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)


@dataclass
class Place:
    """All parts, up."""

    folder: Path
    engine: FreeEngine
    platform: Platform
    database: MongoClient[dict[str, Any]]
    environment: Mapping[str, str]
    _parts: ExitStack
    _runs: list[Ours] = field(default_factory=list[Ours])

    @property
    def bots(self) -> Collection[dict[str, Any]]:
        """The platform's collection of bots."""
        return self.database["bot_runner"]["bots"]

    @property
    def schedules(self) -> Collection[dict[str, Any]]:
        """The platform's collection of schedules."""
        return self.database["bot_scheduler"]["bot_schedules"]

    def run(self, *arguments: str) -> Ours:
        """Start a runtime; it ends with the place."""
        log = self.folder / f"ours-{len(self._runs)}.log"
        command = [sys.executable, str(CLI), "run", "--mode", "docker", "--listen", "127.0.0.1:0"]
        command += ["--log-format", "json", "--data-dir", str(self.folder / "data"), *arguments]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=dict(self.environment)
            )
        made = Ours(process, log)
        self._runs.append(made)
        self._parts.callback(made.end)
        return made


@contextmanager
def place(costs: Costs = NONE) -> Generator[Place]:
    """Set everything up; nothing is left of it."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="the0-bench-")))
        mongo, nats, store = Mongo(folder), Nats(folder), S3(folder)
        for server in (mongo, nats, store):
            server.start()
            parts.callback(server.stop)
        engine = parts.enter_context(FreeEngine(folder, costs))
        nats.make_stream()
        database = parts.enter_context(mongo.client())
        given = environment(folder, engine.host, mongo, nats, store)
        yield Place(folder, engine, Platform(store, BUCKET, nats, folder), database, given, parts)


def names(bots: int, prefix: str = "bot") -> list[str]:
    """Return ids as long as the platform's."""
    return [f"{prefix}{number:0{24 - len(prefix)}d}" for number in range(bots)]


def documents(bots: int, version: Callable[[int], str] = lambda _: VERSION, prefix: str = "bot") -> list[Any]:
    """Return what the platform stores of so many bots; `version` tells which code each has."""
    ids = names(bots, prefix)
    return [event(bot_id, version(number)) | {"segment_id": 1 + number // 100} for number, bot_id in enumerate(ids)]
