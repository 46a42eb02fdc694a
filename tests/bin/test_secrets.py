"""A secret that an error, a progress line, a log or a trace carries does not leave the process by its output (P53)."""

import base64
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner
from tests.bin.world import MemoryWiring, World

from the0_actors.actors.errors import Unavailable
from the0_actors.bin.main import cli
from the0_actors.supervisors.service import Wiring
from the0_actors.supervisors.settings import Settings

ROOT = Path(__file__).parents[2]
KEY = "hush+key/of ours"
PASSWORD = "hush%2Fpassword"
ENV = {
    "MINIO_ENDPOINT": "s3:9000",
    "MINIO_ACCESS_KEY": "hush-access-key",
    "MINIO_SECRET_KEY": KEY,
    "MONGO_URI": f"mongodb://me:{PASSWORD}@db/",
    "DOCKER_HOST": "tcp://me:hush-docker@engine:2375",
}
SAID = (
    *(KEY, PASSWORD, "hush/password", "hush-docker", "hush-access-key", ENV["MONGO_URI"], ENV["DOCKER_HOST"]),
    base64.b64encode(b"me:hush/password").decode(),
    base64.urlsafe_b64encode(KEY.encode()).decode(),
)


@pytest.mark.parametrize("form", ["pretty", "json"])
@pytest.mark.parametrize("behaviour", ["leaks-by-error", "leaks-by-bug"])
def test_p53_no_secret_leaves_by_lines_logs_or_traces(behaviour: str, form: str) -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("child.py")), behaviour, "run", "--log-format", form],
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", "PYTHONPATH": str(ROOT / "lib"), **ENV,
             "LEAK": "\n".join(SAID)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    shown = done.stdout + done.stderr
    assert done.returncode != 0
    assert "it says" in shown
    assert "***" in shown
    for secret in SAID:
        assert secret not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--mongo-uri", "mongo://me:hush-hush@db"),
        ("run", "mongodb://me:hush-hush@db"),
        ("validate", "--docker-host", "gopher://me:hush-hush@db"),
        ("status", "--url", "http://me:hush-hush@127.0.0.1:1"),
    ],
)
def test_p53_no_error_of_the_command_line_shows_what_was_given(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli, command, env={"HOME": "/tmp"})
    assert done.exit_code != 0
    assert "hush" not in done.output
    assert "***" in done.output


def test_p53_an_endpoint_with_credentials_is_refused_without_them() -> None:
    env = {**ENV, "MINIO_ENDPOINT": "me:hush-hush@s3:9000", "HOME": "/tmp"}
    done = CliRunner().invoke(cli, ["run"], env=env)
    assert done.exit_code == 2
    assert "me:***@s3:9000" in done.output
    assert "hush" not in done.output


def test_p53_the_password_of_an_embedded_server_is_hidden_once_it_is_known() -> None:
    class Embedded(World):
        def need(self, part: str) -> None:
            raise Unavailable(part, "key hush-embedded is not taken")

    @contextmanager
    def connected(settings: Settings, *, start: bool) -> Generator[Settings, None, None]:
        assert start
        yield replace(settings, objects=replace(settings.objects, secret_key="hush-embedded"))

    world = Embedded()
    wiring = MemoryWiring(world)
    wiring.connected = connected  # type: ignore[method-assign]
    around = replace(world.environment(), wiring=lambda: cast("Wiring", wiring))
    done = CliRunner().invoke(cli, ["down"], obj=around, env={"MONGO_URI": ""})
    assert done.exit_code == 3
    assert "key *** is not taken" in done.output
