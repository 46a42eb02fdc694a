"""The examples of `docs/cli.md`, run one after the other over a small world."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.adapters.http.samples import RUNNING, STATUS, FixedRuntime
from tests.bin.test_deploy import takes
from tests.bin.world import World, running, spec_of

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.ports.status import PartStatus, Phase
from the0_actors.adapters.http.server import StatusServer
from the0_actors.bin.catalogue import COMMANDS
from the0_actors.bin.main import cli
from the0_actors.bin.render import render_status

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
README = (Path(__file__).parents[2] / "README.md").read_text()
EXAMPLE = re.compile(r"^\$ the0-actors ([^#\n]*?)(?:\s+# exit (\d+))?\n((?:(?!\$ ).+\n)*)", re.MULTILINE)
EXAMPLES = [found for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for found in EXAMPLE.findall(block)]
OTHER = "m4n5b6v7c8x9z0a1s2d3f4g5"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my-bot").mkdir()
    (tmp_path / "my-bot" / "main.py").write_text("def main(): ...\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def url() -> Iterator[str]:
    server = StatusServer(FixedRuntime(), "127.0.0.1", 0, logs=lambda _, __, ___: iter([b"bought 0.5 BTC\n"]))
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def world_for(line: str) -> World:
    if line.startswith(("run --dry-run", "down")):
        both = (RUNNING.bot_id, OTHER)
        return World({bot_id: Wanted(spec_of(bot_id)) for bot_id in both}, running(RUNNING.bot_id))
    return World(down={"docker"}, heard=takes)


@pytest.mark.usefixtures("folder")
def test_the_examples_are_true(url: str) -> None:
    assert len(EXAMPLES) >= 10
    deployed: World | None = None
    for line, code, told in EXAMPLES:
        world = deployed if deployed and line.startswith("undeploy") else world_for(line)
        deployed = world if line.startswith("deploy") else deployed
        env = {"THE0_URL": url, "MONGO_URI": "", "HOME": "/home/me", "COLUMNS": "100"}
        result = CliRunner().invoke(cli, line.split(), obj=world.environment(), env=env)
        assert result.exit_code == int(code or 0), (line, result.output)
        settings = ("  --", "  MINIO", "embedded:")
        shown = "\n".join(each for each in result.output.splitlines() if not each.startswith(settings))
        shown, expected = (re.sub(r"\d+ bytes", "N bytes", text) for text in (shown, told))
        assert shown.strip() == expected.strip(), line


def test_every_command_is_on_the_page() -> None:
    for name in COMMANDS:
        assert f"`{name}" in PAGE, name


def test_the_readme_shows_what_status_prints() -> None:
    (shown,) = re.findall(r"^\$ bin/the0-actors status\n(.*?)```", README, re.DOTALL | re.MULTILINE)
    notes = {"engine": "followed and listed", "mongodb": "change stream open", "nats": "connected"}
    healthy = replace(RUNNING, name="my-bot", bot_id="c0b1l2m3n4o5p6q7r8s9t0u1", reason="as wanted", observed_age=3.0)
    failing = replace(healthy, name="my-grid", bot_id="d1b1l2m3n4o5p6q7r8s9t0u2", phase=Phase.BACKOFF, incarnation=4,
                      code_version="1.2.0", reason="exit code 1 after 2s", retry_in=9.0)  # fmt: skip
    status = replace(
        STATUS,
        uptime=72.0,
        installation="5f0c2a9be117",
        parts=tuple(PartStatus(name, ok=True, required=True, note=note) for name, note in notes.items()),
        bots=(failing, healthy),
        quarantined={},
        alarms=(),
        dead_letters=0,
        strangers=(),
    )
    assert [click.unstyle(line) for line in render_status(status)] == shown.splitlines()
