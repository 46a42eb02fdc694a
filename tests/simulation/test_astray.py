"""Containers under another name than their bot has: over the whole tree in virtual time, never two for long or none."""

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import Runtime, World

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.adapters.testing.engine_world import FakeContainer
from the0_actors.adapters.testing.store import spec_of

BOT = "bot0"
CREW = f"/bots/crew/{BOT}"
LISTING = 31.0
"""Seconds until the next listing at the latest."""


@pytest.fixture
def world() -> World:
    world = World(seed=7)
    world.store.put(BOT, Wanted(spec_of(BOT, "1")))
    world.start()
    world.run(40.0)
    return world


def only(world: World | ScheduleWorld) -> FakeContainer:
    (container,) = world.engine.of(BOT)
    return container


def second(world: World | ScheduleWorld) -> FakeContainer:
    made = world.second(BOT)
    assert made is not None
    return made


def told(runtime: Runtime) -> list[Transition]:
    return [step for bot_id, step in runtime.transitions if bot_id == BOT]


def creations(world: World) -> int:
    return world.engine.calls.count(("create", BOT))


@pytest.mark.parametrize("how", ["actor", "fleet", "runtime"])
def test_p15_a_renamed_one_runs_on_whoever_of_us_is_restarted(world: World, how: str) -> None:
    """Its name was free, so a second one was started beside it, which nobody saw."""
    before, runtime = only(world), world.runtimes[-1]
    world.rename(BOT)
    if how == "runtime":
        world.kill(runtime)
        runtime = world.start()
    else:
        runtime.system.handle(CREW if how == "actor" else "/bots/fleet").tell(object())
    world.run(120.0)
    assert only(world) is before
    assert creations(world) == 1
    last = told(runtime)[-1]
    assert (last.phase, last.warns) == (Phase.RUNNING, False)
    assert last.reason == f"as wanted, in a container that somebody renamed to {before.name}"


def test_p15_a_renamed_one_is_replaced_under_its_own_name(world: World) -> None:
    world.rename(BOT)
    world.runtimes[-1].system.handle(CREW).tell(object())
    world.run(1.0)
    world.store.put(BOT, Wanted(spec_of(BOT, "2")))
    world.run(5.0)
    assert world.version(BOT) == "2"
    assert only(world).name == f"the0-{only(world).installation}-r-{BOT}"
    assert told(world.runtimes[-1])[-1].reason == "as wanted"


def test_p15_one_that_crashes_under_another_name_is_restarted_under_its_own(world: World) -> None:
    world.rename(BOT)
    world.engine.die(only(world), 1)
    world.run(10.0)
    assert only(world).status is Status.RUNNING
    assert only(world).name == f"the0-{only(world).installation}-r-{BOT}"


@pytest.mark.parametrize("restart", [False, True])
def test_p03_a_second_one_is_stopped_and_told(world: World, restart: bool) -> None:
    before, runtime = only(world), world.runtimes[-1]
    made = second(world)
    world.run(LISTING)
    assert only(world) is before
    (step,) = (step for step in told(runtime) if "second" in step.reason)
    assert (step.phase, step.warns) == (Phase.RUNNING, True)
    assert step.reason == f"as wanted; a second container, {made.name}, is being stopped"
    if restart:
        second(world).heeds_term = False
        world.run(LISTING)
        runtime.system.handle(CREW).tell(object())
        world.run(LISTING + 40.0)
        assert only(world) is before
    assert creations(world) == 1
    assert told(runtime)[-1].reason == "as wanted"


def test_p08_a_second_one_gets_its_grace_and_not_more_however_often_it_is_listed(world: World) -> None:
    made, runtime = second(world), world.runtimes[-1]
    made.heeds_term = False
    while not told(runtime)[-1].warns:
        world.run(1.0)
    world.run(28.0)
    assert len(world.running(BOT)) == 2
    world.run(4.0)
    assert made.status is Status.EXITED
    assert made.container_id not in world.engine.containers


def test_it_is_an_alarm_as_long_as_it_is_there(world: World) -> None:
    made, runtime = second(world), world.runtimes[-1]
    made.heeds_term = False
    world.run(5.0)
    actor = runtime.tree.bots.bot(BOT).actor
    assert isinstance(actor, BotActor)
    assert [one.container_id for one in actor.state.astray] == [made.container_id]
    world.run(40.0)
    assert actor.state.astray == ()


