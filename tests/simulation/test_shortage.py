"""A process of a bot is killed for lack of memory: told as a warning while the bot goes on, and as its end if not."""

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import World

from the0_actors.actors.bot.shortage import IN_WORDS
from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.ports.status import Phase
from the0_actors.adapters.testing.store import spec_of

BOT = "bot0"


@pytest.fixture
def world() -> World:
    world = World(seed=7)
    world.store.put(BOT, Wanted(spec_of(BOT, "1")))
    world.start()
    world.run(5.0)
    return world


def warnings(world: World) -> list[str]:
    return [step.reason for step in world.phases(world.runtimes[-1], BOT) if step.warns]


def test_a_child_that_was_killed_is_told_once_while_its_bot_goes_on(world: World) -> None:
    (container,) = world.engine.of(BOT)
    for _ in range(3):
        world.engine.starve(container)
        world.run(200.0)
    assert warnings(world) == [f"as wanted; {IN_WORDS}"]
    assert world.engine.of(BOT) == [container]


def test_the_next_container_is_not_short(world: World) -> None:
    (container,) = world.engine.of(BOT)
    world.engine.starve(container)
    world.run(5.0)
    world.engine.die(container, 1)
    world.run(60.0)
    last = world.phases(world.runtimes[-1], BOT)[-1]
    assert (last.phase, last.reason, last.warns) == (Phase.RUNNING, "as wanted", False)


def test_one_that_ends_by_it_tells_it_as_its_end_alone(world: World) -> None:
    (container,) = world.engine.of(BOT)
    world.engine.die(container, 137, oom=True)
    world.run(60.0)
    assert warnings(world) == []
    assert "out of memory" in world.engine.of(BOT)[0].birth.previous_end


def test_a_run_tells_it_too() -> None:
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=None)
    world.put(BOT, "* * * * *", timeout=600)
    world.start()
    world.run(65.0)
    (container,) = world.engine.of(BOT)
    world.engine.starve(container)
    world.run(5.0)
    last = world.phases(world.runtimes[-1], BOT)[-1]
    assert last.phase is Phase.RUNNING
    assert IN_WORDS in last.reason
