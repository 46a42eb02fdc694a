"""Who acts while the database is away, a process is frozen, or the engine is cut off: nobody beside another."""

import pytest
from tests.simulation.world import Runtime, World

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.lease import LeaseKeeper
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.status import Command
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.lock import FakeLock
from the0_actors.adapters.testing.store import FakeStore, no_fault, spec_of

TERM = 9.0
LONG = 40 * TERM
BOUND = 30.0
"""Seconds in which somebody acts, once one lives, the engine can be reached and the database has answered."""
BOTS = ("bot0", "bot1", "bot2")


@pytest.fixture(params=range(4))
def world(request: pytest.FixtureRequest) -> World:
    world = World(request.param)
    for bot in BOTS:
        world.store.put(bot, Wanted(spec_of(bot)))
    return world


def started(world: World, count: int = 1) -> list[Runtime]:
    runtimes = []
    for _ in range(count):
        runtimes.append(world.start())
        world.run(60.0)
    return runtimes


def keeper(runtime: Runtime) -> LeaseKeeper:
    actor = runtime.tree.bots.lease.actor
    assert isinstance(actor, LeaseKeeper)
    return actor


def roles(runtimes: list[Runtime]) -> list[str]:
    return [keeper(runtime).role for runtime in runtimes]


def cut(runtime: Runtime, *kinds: type) -> None:
    """Cut the network between a runtime and what these are clients of."""
    for client in runtime.clients:
        if isinstance(client, kinds):
            client.cut = True  # type: ignore[attr-defined]


def crash(world: World, bot: str) -> None:
    for container in world.engine.of(bot):
        if container.status is Status.RUNNING:
            world.engine.die(container, 1)


@pytest.mark.parametrize("count", [1, 2])
def test_p43_what_crashes_is_restarted_however_long_the_database_is_away(world: World, count: int) -> None:
    runtimes = started(world, count)
    world.script.store_share = 1.0
    for _ in range(3):
        world.run(LONG)
        crash(world, "bot0")
        world.run(BOUND)
        assert all(len(world.running(bot)) == 1 for bot in BOTS)
    assert roles(runtimes) == ["active", "standby"][:count]
    world.script.store_share = 0.0
    world.run(LONG)
    assert roles(runtimes) == ["active", "standby"][:count]  # whoever has the lock has the lease again in time
    assert not world.failures()


def test_p43_a_standby_goes_on_for_a_holder_that_dies_while_the_database_is_away_once_that_is_back(
    world: World,
) -> None:
    first, second = started(world, 2)
    world.script.store_share = 1.0
    world.run(LONG)
    world.kill(first)
    crash(world, "bot0")
    world.run(LONG)
    assert keeper(second).role == "standby"  # it has the lock, and knows nothing of what is wanted
    assert world.running("bot0") == []
    world.script.store_share = 0.0
    world.run(BOUND)
    assert keeper(second).role == "active"
    assert all(len(world.running(bot)) == 1 for bot in BOTS)


def test_p42_who_starts_while_the_database_is_away_does_nothing_before_it_has_met_it(world: World) -> None:
    (first,) = started(world)
    crash(world, "bot0")
    world.kill(first)
    world.script.store_share = 1.0
    second = world.start()
    calls = len(world.engine.calls)
    world.run(LONG)
    assert (keeper(second).role, len(world.engine.calls)) == ("starting", calls)
    world.script.store_share = 0.0
    world.run(BOUND)
    assert len(world.running("bot0")) == 1


@pytest.mark.parametrize("frozen", [TERM / 3, TERM, 3 * TERM, LONG])
def test_p42_a_frozen_holder_wakes_up_to_a_lock_that_is_gone(world: World, frozen: float) -> None:
    first, second = started(world, 2)
    world.freeze(first)
    world.run(frozen)
    crash(world, "bot0")
    world.thaw(first)
    world.run(BOUND)
    assert sorted(roles([first, second])) == ["active", "standby"]
    assert all(len(world.running(bot)) == 1 for bot in BOTS)
    assert keeper(second).role == ("active" if frozen > 2 * TERM else keeper(second).role)


def test_p42_a_holder_that_cannot_reach_the_database_gives_way_to_one_that_can(world: World) -> None:
    first, second = started(world, 2)
    cut(first, FakeStore)
    world.run(4 * TERM)
    crash(world, "bot0")
    world.run(BOUND)
    assert roles([first, second]) == ["standby", "active"]
    assert all(len(world.running(bot)) == 1 for bot in BOTS)


def test_p42_a_holder_that_cannot_reach_the_engine_gives_way_to_one_that_can(world: World) -> None:
    first, second = started(world, 2)
    cut(first, FakeEngine, FakeLock)
    world.run(4 * TERM)
    crash(world, "bot0")
    world.run(BOUND)
    assert roles([first, second]) == ["standby", "active"]
    assert all(len(world.running(bot)) == 1 for bot in BOTS)


def test_p42_the_engine_away_for_both_changes_nothing(world: World) -> None:
    runtimes = started(world, 2)
    for runtime in runtimes:
        cut(runtime, FakeEngine, FakeLock)
    world.run(LONG)
    assert roles(runtimes) == ["active", "standby"]
    assert not runtimes[0].tree.bots.acting.open()


def test_a_restart_by_hand_is_carried_out_while_the_database_is_away(world: World) -> None:
    (runtime,) = started(world)
    world.script.store_share = 1.0
    world.run(LONG)
    assert keeper(runtime).hindrance(Command.RESTART) == ""
    assert "away since" in keeper(runtime).hindrance(Command.STOP)
    before = world.running("bot0")
    runtime.tree.bots.fleet.tell(OperatorCommand("bot0", Command.RESTART))
    world.run(BOUND)
    assert len(world.running("bot0")) == 1
    assert world.running("bot0") != before


def test_p43_status_says_what_holds_while_the_database_is_away(world: World) -> None:
    first, second = started(world, 2)
    world.script.store_share = 1.0
    world.run(42.0)
    (part,) = keeper(first).parts
    assert not part.ok
    assert part.note == "acts on the engine's lock; the database is away"
    assert part.measured.startswith("database away since 4")
    (part,) = keeper(second).parts
    assert not part.ok
    assert part.note.startswith("standby: ")
    assert "runtime-1 is active" in keeper(second).hindrance(Command.RESTART)


def test_lock_and_lease_say_how_well_they_are_kept_up(world: World) -> None:
    (runtime,) = started(world)
    lock, lease = keeper(runtime).renewals
    assert (lock.name, lease.name) == ("lock", "lease")
    assert lock.age is not None
    assert lock.age <= 1.5
    assert lease.age is not None
    assert lease.age <= 3.5
    assert lock.ran_out == lease.ran_out == 0
    world.script.engine_takes = 0.5
    world.run(20.0)
    world.script.store_share = 1.0
    world.run(30.0)
    away = keeper(runtime).renewals[1]
    assert away.age is not None
    assert away.age > 30.0
    world.script.store_share = 0.0
    world.run(20.0)
    assert [one.ran_out for one in keeper(runtime).renewals] == [0, 1]
    assert "ran out once" in keeper(runtime).parts[0].measured


def test_p16_who_ends_between_the_listing_and_the_first_look_of_a_new_holder_is_restarted(world: World) -> None:
    """Its end was told when it had no actor yet, and the listing says that it runs."""
    (first,) = started(world)
    world.kill(first)
    world.store.down = lambda operation: operation == "list"
    world.start()
    world.run(15.0)
    crash(world, "bot0")
    world.store.down = no_fault
    world.run(BOUND)  # the next listing comes after a minute
    assert len(world.running("bot0")) == 1
