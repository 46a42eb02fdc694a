"""Scenarios of fleets that vanish from the database, over the whole tree in virtual time."""

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import Runtime, World

from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.fleet_status import FleetStatus
from the0_actors.actors.messages import StopsConfirmed
from the0_actors.adapters.testing.store import spec_of

STREAMS = pytest.mark.parametrize("stream", [True, False], ids=["change stream", "polls alone"])


@pytest.fixture
def world() -> World:
    return World(seed=7)


def bots(count: int) -> list[str]:
    return [f"bot{n}" for n in range(count)]


def started(world: World, count: int) -> Runtime:
    for bot in bots(count):
        world.store.put(bot, Wanted(spec_of(bot, "1")))
    runtime = world.start()
    world.run(10.0)
    assert alive(world, count) == count
    return runtime


def alive(world: World, count: int) -> int:
    return sum(len(world.running(bot)) for bot in bots(count))


def fleet(runtime: Runtime) -> FleetStatus:
    actor = runtime.tree.bots.fleet.actor
    assert isinstance(actor, Fleet)
    return actor.status()


@STREAMS
@pytest.mark.parametrize("count", [2, 4, 6])
def test_p06_a_fleet_that_vanishes_runs_on_for_ten_minutes_under_an_alarm(
    world: World, count: int, stream: bool
) -> None:
    """Four bots were stopped by one empty listing, and more by the one after it."""
    world.store.offers_stream = stream
    runtime = started(world, count)
    for bot in bots(count):
        world.store.delete(bot)
    world.run(590.0)
    assert alive(world, count) == count
    (alarm,) = fleet(runtime).alarms
    assert f"{count} of {count}" in alarm
    assert "the0-actors confirm-stops" in alarm
    assert fleet(runtime).held == tuple(bots(count))
    world.run(90.0)
    assert alive(world, count) == 0
    assert (fleet(runtime).alarms, fleet(runtime).held) == ((), ())


def test_p06_documents_that_come_back_are_as_if_they_had_never_been_away(world: World) -> None:
    runtime = started(world, 6)
    kept = dict(world.store.documents)
    for _ in range(2):
        world.store.documents.clear()
        world.run(120.0)
        assert len(fleet(runtime).held) == 6
        world.store.documents.update(kept)
        world.run(60.0)
        assert fleet(runtime).alarms == ()
    world.run(900.0)
    assert all(world.engine.calls.count(("create", bot)) == 1 for bot in bots(6))


def test_a_single_bot_that_vanishes_is_stopped_by_the_next_listing(world: World) -> None:
    started(world, 4)
    world.store.documents.pop("bot0")
    world.run(40.0)
    assert (world.running("bot0"), alive(world, 4)) == ([], 3)


def test_a_held_bot_that_crashes_is_started_again(world: World) -> None:
    started(world, 4)
    world.store.documents.clear()
    world.run(60.0)
    (container,) = world.engine.of("bot0")
    world.engine.die(container, 1)
    world.run(60.0)
    assert alive(world, 4) == 4


def test_p06_a_fleet_that_is_switched_off_in_the_database_itself_is_held_too(world: World) -> None:
    runtime = started(world, 4)
    for bot in bots(4):
        world.store.put(bot, Disabled())
    world.run(590.0)
    assert alive(world, 4) == 4
    assert len(fleet(runtime).held) == 4
    world.run(90.0)
    assert alive(world, 4) == 0


def test_what_events_delete_or_switch_off_stops_at_once_however_many_it_is(world: World) -> None:
    runtime = world.start()
    world.run(10.0)
    for bot in bots(6):
        world.stream.publish(BotEvent(Action.CREATED, bot, {}, {"version": "1"}))
    world.run(20.0)
    assert alive(world, 6) == 6
    for bot in bots(3):
        world.stream.publish(BotEvent(Action.UPDATED, bot, {"enabled": False}, {"version": "1"}))
    for bot in bots(6)[3:]:
        world.stream.publish(BotEvent(Action.DELETED, bot, {}, None))
    world.run(40.0)
    assert alive(world, 6) == 0
    assert fleet(runtime).alarms == ()


