"""The databases are dropped, the runtime is restarted on what is left: nobody runs twice, and the operator decides."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.runtimes import World, Worlds
from tests.parts.waiting import until

from the0_actors.supervisors import settings as chosen
from the0_actors.supervisors.runtime import Runtime

pytestmark = [
    pytest.mark.docker,
    pytest.mark.mongo,
    pytest.mark.nats,
    pytest.mark.s3,
    pytest.mark.timeout(300),
]


@pytest.fixture
def world(worlds: Worlds, mongo: Mongo, nats: Nats) -> World:
    """Code and a stream."""
    nats.make_stream()
    world = worlds(mongo, nats)
    world.platform.upload("1.0.0")
    return world


@contextmanager
def saying(world: World, adopt: str = "", *, anew: bool = False, folder: Path | None = None) -> Generator[Runtime]:
    """Run a runtime with this word."""
    data = world.settings.embedded if folder is None else chosen.Embedded(folder)
    with world.runtime(replace(world.settings, identity=chosen.Identity(adopt, anew), embedded=data)) as runtime:
        yield runtime


def drop(world: World) -> dict[str, list[Mapping[str, Any]]]:
    """Drop the database; return what it held."""
    database = world.databases.database
    kept = {name: list[Mapping[str, Any]](database[name].find()) for name in database.list_collection_names()}
    world.databases.client.drop_database(world.databases.name)
    return kept


def incarnations(world: World) -> dict[str, str]:
    return {bot_id: one.id for bot_id, one in world.sight.running().items()}


def held(runtime: Runtime, installation: str) -> None:
    """Wait until the runtime says that it starts nothing, and name what it found."""
    until(lambda: any(installation in alarm for alarm in runtime.status().alarms), "the alarm")
    (alarm,) = runtime.status().alarms
    assert f"`--adopt-installation {installation}`" in alarm
    assert not runtime.ready()


def test_p06_a_runtime_restarted_on_dropped_databases_doubles_nobody_and_goes_on_with_the_old_ones(
    world: World,
) -> None:
    ids = world.ids(4)
    with saying(world, anew=True) as runtime:
        until(runtime.ready, "it is ready")
        world.platform.created(*ids)
        world.expect_running(*ids)
        old = runtime.status().installation
    before = incarnations(world)

    drop(world)
    with saying(world) as runtime:
        held(runtime, old)
        world.platform.updated(*ids)
        assert incarnations(world) == before

    with saying(world, old) as runtime:
        until(runtime.ready, "it goes on")
        until(lambda: world.bots.count_documents({}) == 4, "the stream was read anew")
        assert runtime.status().installation == old
        assert runtime.status().alarms == ()
        until(lambda: {bot.container_id for bot in runtime.status().bots} == set(before.values()), "all are adopted")
        assert incarnations(world) == before
        world.platform.deleted(ids[0])
        world.expect_running(*ids[1:])
    assert world.sight.doubled() == []
    assert world.sight.count("start") == 4


def test_a_database_that_is_restored_is_gone_on_with_and_one_begun_anew_leaves_strangers_alone(
    world: World, tmp_path: Path
) -> None:
    (first, second) = world.ids(2)
    with saying(world, anew=True) as runtime:
        until(runtime.ready, "it is ready")
        world.platform.created(first)
        world.expect_running(first)
        old = runtime.status().installation
    before = incarnations(world)

    kept = drop(world)
    with saying(world, folder=tmp_path / "elsewhere") as runtime:
        held(runtime, old)
        for name, documents in kept.items():
            if documents:
                world.databases.database[name].insert_many(dict(one) for one in documents)
        until(runtime.ready, "it is ready again")
        assert incarnations(world) == before
        world.platform.deleted(first)
        world.platform.created(second)
        world.expect_running(second)

    drop(world)
    world.databases.client.drop_database(world.databases.name)
    (left,) = incarnations(world).values()
    with saying(world, anew=True) as runtime:
        until(lambda: any(old in line for line in runtime.status().strangers), "strangers are named")
        assert runtime.status().installation != old
        assert second in " ".join(runtime.status().strangers)
        assert world.sight.client.inspect_container(left)["State"]["Running"]
