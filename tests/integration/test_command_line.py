"""`run` as operators start it: its health, its end, and what it leaves behind (P43, P64, P71)."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.runtimes import World, Worlds
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]


class Command:
    """One process of `run`."""

    def __init__(self, world: World, folder: Path, name: str, *arguments: str) -> None:
        settings = world.settings
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, str(Path(__file__).with_name("cli.py")), "run", "--listen", "127.0.0.1:0",
                    "--bot-stop-grace", "5s", "--log-format", "json", *arguments,
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

    def end(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def commands() -> Iterator[list[Command]]:
    """Processes that are ended for certain."""
    started: list[Command] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait(30)


def test_p64_the_end_of_run_leaves_the_bots_to_the_next_run_or_stops_them_when_asked(
    own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path, commands: list[Command]
) -> None:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    world.platform.upload("1.1.0", "echo cannot go on; exit 3\n")
    ids = world.ids(3)
    world.platform.created(*ids)

    first = Command(world, tmp_path, "first")
    commands.append(first)
    world.expect_running(*ids)
    until(lambda: first.probe("/readyz") == 200, "it is ready")
    assert first.probe("/healthz") == 200
    kept = world.sight.running()
    assert first.end() == 0
    assert "3 bots keep running and will be adopted" in first.log
    assert world.sight.running() == kept

    second = Command(world, tmp_path, "second", "--on-exit", "stop")
    commands.append(second)
    until(lambda: second.probe("/readyz") == 200, "the next is ready")
    world.platform.updated(ids[2], version="1.1.0")
    until(lambda: world.sight.count("die", bot_id=ids[2]) >= 2, "a bad version crashes")
    until(lambda: "exit code 3" in second.log, "its exit code is told")
    own_mongo.stop()
    until(lambda: second.probe("/readyz") == 503, "it is not ready without its database")
    assert second.probe("/healthz") == 200
    own_mongo.start()
    until(lambda: second.probe("/readyz") == 200, "it is ready again")
    assert {bot_id: world.sight.running()[bot_id] for bot_id in ids[:2]} == {bot_id: kept[bot_id] for bot_id in ids[:2]}
    assert second.end() == 0
    assert world.sight.containers() == []
    assert "nothing is left running" in second.log
    assert world.sight.doubled() == []
