"""Servers of our own are started again: at once, and with growing delays while they keep ending. In virtual time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from the0_actors.actors.errors import Unavailable
from the0_actors.actors.keeper import STEADY, Keeper
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.ports.status import PartStatus


@dataclass
class OneServer:
    """A server that runs, or not, as the test says."""

    now: Callable[[], float]
    runs: bool = True
    comes_up: bool = True
    stays: bool = True
    starts: list[float] = field(default_factory=list[float])

    def check(self) -> Mapping[str, str]:
        return {} if self.runs else {"server": "has ended"}

    def restart(self, name: str) -> None:
        assert name == "server"
        self.starts.append(self.now())
        if not self.comes_up:
            raise Unavailable("server", "no memory")
        self.runs = self.stays


class Place:
    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.server = OneServer(self.stepper.clock.monotonic)
        system = self.stepper.system()
        lane = StepLane("objects", self.stepper, lambda: 0.0)
        self.handle = system.handle("/keepers/server")
        system.spawn(self.handle, lambda: Keeper("server", self.server, lane))

    def part(self) -> PartStatus:
        assert isinstance(self.handle.actor, Keeper)
        return self.handle.actor.parts[0]


def test_who_ended_is_started_again_at_once() -> None:
    place = Place()
    place.stepper.run(100.0)
    assert place.part().ok
    place.server.runs = False
    place.stepper.run(3.0)
    assert len(place.server.starts) == 1
    assert place.part() == PartStatus("server", ok=True, required=False, note="running")


def test_who_ends_again_and_again_is_started_at_growing_intervals() -> None:
    place = Place()
    place.server.stays = False
    place.server.runs = False
    place.stepper.run(600.0)
    starts = place.server.starts
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(starts) < 100
    assert max(gaps) > 10.0
    assert max(gaps) <= 30.0 + 2.0
    assert not place.part().ok

    place.server.stays = True
    place.stepper.run(STEADY + 40.0)
    assert place.part().ok
    before = len(starts)
    place.server.runs = False
    place.stepper.run(3.0)
    assert len(starts) == before + 1


def test_who_does_not_come_up_says_why() -> None:
    place = Place()
    place.server.comes_up = False
    place.server.runs = False
    place.stepper.run(600.0)
    assert place.part().note == "server does not start: server is unavailable: no memory"
    assert 10 < len(place.server.starts) < 100
    place.server.comes_up = True
    place.stepper.run(40.0)
    assert place.part().ok
