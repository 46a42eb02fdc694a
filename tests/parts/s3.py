"""A real S3 server with one pair of keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.parts.processes import Server, free_port, program
from tests.parts.waiting import until

from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.objects.s3 import S3Objects
from the0_actors.adapters.objects.settings import S3Settings

ACCESS_KEY, SECRET_KEY = "test-access", "test-secret-key"

_PORTS = ("master.port", "volume.port", "filer.port", "admin.port")


class S3(Server):
    """A server and its data folder."""

    def __init__(self, folder: Path) -> None:
        data = folder / "s3"
        data.mkdir()
        port = free_port()
        ports = [f"-{name}{kind}={free_port()}" for name in (*_PORTS, "s3.port") for kind in ("", ".grpc")]
        command = [
            program("weed"), "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false",
            "-webdav=false", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
            *ports, f"-s3.port={port}",
        ]  # fmt: skip
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        super().__init__(command, port, folder / "s3.log", keys)
        self.settings = S3Settings(f"127.0.0.1:{port}", ACCESS_KEY, SECRET_KEY)

    def start(self) -> None:
        """Start it and wait until it answers to its keys."""
        super().start()
        until(self._answers, "the S3 server answers")

    def _answers(self) -> bool:
        try:
            S3Objects(self.settings).ping()
        except Unavailable:
            return False
        except Refused:  # it has no bucket, and says so
            pass
        return True


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A running server, shared by the tests of a module."""
    server = S3(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()
