"""Scenarios of very many bots that start or are adopted at once, over the whole tree in virtual time."""

from collections.abc import Callable

import pytest
from tests.simulation.world import Runtime, World

from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.messages import DrainFleet
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.throttle import Bounds
from the0_actors.adapters.testing.store import spec_of


@pytest.fixture
def world() -> World:
    return World(seed=11)


def put(world: World, count: int) -> list[str]:
    bots = [f"bot{number:03d}" for number in range(count)]
    for bot in bots:
        world.store.put(bot, Wanted(spec_of(bot, "1")))
    return bots


def alive(world: World, bots: list[str]) -> int:
    return sum(len(world.running(bot)) for bot in bots)


def starting(world: World, runtime: Runtime, bots: list[str]) -> int:
    return sum(world.phase(runtime, bot) in {Phase.PREPARING, Phase.STARTING} for bot in bots)


def within(world: World, seconds: float, what: Callable[[], bool]) -> float:
    """Run until it is so; return after how many seconds."""
    for step in range(round(seconds / 0.1)):
        if what():
            return step * 0.1
        world.run(0.1)
    raise AssertionError(f"not within {seconds} s")


@pytest.mark.parametrize("bounds", [Bounds(1, 1, 1), Bounds(1, 1, 3), Bounds(2, 8, 32)], ids=str)
def test_however_few_go_at_once_all_run_in_the_end_and_each_was_started_once(world: World, bounds: Bounds) -> None:
    world.on_the_way = bounds
    bots = put(world, 60)
    runtime = world.start()
    most = 0
    for _ in range(300):
        world.run(0.1)
        most = max(most, starting(world, runtime, bots))
    assert alive(world, bots) == 60
    assert most <= bounds.most
    assert all(world.engine.calls.count(("create", bot)) == 1 for bot in bots)


def test_an_engine_of_half_a_second_a_start_is_given_no_start_for_nothing(world: World) -> None:
    world.on_the_way = Bounds.of(4)
    bots = put(world, 400)
    world.script.engine_takes = 0.5
    world.start()
    world.run(400.0)
    assert alive(world, bots) == 400
    creates = [target for operation, target in world.engine.calls if operation == "create"]
    assert len(creates) == len(set(creates)) == 400


def test_what_an_event_says_of_one_bot_waits_for_none_of_the_many(world: World) -> None:
    world.on_the_way = Bounds(1, 1, 1)
    bots = put(world, 100)
    world.script.engine_takes = 0.5
    world.start()
    within(world, 60.0, lambda: alive(world, bots) >= 10)
    world.store.put("event", Wanted(spec_of("event", "1")))
    ended = next(bot for bot in bots if world.running(bot))
    (container,) = [one for one in world.engine.of(ended) if one.status is Status.RUNNING]
    world.engine.die(container, 1)
    took = within(world, 10.0, lambda: bool(world.running("event")) and bool(world.running(ended)))
    assert took < 10.0
    assert alive(world, bots) < 60, "the others are on their way still"
    world.run(300.0)
    assert alive(world, bots) == 100


def test_a_bot_whose_call_hangs_holds_up_the_others_for_a_while_only(world: World) -> None:
    world.on_the_way = Bounds(1, 1, 1)
    bots = put(world, 5)
    world.fetch_fails = lambda operation: operation == "fetch" and world.clock.monotonic() < 20.0
    world.start()
    world.run(120.0)
    assert alive(world, bots) == 5


def test_p06_a_fleet_that_was_switched_off_is_a_mass_however_few_go_at_once(world: World) -> None:
    """Each wave for itself is a small share."""
    world.on_the_way = Bounds(1, 1, 1)
    bots = put(world, 100)
    runtime = _started(world, bots)
    before = runtime.tree.bots.fleet.actor
    assert before is not None
    for bot in bots:
        world.store.documents[bot] = Disabled()
    world.script.engine_takes = 0.5
    before.give_up("a bug of ours")  # its successor lets all of them look for themselves
    world.run(150.0)
    assert alive(world, bots) == 100
    fleet = runtime.tree.bots.fleet.actor
    assert isinstance(fleet, Fleet)
    assert len(fleet.status().held) == 100
    world.run(700.0)
    assert alive(world, bots) == 0


def test_a_fleet_that_is_adopted_in_waves_is_left_alone(world: World) -> None:
    bots = put(world, 40)
    world.kill(_started(world, bots))
    before = list(world.engine.calls)
    world.start()
    world.run(60.0)
    changed = [one for one in world.engine.calls[len(before) :] if one[0] in {"create", "start", "signal", "remove"}]
    assert changed == []
    assert alive(world, bots) == 40


def test_a_drain_stops_those_too_whose_turn_has_not_come(world: World) -> None:
    world.on_the_way = Bounds(1, 1, 1)
    bots = put(world, 40)
    world.kill(_started(world, bots))
    world.script.engine_takes = 0.5
    runtime = world.start()
    within(world, 60.0, lambda: world.phase(runtime, bots[0]) is not None)
    runtime.tree.bots.fleet.tell(DrainFleet())
    world.run(120.0)
    assert alive(world, bots) == 0
    assert runtime.drained


def test_a_lock_that_is_lost_in_the_middle_of_a_start_costs_no_second_start(world: World) -> None:
    bots = put(world, 40)
    world.script.engine_takes = 0.3
    runtime = world.start()
    within(world, 60.0, lambda: alive(world, bots) >= 5)
    world.script.fault_share = 1.0
    world.run(30.0)
    world.script.fault_share = 0.0
    world.run(300.0)
    assert alive(world, bots) == 40
    assert world.phase(runtime, bots[-1]) is Phase.RUNNING


def _started(world: World, bots: list[str]) -> Runtime:
    runtime = world.start()
    world.run(120.0)
    assert alive(world, bots) == len(bots)
    return runtime
