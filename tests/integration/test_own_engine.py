"""A Docker Engine of our own that is killed: it is started again, the bots are adopted, and an end is orderly (P64)."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest
from tests.parts.command import Command
from tests.parts.docker import SHELL_IMAGE, make_shell_image
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.runtimes import World, Worlds
from tests.parts.sight import Sight
from tests.parts.waiting import missing, until

from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.embedded import docker_engine

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]

PROGRAM = Path(__file__).with_name("own_engine_cli.py")
ALONE = ("--iptables=false", "--ip-forward=false")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder with an engine of its own in it."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        missing("no root, or no dockerd")
    data = Path(tempfile.mkdtemp(prefix="own", dir="/tmp"))
    docker_engine.start(data / "docker", ALONE)
    yield data
    docker_engine.remove(data / "docker")
    shutil.rmtree(data)


@pytest.fixture(scope="module", name="docker_engine")
def own(data: Path) -> ClientSettings:
    """Give the way to that engine, in place of the one of all tests."""
    return ClientSettings(host=docker_engine.address(data / "docker"))


@pytest.fixture(scope="module")
def shell_image(docker_engine: ClientSettings) -> str:
    """Give the image for bots that are shell scripts, on that engine."""
    with closing(docker.APIClient(timeout=60, **docker_engine.arguments())) as client:
        make_shell_image(client)
    return SHELL_IMAGE


def kill_engine(data: Path) -> None:
    """SIGKILL, as the kernel does when memory is short."""
    daemon = docker_engine.daemon(data / "docker")
    assert daemon is not None
    os.kill(daemon.pid, signal.SIGKILL)
    until(lambda: not daemon.alive, "the engine has ended")


def runs(world: World, *ids: str) -> dict[str, str]:
    """Return who runs, by a connection of its own: the one that watches ended with the engine."""
    sight = Sight(ClientSettings(host=world.settings.docker.host), world.prefix)
    with closing(sight.client):
        return {bot_id: one.id for bot_id, one in sight.running().items() if bot_id in ids}


def test_p64_an_engine_of_our_own_that_is_killed_comes_back_and_the_end_is_in_order(
    data: Path, own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path, commands: list[Command]
) -> None:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    ids = world.ids(4)
    world.platform.created(*ids)
    command = Command(world, tmp_path, "run", "--data-dir", str(data), "--on-exit", "stop", program=PROGRAM)
    commands.append(command)
    until(lambda: command.probe("/readyz") == 200, "it is ready", 60)
    world.expect_running(*ids)
    before = runs(world, *ids)

    kill_engine(data)
    until(lambda: docker_engine.daemon(data / "docker"), "the engine runs again")
    until(lambda: command.probe("/readyz") == 200, "it is ready again", 60)
    assert runs(world, *ids) == before

    kill_engine(data)
    assert command.end(60) == 0, command.log
    assert "nothing is left running" in command.log
    assert runs(world, *ids) == {}


def test_p34_an_engine_that_hangs_is_noticed_within_seconds_and_again_when_it_goes_on(
    data: Path, own_mongo: Mongo, worlds: Worlds
) -> None:
    world = worlds(own_mongo, None)
    world.platform.upload("1.0.0")
    daemon = docker_engine.daemon(data / "docker")
    assert daemon is not None
    with world.runtime() as runtime:
        until(runtime.ready, "it is ready")
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            until(lambda: runtime.engine_fault() == "no answer: for 5 s", "the silence is noticed", 15)
            assert not runtime.ready()
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        until(runtime.ready, "it is ready again", 15)


def test_an_engine_of_others_that_is_away_is_waited_for_a_few_seconds_and_named(
    data: Path, own_mongo: Mongo, nats: Nats, worlds: Worlds, tmp_path: Path, commands: list[Command]
) -> None:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    (bot_id,) = world.ids(1)
    world.platform.created(bot_id)
    elsewhere = str(tmp_path / "data")
    command = Command(world, tmp_path, "run", "--data-dir", elsewhere, "--on-exit", "stop", program=PROGRAM)
    commands.append(command)
    world.expect_running(bot_id)
    kill_engine(data)
    try:
        assert command.end(60) == 1, command.log
        assert docker_engine.daemon(data / "docker") is None
        assert "nothing can be stopped; waiting up to 10 s for it" in command.log
        assert re.search(rf"1 bot may still run \(.*\): {bot_id}; `the0-actors down` stops them", command.log)
    finally:
        docker_engine.start(data / "docker", ALONE)
    assert set(runs(world, bot_id)) == {bot_id}
