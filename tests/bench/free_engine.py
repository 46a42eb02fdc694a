"""A Docker Engine over HTTP on a Unix socket, in a process of its own, that costs nothing: `tests/bench/engine`, in Go.

It is built once for each state of its sources, into the user's cache folder. Without `go` there is none: the tests and
rows that need it are skipped, which is a failure where CI is set.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.parts.waiting import missing, until

SOURCES = Path(__file__).with_name("engine")
CACHE = Path.home() / ".cache" / "the0-actors"
PATIENCE = 900.0
"""Seconds that an answer may take: some wait for what is to happen."""


@dataclass(frozen=True)
class Costs:
    """What starts, stops and scheduled runs take, in seconds; and how many starts go on at one time (0: all)."""

    start: float = 0.0
    at_once: int = 0
    stop: float = 0.0
    run: float = 2.0


NONE = Costs()


class Entry(NamedTuple):
    """One line of the engine's journal: a call that is about a bot, or what happened to its container."""

    at: float
    """Unix seconds of this host's clock."""
    what: str
    """`POST containers/*/start`, or `create`, `start`, `die`, `destroy`."""
    bot_id: str
    container_id: str


def is_steady(kind: str) -> bool:
    """Tell whether calls of a kind go on at their own pace, whatever happens to bots."""
    return kind.endswith(" of a lock") or kind in {"GET _ping", "GET events"}


class FreeEngine:
    """One engine and its socket. As a context it runs."""

    def __init__(self, folder: Path, costs: Costs = NONE) -> None:
        self._socket = folder / "engine.sock"
        self.host = f"unix://{self._socket}"
        self._command = [str(built()), "-socket", str(self._socket)]
        self._command += ["-start", f"{costs.start}s", "-at-once", str(costs.at_once), "-stop", f"{costs.stop}s"]
        self._command += ["-lasts", f"{costs.run}s"]
        self._read = 0

    def __enter__(self) -> Self:
        # It ends with its standard input, so also when we are killed.
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        until(lambda: self._process.poll() is not None or self._socket.exists(), "the engine listens")
        assert self._process.poll() is None
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        return self._process.pid

    def counts(self) -> dict[str, Any]:
        """Return what was counted since the last reset: see `counts` in `engine/bench.go`."""
        counts: dict[str, Any] = json.loads(self._ask("GET", "state"))
        return counts

    def reset(self) -> None:
        """Count anew, and begin a new journal."""
        self._ask("POST", "reset")
        self._read = 0

    def await_running(self, bots: int, seconds: float) -> None:
        """Wait until so many bots run."""
        self._ask("GET", f"await?running={bots}&seconds={seconds}")

    def exit(self, bot_id: str, code: int = 1) -> None:
        """End a bot's container, as a crash of its program would."""
        self._ask("POST", f"exit?bot={bot_id}&code={code}")

    def news(self) -> list[Entry]:
        """Return what the journal got since it was asked last."""
        lines = self._ask("GET", f"journal?from={self._read}").decode().splitlines()
        self._read += len(lines)
        return [_entry(line) for line in lines]

    def _ask(self, method: str, what: str) -> bytes:
        connection = HTTPConnection("engine", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self._socket))
        try:
            connection.request(method, f"/_bench/{what}")
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise TimeoutError(f"{what}: {content.decode()}")
        return content


def hindrance() -> str:
    """Return why there can be no such engine here; empty when there can be."""
    return "" if shutil.which("go") else "go is not installed"


def built() -> Path:
    """Return the program, which is built unless that was done before."""
    if (go := shutil.which("go")) is None:
        missing(hindrance())
    sources = [*sorted(SOURCES.glob("*.go")), SOURCES / "go.mod"]
    version = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    program = CACHE / f"bench-engine-{version}"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:  # others may build at the same time
            made = Path(folder) / "engine"
            environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
            subprocess.run([go, "build", "-o", str(made), "."], cwd=SOURCES, env=environment, check=True)
            made.rename(program)
    return program


def _entry(line: str) -> Entry:
    at, what, bot_id, container_id = line.split("\t")
    return Entry(float(at), what, bot_id, container_id)
