"""Scenarios of a database that is emptied, restored or exchanged, over the whole tree in virtual time."""

import pytest
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.testing.store import spec_of
from the0_actors.supervisors.status import StatusMaker

BOTS = tuple(f"bot{number}" for number in range(4))


def alarms(world: World) -> str:
    runtime = world.runtimes[-1]
    return "\n".join(StatusMaker(runtime.system, runtime.tree, "docker").status().alarms)


def ready(world: World) -> bool:
    runtime = world.runtimes[-1]
    return StatusMaker(runtime.system, runtime.tree, "docker").ready()


def deploy(world: World, version: str = "1") -> None:
    for bot in BOTS:
        world.store.put(bot, Wanted(spec_of(bot, version)))


@pytest.fixture
def world() -> World:
    """Four bots run."""
    world = World(seed=7)
    deploy(world)
    world.start()
    world.run(60.0)
    assert all(world.running(bot) for bot in BOTS)
    return world


def test_p06_a_database_emptied_under_us_stops_nobody_alarms_and_is_believed_again_when_restored(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    kept = world.store.empty()
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert "marker is gone" in alarms(world)
    assert not ready(world)
    world.store.restore(kept)
    world.store.put("bot0", Wanted(spec_of("bot0", "2")))
    world.run(120.0)
    assert world.version("bot0") == "2"
    assert alarms(world) == ""
    assert ready(world)


def test_p06_a_document_that_comes_into_a_database_emptied_under_us_replaces_nobody(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    world.store.empty()
    deploy(world, "2")
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before


def test_p06_nothing_is_done_with_the_database_of_another_installation(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    world.store.empty()
    world.store.installation = Installation("0123456789ab", "another-engine")
    deploy(world, "2")
    world.store.put("bot9", Wanted(spec_of("bot9")))
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert world.engine.of("bot9") == []
    assert "marker is 0123456789ab, not a1b2c3d4e5f6" in alarms(world)


def test_while_the_database_is_not_ours_what_crashes_is_started_again(world: World) -> None:
    world.store.empty()
    world.run(60.0)
    (crashed,) = world.running("bot0")
    world.engine.die(world.engine.containers[crashed], 1)
    world.run(60.0)
    assert world.running("bot0") not in ([], [crashed])
