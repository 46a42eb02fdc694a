"""Stops that do not go by themselves, over the whole tree in virtual time: each has its grace, and it is told."""

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import World

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.adapters.testing.store import spec_of

KILLED = "killed after 4 s: it did not end on TERM"
BOT = "bot0"


@pytest.fixture
def world() -> World:
    return World(seed=7)


def deaf(world: World, grace: float | None = 4.0) -> None:
    """Have one that does not heed TERM."""
    world.store.put(BOT, Wanted(spec_of(BOT, "1", stop_grace=grace)))
    world.start()
    world.run(5.0)
    for container in world.engine.of(BOT):
        container.heeds_term = False


def last_end(world: World) -> str:
    actor = world.runtimes[-1].tree.bots.bot(BOT).actor
    assert isinstance(actor, BotActor)
    return actor.state.last_end


@pytest.mark.parametrize("adopted", [False, True])
def test_p08_the_grace_on_the_container_counts_and_a_kill_is_told(world: World, adopted: bool) -> None:
    """Also for who adopts it, whatever grace the document asks for by then."""
    deaf(world)
    if adopted:
        world.kill(world.runtimes[-1])
        world.store.put(BOT, Wanted(spec_of(BOT, "1", stop_grace=60.0)))
        world.start()
        world.run(2.0)
    else:
        world.store.put(BOT, Disabled())
    world.run(3.5)
    assert len(world.running(BOT)) == 1
    world.run(6.0)
    told = [step for step in world.phases(world.runtimes[-1], BOT) if KILLED in step.reason]
    assert {(step.phase, step.warns) for step in told} == {(Phase.STOPPING, True)}
    assert last_end(world) == KILLED


def test_p08_one_that_says_goodbye_in_time_was_not_killed(world: World) -> None:
    deaf(world, grace=60.0)
    world.store.put(BOT, Disabled())
    world.run(50.0)
    (container,) = world.engine.of(BOT)
    world.engine.die(container, 0)
    world.run(5.0)
    assert last_end(world) == "stopped by the runtime"
    assert not any(step.warns for step in world.phases(world.runtimes[-1], BOT))


@pytest.mark.parametrize("lost", [0.1, 2.0, 12.0])
def test_p08_a_stop_that_came_before_its_program_could_hear_it_needs_no_kill(world: World, lost: float) -> None:
    world.engine.deaf = lost
    world.store.put(BOT, Wanted(spec_of(BOT, "1")))
    world.start()
    while not world.running(BOT):
        world.run(0.01)
    world.store.put(BOT, Disabled())
    world.run(30.0)
    assert not world.running(BOT)
    assert last_end(world) == "stopped by the runtime"


def test_p08_a_run_that_is_stopped_before_it_could_hear_it_needs_no_kill() -> None:
    world = ScheduleWorld(seed=7)
    world.engine.deaf = 2.0
    world.program = Program(lasts=None)
    world.put(BOT, "* * * * *", timeout=1)
    world.start()
    world.run(75.0)
    first = world.records(BOT)[0]
    assert (first.outcome, first.reason) == (Outcome.TIMED_OUT, "still running after 1s; exit code 0")


def test_p08_one_that_has_run_for_a_while_is_sent_term_once(world: World) -> None:
    deaf(world, grace=30.0)
    world.run(60.0)
    world.store.put(BOT, Disabled())
    world.run(29.0)
    assert world.engine.calls.count(("signal", BOT)) == 1


def test_p08_a_restart_by_hand_that_needed_a_kill_says_both(world: World) -> None:
    deaf(world)
    world.runtimes[-1].tree.bots.fleet.tell(OperatorCommand(BOT, Command.RESTART))
    world.run(10.0)
    (container,) = world.engine.of(BOT)
    assert container.birth.previous_end == f"restart by hand; {KILLED}"


def test_p08_the_record_of_a_run_says_that_it_was_killed() -> None:
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=None)
    world.put(BOT, "* * * * *", timeout=20, stop_grace=4.0)
    runtime = world.start()
    world.run(65.0)
    for container in world.engine.of(BOT):
        container.heeds_term = False
    world.run(30.0)
    first = world.records(BOT)[0]
    assert (first.outcome, first.reason) == (Outcome.TIMED_OUT, f"still running after 20s; {KILLED}")
    assert any(step.warns and KILLED in step.reason for step in world.phases(runtime, BOT))
