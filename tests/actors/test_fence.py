"""The fence: the last look before an engine is told to change anything."""

from collections.abc import Callable

import pytest
from tests.parts.packages import MemoryPackage
from tests.simulation.world import World

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.errors import NotActive, The0ActorsError
from the0_actors.actors.fence import Fence, FencedEngine, FencedLane
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.ports.engine import Fresh, Signal
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault
from the0_actors.adapters.testing.store import spec_of

PACKAGE = MemoryPackage({"main.py": b""})
SPEC = spec_of("bot")
CHANGES: dict[str, Callable[[FencedEngine], object]] = {
    "store_code": lambda engine: engine.store_code(PACKAGE),
    "prepare": lambda engine: engine.prepare(SPEC),
    "create": lambda engine: engine.create(Fresh(SPEC, PACKAGE.digest), Birth()),
    "start": lambda engine: engine.start("c1"),
    "signal": lambda engine: engine.signal("c1", Signal.KILL),
    "resume": lambda engine: engine.resume("c1"),
    "remove": lambda engine: engine.remove("c1"),
    "purge": lambda engine: engine.purge("bot"),
    "sweep_code": lambda engine: engine.sweep_code(frozenset()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_p42_nothing_is_changed_but_while_the_lock_is_held(change: Callable[[FencedEngine], object]) -> None:
    clock = VirtualClock()
    fence = Fence(clock)
    engine = FencedEngine(FakeEngine(EngineWorld(clock), "installation"), fence)

    def refused() -> bool:
        try:
            change(engine)
        except NotActive:
            return True
        except The0ActorsError:
            return False  # the engine's own answer: it was asked
        return False

    assert refused()
    fence.extend(10.0)
    assert not refused()
    clock.advance_to(9.9)
    assert not refused()
    clock.advance_to(10.0)
    assert refused()
    fence.extend(20.0)
    fence.drop()
    assert refused()


def test_looking_is_free() -> None:
    clock = VirtualClock()
    engine = FencedEngine(FakeEngine(EngineWorld(clock), "installation"), Fence(clock))
    assert engine.identify() == "fake-engine"
    assert engine.list() == ()
    assert engine.look(engine.name_of("bot", Kind.REALTIME)) is None
    assert not engine.has_code(PACKAGE.digest)
    assert engine.fingerprint(SPEC, PACKAGE.digest)
    engine.check(SPEC)
    engine.watch(lambda _event: None, lambda _reason: None).close()


def test_p42_the_fence_before_writes_closes_before_the_lease_ends() -> None:
    """Whoever takes the lease next finds it closed, although its holder could not even ask."""
    world = World(seed=7)
    side = world.start().tree.bots
    world.run(30.0)
    assert side.writing.open()
    world.script.store_share = 1.0
    world.run(world.store.lease_until - world.clock.monotonic())
    assert not side.writing.open()
    assert side.acting.open()


def test_p42_the_fence_before_the_engine_closes_at_once_when_the_lock_is_anothers() -> None:
    world = World(seed=7)
    side = world.start().tree.bots
    world.run(30.0)
    assert side.acting.open()
    world.engine.locks["a1b2c3d4e5f6-realtime"] = object()
    assert not side.acting.open()


def test_p42_the_fence_before_the_engine_closes_when_the_engine_does_not_confirm_the_lock() -> None:
    world = World(seed=7)
    side = world.start().tree.bots
    world.run(30.0)
    world.script.fault_share, world.engine.fault = 1.0, lambda _operation, _target: Fault.LOSE
    world.run(5.6)
    assert not side.acting.open()
    assert side.writing.open()


def test_p42_without_the_lock_the_fleet_holds_everybody_back() -> None:
    world = World(seed=7)
    fleet = world.start().tree.bots.fleet
    world.run(30.0)
    world.engine.locks["a1b2c3d4e5f6-realtime"] = object()
    world.run(5.0)
    actor = fleet.actor
    assert isinstance(actor, Fleet)
    assert not actor.status().open


def test_a_lane_behind_a_fence_makes_no_call_while_it_is_closed() -> None:
    world = World(seed=7)
    fence, made = Fence(world.clock, "the lease"), [0]
    system = world.stepper.system()
    lane = FencedLane(StepLane("store", world.stepper, lambda: 0.0), fence)

    def call() -> None:
        made[0] += 1

    for until, expected in ((0.0, 0), (1.0, 1)):
        fence.extend(until)
        lane.submit("key", call, system.handle("/nobody"), "call", 1.0)
        world.stepper.settle()
        assert made == [expected]
    assert lane.snapshot().name == "store"
