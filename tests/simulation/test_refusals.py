"""An engine that refuses calls on a container, in virtual time: its words are shown, and it is not hammered.

A stop that was refused was sent 1,052 times in ten minutes, under the reason `deleted`, without a line in the log.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.simulation.ground import Ground, Incarnation
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command, Phase, Transition
from the0_actors.adapters.testing.engine_world import Fault
from the0_actors.adapters.testing.store import spec_of

BOT = "bot0"
MANY = 1_000_000
TEN_MINUTES = 600.0
FEW = 30
"""Calls in ten minutes: the distances grow to a minute, and chance places each between a tenth and all of that."""


@dataclass
class Refusing:
    """Refuses one kind of call, so many times."""

    operation: str
    left: int = MANY
    fault: Fault = Fault.REFUSE
    calls: list[float] = field(default_factory=list[float])

    def over(self, world: Ground[Any]) -> "Refusing":
        """Begin."""

        def fault(operation: str, _target: str) -> Fault:
            if operation != self.operation:
                return Fault.NONE
            self.calls.append(world.clock.monotonic())
            self.left -= 1
            return self.fault if self.left >= 0 else Fault.NONE

        world.engine.fault = fault
        return self


@pytest.fixture
def world() -> World:
    world = World(seed=7)
    world.store.put(BOT, Wanted(spec_of(BOT, "1")))
    world.start()
    world.run(5.0)
    assert len(world.running(BOT)) == 1
    return world


def last(runtime: Incarnation[Any]) -> Transition:
    """Return the last thing that was announced of the bot."""
    return [step for bot_id, step in runtime.transitions if bot_id == BOT][-1]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE])
def test_p08_a_stop_that_the_engine_refuses_is_told_and_tried_at_growing_distances(world: World, fault: Fault) -> None:
    refusing = Refusing("signal", fault=fault).over(world)
    world.store.delete(BOT)
    world.run(TEN_MINUTES)
    assert 5 < len(refusing.calls) < FEW
    told = last(world.runtimes[-1])
    assert told.phase is Phase.STOPPING
    assert told.warns
    assert told.reason.startswith("deleted; cannot send TERM: ")
    assert "by script" in told.reason
    refusing.left = 0
    world.run(70.0)
    assert world.engine.of(BOT) == []


def test_p08_a_few_refusals_delay_a_stop_and_no_more(world: World) -> None:
    refusing = Refusing("signal", left=5).over(world)
    world.store.put(BOT, Disabled(announced=True))
    world.run(40.0)
    assert len(refusing.calls) == 6
    assert world.engine.of(BOT) == []
    told = last(world.runtimes[-1])
    assert (told.phase, told.reason, told.warns) == (Phase.IDLE, "disabled", False)


def test_p08_one_that_ends_by_itself_meanwhile_is_removed_at_once(world: World) -> None:
    Refusing("signal").over(world)
    world.store.delete(BOT)
    world.run(300.0)
    (container,) = world.engine.of(BOT)
    world.engine.die(container, 0)
    world.run(1.0)
    assert world.engine.of(BOT) == []


def test_p40_a_removal_that_the_engine_refuses_is_told_and_not_hammered(world: World) -> None:
    refusing = Refusing("remove").over(world)
    (container,) = world.engine.of(BOT)
    world.engine.die(container, 1)
    world.run(TEN_MINUTES)
    assert 5 < len(refusing.calls) < FEW
    told = last(world.runtimes[-1])
    assert told.warns
    assert "cannot remove the container: remove refused by script" in told.reason
    refusing.left = 0
    world.run(70.0)
    assert len(world.running(BOT)) == 1
    assert last(world.runtimes[-1]).reason == "as wanted"


def test_p40_a_resumption_that_the_engine_refuses_is_told_and_not_hammered(world: World) -> None:
    refusing = Refusing("resume").over(world)
    (container,) = world.engine.of(BOT)
    world.engine.pause(container)
    world.run(TEN_MINUTES)
    assert 5 < len(refusing.calls) < FEW
    told = last(world.runtimes[-1])
    assert (told.phase, told.warns) == (Phase.RUNNING, True)
    assert told.reason == "paused by hand, resuming; cannot resume the container: resume refused by script"
    refusing.left = 0
    world.run(70.0)
    assert container.status is Status.RUNNING


@pytest.mark.parametrize("how", ["command", "edit"])
def test_p08_who_asks_anew_does_not_wait_for_what_was_refused_before(world: World, how: str) -> None:
    refusing = Refusing("signal").over(world)
    world.store.put(BOT, Disabled(announced=True))
    world.run(300.0)
    before = len(refusing.calls)
    if how == "command":
        world.runtimes[-1].tree.bots.fleet.tell(OperatorCommand(BOT, Command.STOP))
    else:
        world.store.put(BOT, Wanted(spec_of(BOT, "1")))
        world.run(1.0)
        assert last(world.runtimes[-1]).reason == "as wanted"
        world.store.put(BOT, Disabled(announced=True))
    world.run(2.0)
    assert len(refusing.calls) > before


@pytest.mark.parametrize(
    ("operation", "words"), [("signal", "cannot send TERM: "), ("remove", "cannot remove the container: ")]
)
def test_p24_a_refused_end_of_a_run_is_told_and_not_hammered(operation: str, words: str) -> None:
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=None if operation == "signal" else 5.0)
    world.put(BOT, "0 * * * *", timeout=20)
    runtime = world.start()
    world.run(3590.0)
    refusing = Refusing(operation).over(world)
    world.run(40.0 + TEN_MINUTES)
    assert 5 < len(refusing.calls) < FEW
    told = last(runtime)
    assert (told.phase, told.warns) == (Phase.STOPPING, True)
    assert words in told.reason
    refusing.left = 0
    world.run(70.0)
    assert world.engine.of(BOT) == []
    assert not last(runtime).warns


def test_p36_what_a_run_left_is_asked_for_at_growing_distances() -> None:
    world = ScheduleWorld(seed=7)
    world.put(BOT, "0 * * * *")
    runtime = world.start()
    world.run(3590.0)
    refusing = Refusing("logs", fault=Fault.LOSE).over(world)
    world.run(TEN_MINUTES)
    assert 5 < len(refusing.calls) < FEW
    assert "cannot read what the run left: " in last(runtime).reason
    refusing.left = 0
    world.run(70.0)
    assert world.engine.of(BOT) == []