def test_what_was_switched_off_by_events_before_we_were_killed_stops_at_once_after_our_restart(world: World) -> None:
    started(world, 4)
    world.kill(world.runtimes[-1])
    world.store.switched_off.update(bots(4))
    for bot in bots(4):
        world.store.put(bot, Disabled())
    world.start()
    world.run(60.0)
    assert alive(world, 4) == 0


def test_p06_containers_without_documents_at_our_start_are_held_as_well(world: World) -> None:
    started(world, 4)
    world.kill(world.runtimes[-1])
    world.store.documents.clear()
    runtime = world.start()
    world.run(300.0)
    assert alive(world, 4) == 4
    assert fleet(runtime).held == tuple(bots(4))
    world.run(400.0)
    assert alive(world, 4) == 0


def test_an_operator_confirms_what_is_held_and_it_stops(world: World) -> None:
    runtime = started(world, 4)
    world.store.documents.clear()
    world.run(60.0)
    assert runtime.tree.confirm_stops(frozenset(("bot0", "bot1", "unknown"))) == ("bot0", "bot1")
    world.run(40.0)
    assert (alive(world, 2), alive(world, 4)) == (0, 2)
    assert fleet(runtime).held == ("bot2", "bot3")
    runtime.tree.bots.fleet.tell(StopsConfirmed(frozenset(fleet(runtime).held)))
    world.run(40.0)
    assert alive(world, 4) == 0


def test_what_is_held_survives_our_own_bugs(world: World) -> None:
    runtime = started(world, 4)
    world.store.documents.clear()
    world.run(60.0)
    for path in ("/bots/crew/bot0", "/bots/fleet"):
        runtime.system.handle(path).tell(object())
        world.run(60.0)
        assert alive(world, 4) == 4
        assert len(fleet(runtime).held) == 4
    world.run(700.0)
    assert alive(world, 4) == 0


def test_a_bot_whose_actor_was_restarted_meanwhile_is_not_held_for_what_is_over(world: World) -> None:
    """The next mishap counted its time from the first one."""
    runtime = started(world, 4)
    kept = dict(world.store.documents)
    world.store.documents.clear()
    world.run(60.0)
    runtime.system.handle("/bots/crew/bot0").tell(object())
    world.store.documents.update(kept)
    world.run(400.0)
    assert fleet(runtime).held == ()
    world.store.documents.clear()
    world.run(400.0)
    assert alive(world, 4) == 4


def test_a_database_that_answers_now_and_then_does_not_make_single_ones_of_a_mass(world: World) -> None:
    started(world, 6)
    world.store.documents.clear()
    chance = world.rng
    world.store.down = lambda operation: operation == "read" and chance.random() < 0.9
    world.run(500.0)
    assert alive(world, 6) == 6


# schedules


def test_p06_runs_of_schedules_that_vanish_go_on_and_no_slot_begins_meanwhile() -> None:
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=300.0)
    for bot in bots(4):
        world.put(bot, "@every 60s")
    runtime = world.start()
    world.run(70.0)
    assert sum(len(world.running(bot)) for bot in bots(4)) == 4
    kept = dict(world.store.schedules)
    world.store.schedules.clear()
    world.run(120.0)
    actor = runtime.tree.fleet.actor
    assert isinstance(actor, Fleet)
    assert len(actor.status().held) == 4
    assert sum(len(world.running(bot)) for bot in bots(4)) == 4
    world.run(200.0)
    assert sum(len(world.running(bot)) for bot in bots(4)) == 0
    assert sum(world.starts.values()) == 4
    world.store.schedules.update(kept)
    world.run(120.0)
    assert actor.status().held == ()
    assert sum(world.starts.values()) == 8


def test_p06_idle_schedules_that_vanish_are_held_and_gone_after_their_time() -> None:
    world = ScheduleWorld(seed=7)
    for bot in bots(4):
        world.put(bot, "@every 3600s")
    runtime = world.start()
    world.run(30.0)
    world.store.schedules.clear()
    world.run(60.0)
    actor = runtime.tree.fleet.actor
    assert isinstance(actor, Fleet)
    assert len(actor.status().held) == 4
    world.run(700.0)
    assert (actor.status().bots, actor.status().alarms) == (0, ())
