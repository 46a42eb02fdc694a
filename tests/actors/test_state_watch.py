"""The watch of what bots keep: in virtual time, over the fake engine."""

from typing import Any

import pytest

from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.messages import ActiveMoved, StateTooLarge
from the0_actors.actors.state_watch import Measuring, StateWatch
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault

MIB = 1 << 20


class Ear(Actor):
    """Stands for Fleet."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[StateTooLarge] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)


class Place:
    """One engine, one watch of it, and who hears."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.world = EngineWorld(self.stepper.clock)
        self.ear, self.bounds = Ear(), {"a": None, "b": 8 * MIB}
        system = self.stepper.system()
        engine, lane = FakeEngine(self.world, "installation"), StepLane("objects", self.stepper, lambda: 0.0)
        self.handle, fleet = system.handle("/state"), system.handle("/fleet")
        measuring = Measuring(
            lambda: engine, lambda: self.bounds, lane, system.handle("/lease"), fleet, bound=MIB, every=60.0
        )
        self.watch = StateWatch(measuring)
        system.spawn(fleet, lambda: self.ear)
        system.spawn(self.handle, lambda: self.watch)

    def keep(self, **sizes: int) -> None:
        self.world.kept = {bot_id: Kept(bot_id, size) for bot_id, size in sizes.items()}


@pytest.fixture
def place() -> Place:
    return Place()


def test_over_the_bound_is_an_alarm_and_far_over_it_a_stop(place: Place) -> None:
    place.handle.tell(ActiveMoved(active=True))
    place.keep(a=3 * MIB // 2, b=8 * MIB, stranger=99 * MIB)
    place.stepper.run(61.0)
    assert [alarm.split(";")[0] for alarm in place.watch.alarms] == ["a: its state takes 1.5Mi of 1Mi"]
    assert place.ear.heard == []
    place.keep(a=MIB, b=17 * MIB)
    place.stepper.run(60.0)
    assert [alarm.split(":")[0] for alarm in place.watch.alarms] == ["b"]
    assert [(told.bot_id, told.reason.split(":")[0]) for told in place.ear.heard] == [
        ("b", "its state takes 17Mi of 8Mi")
    ]
    place.keep(a=0, b=0)
    place.stepper.run(60.0)
    assert place.watch.alarms == ()


def test_a_standby_measures_nothing(place: Place) -> None:
    place.keep(a=9 * MIB)
    place.handle.tell(ActiveMoved(active=False))
    place.stepper.run(600.0)
    assert (place.watch.alarms, place.ear.heard) == ((), [])


def test_an_engine_that_cannot_measure_is_asked_again(place: Place) -> None:
    place.keep(a=9 * MIB)
    place.world.fault = lambda operation, _target: Fault.LOSE if operation == "kept" else Fault.NONE
    place.handle.tell(ActiveMoved(active=True))
    place.stepper.run(200.0)
    assert place.watch.alarms == ()
    place.world.fault = lambda _operation, _target: Fault.NONE
    place.stepper.run(61.0)
    assert len(place.watch.alarms) == 1
