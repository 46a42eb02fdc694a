"""Scenarios over the tree of schedules in virtual time: at each turn of a run something happens to it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.simulation.schedule_life import CRASHES
from tests.simulation.schedule_world import Program, Runtime, ScheduleWorld

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.domain.schedules import NEXT
from the0_actors.adapters.testing.store import spec_of

MINUTE = 60
FIRST = 1_767_225_660
"""2026-01-01T00:01:00Z: the first slot."""
BOT = "b"


def before_due(seed: int = 1, **config: object) -> tuple[ScheduleWorld, Runtime]:
    """Return a world in which a run is due in a moment."""
    world = ScheduleWorld(seed)
    world.program = Program(lasts=0.5)
    world.put(BOT, "* * * * *", **config)
    runtime = world.start()
    world.run(59.99)
    return world, runtime


def turns_of_a_run() -> int:
    """Return how many turns pass from the slot's time until the next one is written."""
    world, _ = before_due()
    count = 0
    while world.store.schedules[BOT][NEXT] == FIRST:
        world.turns(1)
        count += 1
    return count


def ran(world: ScheduleWorld, due: int = FIRST) -> int:
    """Return how often a slot's program was started."""
    return world.starts[BOT, f"due at {due}"]


def outcome_of(world: ScheduleWorld, due: int = FIRST) -> Outcome:
    """Return what the one record says that a slot is in."""
    (record,) = [one for one in world.records(BOT) if one.due <= due <= (one.last or one.due)]
    return record.outcome


def assert_whole(world: ScheduleWorld) -> None:
    """Each slot up to the next one is in one record, and nothing is left of the runs."""
    records = world.records(BOT)
    assert all(one.outcome is not Outcome.OPEN for one in records), records
    assert all((one.last or one.due) + MINUTE == other.due for one, other in pairwise(records)), records
    assert records[0].due == FIRST
    assert (records[-1].last or records[-1].due) + MINUTE == world.store.schedules[BOT][NEXT] > world.clock.wall()
    assert world.engine.containers == {}


def kill(world: ScheduleWorld, runtime: Runtime) -> None:
    world.kill(runtime)
    world.start()


def kill_and_stay_away(world: ScheduleWorld, runtime: Runtime) -> None:
    world.kill(runtime)
    world.run(200.0)
    world.start()


def kill_and_follow_elsewhere(world: ScheduleWorld, runtime: Runtime) -> None:
    world.kill(runtime)
    world.start()


def move_lock(world: ScheduleWorld, _runtime: Runtime) -> None:
    world.hand_over(world.start())


def set_back(world: ScheduleWorld, _runtime: Runtime) -> None:
    world.clock.step(-1.0)


def set_back_minutes(world: ScheduleWorld, _runtime: Runtime) -> None:
    world.clock.step(-300.0)
    world.run(300.0)


def crash_cron(world: ScheduleWorld, runtime: Runtime) -> None:
    runtime.tree.cron.tell(CRASHES["/schedules/bots/cron"])


def crash_fleet(world: ScheduleWorld, runtime: Runtime) -> None:
    runtime.tree.fleet.tell(CRASHES["/schedules/bots/fleet"])


def crash_actor(world: ScheduleWorld, runtime: Runtime) -> None:
    runtime.tree.bot(BOT).tell(object())


HAPPENINGS: tuple[Callable[[ScheduleWorld, Runtime], None], ...] = (
    kill,
    kill_and_stay_away,
    kill_and_follow_elsewhere,
    move_lock,
    set_back,
    set_back_minutes,
    crash_cron,
    crash_fleet,
    crash_actor,
)


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
def test_p09_whatever_happens_at_whichever_turn_of_a_run_it_runs_at_most_once_and_is_recorded_once(
    happening: Callable[[ScheduleWorld, Runtime], None],
) -> None:
    turns = turns_of_a_run()
    assert turns > 20
    for turn in range(turns + 1):
        world, runtime = before_due()
        world.turns(turn)
        happening(world, runtime)
        world.run(100.0)
        world.run(45.0 - world.clock.wall() % MINUTE + MINUTE)
        told = turn, ran(world), outcome_of(world)
        known = {(1, Outcome.SUCCEEDED), (0, Outcome.LOST), (0, Outcome.MISSED)}
        # Who lost the lock in the middle may have started it, and its successor cannot know how it ended.
        assert told[1:] in (known | {(1, Outcome.LOST)} if happening is move_lock else known), told
        assert_whole(world)


def test_of_two_schedulers_each_slot_is_run_by_one_though_the_lock_moves_in_the_middle_of_runs() -> None:
    world = ScheduleWorld(3)
    world.program = Program(lasts=30.0)
    world.put(BOT, "* * * * *")
    world.start()
    world.run(1.0)
    world.start()
    for number in range(12):
        world.run(45.0)
        world.hand_over(world.runtimes[1 - number % 2])
    world.run(2 * MINUTE + 40.0)
    assert set(world.starts.values()) == {1}
    assert world.outcomes()[Outcome.SUCCEEDED] >= 8
    assert_whole(world)


def test_p21_what_ran_does_not_run_again_when_the_clock_is_set_back_an_hour() -> None:
    world, _ = before_due()
    world.run(5 * MINUTE + 10.0)
    before = dict(world.starts)
    assert len(before) == 6
    world.clock.step(-3600.0)
    world.run(3500.0)
    assert world.starts == before
    world.run(100.0 + 2 * MINUTE)
    assert len(world.starts) == 8
    assert_whole(world)


