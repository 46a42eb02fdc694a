"""Scenarios of a drain over the whole tree in virtual time."""

import pytest
from tests.simulation.world import World

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.bot.effects import Launch
from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.messages import DrainFleet
from the0_actors.actors.ports.status import Phase
from the0_actors.adapters.testing.store import spec_of


def starting(world: World) -> None:
    """Bring a bot to where its container is being made: the call is under way and nothing is there yet."""
    world.start()
    world.run(10.0)
    world.script.engine_takes = 5.0
    world.store.put("bot0", Wanted(spec_of("bot0", "1")))
    bot = world.runtimes[-1].tree.bots.bot("bot0")
    while not (isinstance(bot.actor, BotActor) and isinstance(bot.actor.state.call, Launch)):
        world.run(0.01)
    assert world.engine.of("bot0") == []


@pytest.mark.parametrize("moment", [0.0, 2.5, 4.9])
def test_p64_a_drain_waits_for_a_container_that_is_just_being_made(world: World, moment: float) -> None:
    """The bot counted as at rest, the lease was given back, and its container was left behind."""
    starting(world)
    world.run(moment)
    runtime = world.runtimes[-1]
    runtime.tree.bots.fleet.tell(DrainFleet())
    for _ in range(1200):
        world.run(0.1)
        if runtime.drained:
            break
    assert runtime.drained
    world.run(10.0)
    assert world.engine.of("bot0") == []


def test_a_bot_that_is_switched_off_while_its_container_is_being_made_is_not_idle_before_it_is_gone(
    world: World,
) -> None:
    starting(world)
    world.store.put("bot0", Disabled())
    world.run(90.0)
    phases = [step.phase for _, step in world.runtimes[-1].transitions]
    assert phases[phases.index(Phase.STARTING) + 1] is Phase.STOPPING
    assert phases[-1] is Phase.IDLE
    assert world.engine.of("bot0") == []


@pytest.fixture
def world() -> World:
    return World(seed=7)
