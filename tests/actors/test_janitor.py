"""What the janitor removes of deleted bots, and when: in virtual time, over the fakes."""

import pytest

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.janitor import Janitor, Sweeping
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.messages import ActiveMoved
from the0_actors.actors.ports.engine import Fresh
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault
from the0_actors.adapters.testing.store import FakeStore, StoreWorld, spec_of

HOUR = 3600.0
DAY = 24 * HOUR


class Place:
    """One database and one engine, and janitors that come and go."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.engines = EngineWorld(self.stepper.clock, code={"code"})
        self.stores = StoreWorld(self.stepper.clock)
        self.engine = FakeEngine(self.engines, "installation")
        self.store = FakeStore(self.stores)
        self.store.installation("engine")

    def employ(self, *, active: bool = True) -> None:
        """Start a janitor, as one more runtime does."""
        system = self.stepper.system()
        lane = StepLane("objects", self.stepper, lambda: 0.0)
        handle, lease = system.handle("/janitor"), system.handle("/lease")
        sweeping = Sweeping(lambda: self.engine, lambda: frozenset({"code"}), self.store, lane, lease, 7 * DAY, HOUR)
        system.spawn(handle, lambda: Janitor(sweeping))
        handle.tell(ActiveMoved(active))

    def delete(self, bot_id: str) -> None:
        self.store.apply(BotEvent(Action.DELETED, bot_id, None, None), None)

    @property
    def purged(self) -> list[str]:
        return [bot_id for operation, bot_id in self.engines.calls if operation == "purge"]


@pytest.fixture
def place() -> Place:
    return Place()


def test_the_state_of_a_deleted_bot_goes_a_week_later_and_once(place: Place) -> None:
    place.employ()
    place.stepper.run(DAY)
    place.delete("gone")
    place.stepper.run(7 * DAY - HOUR)
    assert place.purged == []
    place.stepper.run(2 * HOUR)
    assert place.purged == ["gone"]
    place.stepper.run(7 * DAY)
    assert place.purged == ["gone"]


def test_the_moment_outlives_the_runtime_that_heard_of_the_deletion(place: Place) -> None:
    place.delete("gone")
    place.stepper.run(6 * DAY)
    place.employ()
    place.stepper.run(DAY + 2 * HOUR)
    assert place.purged == ["gone"]


def test_what_is_only_absent_keeps_its_state(place: Place) -> None:
    place.stores.put("absent", Wanted(spec_of("absent")))
    place.employ()
    place.stores.delete("absent")
    place.stepper.run(90 * DAY)
    assert place.purged == []


def test_a_deleted_bot_with_a_document_or_a_container_keeps_its_state_for_as_long(place: Place) -> None:
    made = place.engine.create(Fresh(spec_of("lives"), "code"), Birth())
    place.delete("lives")
    place.delete("is-back")
    place.delete("gone")
    place.stores.put("is-back", Wanted(spec_of("is-back")))
    place.employ()
    place.stepper.run(30 * DAY)
    assert place.purged == ["gone"]
    place.engine.remove(made)
    place.stores.delete("is-back")
    place.stepper.run(2 * HOUR)
    assert place.purged == ["gone", "lives", "is-back"]


@pytest.mark.parametrize("part", ["engine", "database"])
def test_a_sweep_that_fails_is_made_up_for(place: Place, part: str) -> None:
    place.delete("gone")
    if part == "engine":
        place.engines.fault = lambda operation, _: Fault.LOSE if operation == "purge" else Fault.NONE
    else:
        place.stores.down = lambda operation: operation == "buried"
    place.employ()
    place.stepper.run(8 * DAY)
    assert place.purged == []
    place.engines.fault = lambda _operation, _target: Fault.NONE
    place.stores.down = lambda _: False
    place.stepper.run(2 * HOUR)
    assert place.purged == ["gone"]


def test_a_standby_removes_nothing(place: Place) -> None:
    place.delete("gone")
    place.employ(active=False)
    place.stepper.run(30 * DAY)
    assert place.purged == []
