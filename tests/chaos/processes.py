"""Runtimes in processes of their own, which tests kill and freeze."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.docker import SHELL_IMAGE
from tests.parts.runtimes import World
from tests.parts.waiting import until

RUNNER = Path(__file__).with_name("runner.py")
TERM = 3.0
"""Seconds of the lease."""


class Process:
    """A runtime in a process of its own."""

    def __init__(self, world: World, log: Path, term: float, docker: str = "") -> None:
        s3, settings = world.settings.objects, world.settings
        arguments = {
            "mongo": settings.mongo.uri, "database": world.databases.name, "nats": settings.nats.url,
            "endpoint": s3.endpoint, "access_key": s3.access_key, "secret_key": s3.secret_key,
            "bucket": s3.code_bucket, "docker": docker or settings.docker.host, "image": SHELL_IMAGE, "term": str(term),
            "roles": str(log.with_suffix(".role")),
        }  # fmt: skip
        self._log, self._role = log, log.with_suffix(".role")
        self._role.write_text("")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(RUNNER), *(f"{name}={value}" for name, value in arguments.items())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self, number: int = signal.SIGKILL) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(30)

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

    @property
    def role(self) -> str:
        """What it was when it looked last."""
        return self._role.read_text()

    def await_role(self, role: str, seconds: float = 30.0) -> None:
        """Wait until it has this role; fail with what it wrote."""

        def has_it() -> bool:
            assert self._process.poll() is None, self.log[-3000:]
            return self.role == role

        until(has_it, lambda: f"it is {role}: {self.log[-3000:]}", seconds)


@contextmanager
def process(world: World, log: Path, term: float = TERM, docker: str = "") -> Generator[Process, None, None]:
    """Run one; `docker`: how it reaches the engine, if not as all do."""
    one = Process(world, log, term, docker)
    try:
        yield one
    finally:
        one.end()