def test_p23_after_a_step_of_three_hours_one_slot_runs_late_and_the_others_are_one_record() -> None:
    world, _ = before_due()
    world.run(10.0)
    world.clock.step(3 * 3600.0)
    world.run(40.0)
    ran_first, row, late = world.records(BOT)
    assert (ran_first.outcome, row.outcome, late.outcome) == (Outcome.SUCCEEDED, Outcome.MISSED, Outcome.SUCCEEDED)
    assert row.count == 179
    assert late.due == FIRST + 3 * 3600
    assert_whole(world)


@pytest.mark.timeout(600)
def test_p73_thousands_that_are_due_in_one_second_start_in_order_under_the_budget_and_all_finish() -> None:
    """Half of them are due one second later, so that there is an order."""
    world, many = ScheduleWorld(1), 10_000
    world.script.engine_takes = 0.05
    world.program = Program(lasts=1.0)
    world.settings = {"check_interval": 3600.0}
    for number in range(many):
        world.put(f"b{number:05}", f"{number % 2} 0 1 * * *")
    world.start()
    world.run(3599.0)
    most = 0
    while len(world.order) != many:
        world.run(0.1)
        most = max(most, len(world.store.records) - len(world.order))
    world.run(30.0)
    assert 24 <= most <= 32
    assert world.outcomes() == {Outcome.SUCCEEDED: many}
    assert set(world.starts.values()) == {1}
    later = [number for number, (bot, _) in enumerate(world.order) if int(bot[1:]) % 2]
    # Those that are on their way together may overtake each other.
    assert later[0] >= many // 2 - 32
    assert world.engine.containers == {}


# what lives of schedules found


def looks(world: ScheduleWorld, seconds: float) -> int:
    """Count the looks at single containers."""
    made, fault = 0, world.engine.fault

    def counting(operation: str, target: str) -> object:
        nonlocal made
        made += operation == "look"
        return fault(operation, target)

    world.engine.fault = counting  # type: ignore[assignment]
    world.run(seconds)
    world.engine.fault = fault
    return made


def test_p28_beside_a_run_of_the_go_runtime_nothing_is_looked_at_all_the_time() -> None:
    """The gate closed and opened: the own container is unknown then, and the other one was looked at over and over."""
    world = ScheduleWorld(1)
    world.put(BOT, "* * * * *")
    world.go_runs(BOT, spec_of(BOT, kind=Kind.SCHEDULED))
    world.start()
    world.run(2 * MINUTE)
    world.script.store_share = 1.0
    world.run(30.0)
    world.script.store_share = 0.0
    assert looks(world, 10 * MINUTE) < 40
    assert world.order == []


def test_the_end_of_a_run_of_the_go_runtime_is_noticed_though_no_listing_tells_of_it() -> None:
    world = ScheduleWorld(1)
    world.program = Program(lasts=0.5)
    world.put(BOT, "* * * * *")
    other = world.go_runs(BOT, spec_of(BOT, kind=Kind.SCHEDULED))
    world.start()
    world.run(30.0)
    world.engine.events_lost = world.script.lie_once = True
    world.run(60.0)
    world.engine.remove(other)
    world.run(3 * MINUTE)
    assert world.outcomes()[Outcome.SUCCEEDED] >= 2


def test_p09_a_claim_of_a_schedule_that_was_deleted_while_nobody_was_there_is_settled() -> None:
    world, runtime = before_due()
    while not world.store.records:
        world.turns(1)
    world.kill(runtime)
    world.delete(BOT)
    world.start()
    world.run(30.0)
    assert outcome_of(world) in {Outcome.LOST, Outcome.STOPPED}
    assert world.engine.containers == {}


def test_p28_a_fleet_that_restarts_while_nobody_may_act_opens_the_gate_of_actors_that_outlived_it() -> None:
    world, runtime = before_due()
    world.script.store_share = 1.0
    world.run(30.0)
    while not world.failures():
        # It fails on a listing only where it listens to them.
        world.script.store_share = 0.0
        world.run(0.01)
        crash_fleet(world, runtime)
        world.run(0.001)  # a message for each turn would leave no time for a call to end
    world.run(2 * MINUTE)
    assert world.outcomes()[Outcome.SUCCEEDED] >= 1


def test_p42_actors_that_outlived_their_fleet_do_not_act_beside_another_runtime() -> None:
    world, runtime = before_due()
    world.start()
    world.run(30.0)
    world.script.engine_takes = 200.0
    crash_fleet(world, runtime)
    world.run(0.1)
    # The new Fleet's listing is under way: it has not opened the gate when another becomes active.
    world.script.engine_takes = None
    world.hand_over(world.runtimes[1])
    world.run(20.0)
    assert [report.child for report in world.failures()] == ["/schedules/bots/fleet"]
    assert [actor.state.gate for actor in runtime.tree.bot_actors()] == [False]
    world.run(5 * MINUTE)
    assert_whole(world)


def test_p54_a_claim_whose_answer_is_lost_does_not_stay_open_when_its_code_can_never_run() -> None:
    world = ScheduleWorld(1)
    world.write(BOT, {"schedule": "* * * * *"}, "hostile")
    world.start()
    world.run(30.0)
    lost = iter([True])
    world.store.lost_answers = lambda operation: operation == "claim" and next(lost, False)
    world.run(60.0)
    (record,) = world.records(BOT)
    assert record.outcome is Outcome.FAILED
    assert "hostile archive" in record.reason


def test_no_container_is_left_running_when_a_schedule_is_switched_off_in_the_middle_of_a_run() -> None:
    world, _ = before_due()
    world.program = Program(lasts=None)
    world.run(5.0)
    assert [one.status for one in world.engine.of(BOT)] == [Status.RUNNING]
    world.put(BOT, "* * * * *", enabled=False)
    world.run(30.0)
    assert outcome_of(world) is Outcome.STOPPED
    assert world.engine.containers == {}
