"""The example bots at the first start: deployed once, kept away when not wanted, tried again after a fault."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from tests.bin.test_deploy import takes
from tests.bin.world import World

from the0_actors.actors.domain.answers import Deleted
from the0_actors.bin.announce import Announcer
from the0_actors.bin.examples import deploy_examples, wanted
from the0_actors.supervisors.settings import Settings
from the0_actors.supervisors.settings_reader import read_settings

NAMES = ["node-market-maker", "node-sma-crossover", "py-market-maker", "py-sma-crossover"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "servers").mkdir()  # as the embedded servers do
    return read_settings({"--data-dir": str(tmp_path)}, {}, "run")


def deploy(world: World, settings: Settings) -> str:
    told = io.StringIO()
    deploy_examples(world.environment(), settings, Announcer(pretty=True, stream=told))
    return told.getvalue()


def test_they_are_deployed_once_as_the_platform_would(settings: Settings) -> None:
    world = World(heard=takes)
    assert wanted(settings)
    told = deploy(world, settings)
    assert all(f"{name} ({bot_id})" in told for name, bot_id in zip(NAMES, world.answers, strict=True))
    assert not wanted(settings)
    assert [subject for subject, _ in world.published] == ["the0.bot.created"] * 4
    events = [json.loads(payload) for _, payload in world.published]
    assert [event["config"]["name"] for event in events] == NAMES
    for event in events:
        archive = zipfile.ZipFile(io.BytesIO(world.objects[event["custom"]["filePath"]]))
        assert event["custom"]["config"]["entrypoints"]["bot"] in archive.namelist()


def test_nobody_is_waited_for(settings: Settings) -> None:
    world = World(stream=True)
    before = world.time
    deploy(world, settings)
    assert (len(world.published), world.time) == (4, before)


@pytest.mark.parametrize("down", ["mongodb", "nats"])
def test_a_fault_is_told_and_the_next_start_deploys_the_rest(settings: Settings, down: str) -> None:
    world = World(heard=takes, down={down})
    assert f"cannot deploy the example bots: {down} is unavailable" in deploy(world, settings)
    assert wanted(settings)
    world.down.clear()
    deploy(world, settings)
    assert len(world.published) == len(world.answers) == 4


def test_one_that_was_undeployed_stays_away(settings: Settings) -> None:
    world = World(heard=takes)
    deploy(world, settings)
    gone = next(iter(world.answers))
    world.answers[gone] = Deleted(buried=True)
    (settings.embedded.servers_dir / "examples-deployed").unlink()  # as if killed before it was remembered
    assert deploy(world, settings) == ""
    assert len(world.published) == 4


@pytest.mark.parametrize("flag", ["--mongo-uri", "--nats-url"])
def test_a_platform_of_others_never_hears_of_them(tmp_path: Path, flag: str) -> None:
    keys = {"MINIO_ENDPOINT": "s3:9000", "MINIO_ACCESS_KEY": "a", "MINIO_SECRET_KEY": "b"}
    url = {"--mongo-uri": "mongodb://db", "--nats-url": "nats://nats"}[flag]
    assert not wanted(read_settings({"--data-dir": str(tmp_path), flag: url}, keys, "run"))