@pytest.mark.parametrize("count", [2, 3])
def test_p03_of_several_one_is_left(world: World, count: int) -> None:
    runtime = world.runtimes[-1]
    world.kill(runtime)
    for _ in range(count):
        second(world).heeds_term = False
    world.rename(BOT)
    world.start()
    world.run(60.0 * count)
    assert only(world).status is Status.RUNNING
    assert creations(world) == 1


def test_p03_while_a_second_one_lives_nothing_is_started(world: World) -> None:
    """Also when the bot's own one crashes meanwhile: what lives goes first."""
    made, before = second(world), only_named(world)
    made.heeds_term = False
    world.run(5.0)
    world.engine.die(before, 1)
    world.run(3.0)
    assert world.running(BOT) == [made.container_id]
    world.run(60.0)
    assert only(world).status is Status.RUNNING
    assert made.status is Status.EXITED


def only_named(world: World) -> FakeContainer:
    (container,) = (one for one in world.engine.of(BOT) if one.container_id not in world.by_hand)
    return container


def test_p08_of_a_bot_that_is_off_all_are_stopped(world: World) -> None:
    second(world)
    second(world)
    world.store.put(BOT, Disabled())
    world.run(LISTING)
    assert world.engine.of(BOT) == []
    assert told(world.runtimes[-1])[-1].phase is Phase.IDLE


def test_a_name_that_another_bots_container_has_is_said_and_nothing_is_touched(world: World) -> None:
    world.store.put("bot1", Disabled())
    world.run(1.0)
    before = only(world)
    world.engine.rename(before.container_id, f"the0-{before.installation}-r-bot1")
    world.store.put("bot1", Wanted(spec_of("bot1", "1")))
    world.run(60.0)
    assert world.running("bot1") == []
    assert only(world) is before
    assert before.status is Status.RUNNING
    (reason, *_) = (step.reason for step in reversed(world.phases(world.runtimes[-1], "bot1")))
    assert "a container of bot0 has the name" in reason


# schedules

SLOT = "0 * * * *"
CREW_OF_SCHEDULES = f"/schedules/bots/crew/{BOT}"


def running_run(lasts: float | None = 30.0) -> ScheduleWorld:
    """Return a world in which the run due at the full hour is under way."""
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=lasts)
    world.put(BOT, SLOT)
    world.start()
    world.run(3605.0)
    assert only(world).status is Status.RUNNING
    return world


@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("when", ["while it runs", "before its result is stored"])
def test_p36_a_renamed_run_is_recorded_as_it_ended(crash: bool, when: str) -> None:
    world = running_run()
    if when == "while it runs":
        world.rename(BOT)
    else:
        world.fetch_fails = lambda operation: operation == "keep"
        world.run(26.0)
        assert only(world).status is Status.EXITED
        world.rename(BOT)
        world.fetch_fails = lambda _operation: False
    if crash:
        world.runtimes[-1].system.handle(CREW_OF_SCHEDULES).tell(object())
    world.run(120.0)
    (record,) = world.records(BOT)
    assert (record.outcome, record.result) == (Outcome.SUCCEEDED, "stored")
    assert world.engine.of(BOT) == []
    assert sum(world.starts.values()) == 1


def test_p03_a_second_one_beside_a_run_is_stopped_and_the_run_goes_on() -> None:
    world = running_run(lasts=200.0)
    before, made = only(world), second(world)
    world.run(61.0)
    assert only(world) is before
    assert any(
        step.warns and f"a second container, {made.name}, is being stopped" in step.reason
        for step in world.phases(world.runtimes[-1], BOT)
    )
    world.run(300.0)
    (record,) = world.records(BOT)
    assert (record.outcome, record.result) == (Outcome.SUCCEEDED, "stored")


def test_p03_one_left_by_hand_between_runs_is_stopped_before_the_next() -> None:
    world = running_run(lasts=5.0)
    made = second(world)
    world.run(60.0)
    assert world.engine.of(BOT) == []
    assert made.spec is not None
    assert made.spec.kind is Kind.SCHEDULED
    world.run(3600.0)
    assert [one.outcome for one in world.records(BOT)] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
