"""An engine that hangs is known within seconds, and listed as soon as it answers again. In virtual time."""

from the0_actors.actors.following import Following
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.messages import ActiveMoved
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.sources.watcher import EngineWatcher, Watching
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault

HOUR = 3600.0


class Anyone(Actor):
    """Takes everything."""

    def on_receive(self, message: object) -> None:
        """Take it."""


OURS = "installation"


class Place:
    """A watcher of one engine whose listings and silences are an hour apart."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.world = EngineWorld(self.stepper.clock)
        self.takes = 0.0
        self.following = Following()
        self.asked: list[str] = []
        self.world.fault = self._ask
        engine = FakeEngine(self.world, OURS)
        system = self.stepper.system()
        lane = StepLane("engine", self.stepper, lambda: self.takes)
        fleet, lease = system.handle("/fleet"), system.handle("/lease")
        for handle in (fleet, lease):
            system.spawn(handle, Anyone)
        self.handle = system.handle("/engine/watcher")
        system.spawn(
            self.handle,
            lambda: EngineWatcher(
                Watching(lambda: engine, lambda: OURS, lane, fleet, lease, self.following, HOUR, HOUR)
            ),
        )
        self.handle.tell(ActiveMoved(active=True))
        self.faulty = ""

    def _ask(self, operation: str, _target: str) -> Fault:
        self.asked.append(operation)
        return Fault.LOSE if operation == getattr(self, "faulty", "") else Fault.NONE

    def part(self) -> PartStatus:
        assert isinstance(self.handle.actor, EngineWatcher)
        return self.handle.actor.parts[0]


def test_p34_an_engine_that_hangs_is_known_within_seconds() -> None:
    place = Place()
    place.stepper.run(60.0)
    assert place.part().ok
    place.takes = 25.0
    place.stepper.run(10.0)
    assert place.part().note == "no answer: for 5 s"
    listed = place.asked.count("list")
    place.takes = 0.0
    place.stepper.run(30.0)
    assert place.part().ok
    assert place.asked.count("list") == listed + 1, "what happened meanwhile is asked for once"


def test_an_engine_that_refuses_is_known_and_listed_when_it_is_back() -> None:
    place = Place()
    place.stepper.run(60.0)
    place.faulty = "ping"
    place.stepper.run(4.0)
    assert place.part().note == "no answer: engine is unavailable: ping lost by script"
    place.faulty = ""
    place.stepper.run(4.0)
    assert place.part().ok


def test_a_standby_asks_nothing() -> None:
    place = Place()
    place.stepper.run(10.0)
    place.handle.tell(ActiveMoved(active=False))
    place.stepper.run(10.0)
    before = len(place.asked)
    place.stepper.run(60.0)
    assert len(place.asked) == before
    assert place.part().note == "standby"
    place.handle.tell(ActiveMoved(active=True))
    place.stepper.run(10.0)
    assert place.part().ok
