"""`run` as a process, on the parts of a world."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.parts.runtimes import World

CLI = Path(__file__).parents[1] / "integration" / "cli.py"


class Command:
    """One process of `run`, on an engine that others use too, unless it is `alone`."""

    def __init__(
        self, world: World, folder: Path, name: str, *arguments: str, program: Path = CLI, alone: bool = False
    ) -> None:
        settings = world.settings
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, str(program), "run", "--listen", "127.0.0.1:0",
                    "--bot-stop-grace", "5s", "--log-format", "json", *([] if alone else ["--new-installation"]),
                    *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    "DOCKER_HOST": settings.docker.host,
                    "MONGO_URI": settings.mongo.uri,
                    "NATS_URL": settings.nats.url,
                    "MINIO_ENDPOINT": settings.objects.endpoint,
                    "MINIO_ACCESS_KEY": settings.objects.access_key,
                    "MINIO_SECRET_KEY": settings.objects.secret_key,
                    "MINIO_CODE_BUCKET": settings.objects.code_bucket,
                },
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self._log.read_text()

    def probe(self, path: str) -> int:
        """Return the HTTP status of a path; 0 while nobody answers."""
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.log)
        if found is None:
            return 0
        connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def end(self, within: float = 30) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


@pytest.fixture
def commands() -> Iterator[list[Command]]:
    """Processes that are ended for certain."""
    started: list[Command] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait(30)
