"""One schedule's life, step by step: a run, its deadline, missed slots, and edits."""

import pytest
from tests.actors.schedule.driver import HOUR, MINUTE, START, Driver, World, due, running, scheduled
from tests.parts.documents import BOT, created, deleted, updated

from the0_actors.actors.bot.messages import ContainerHint
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.domain.schedules import NEXT
from the0_actors.actors.ports.status import Phase


def test_a_run_is_claimed_started_read_recorded_and_removed(world: World) -> None:
    driver = scheduled(world)
    assert (driver.phase, driver.armed) == (Phase.IDLE, due(1))
    driver.run_until(due(1))
    assert driver.phase is Phase.RUNNING
    assert world.outcomes() == [Outcome.OPEN]
    world.clock.advance_to(world.clock.monotonic() + 5)
    driver.end_run()
    (record,) = world.records()
    assert record.outcome is Outcome.SUCCEEDED
    assert (record.started_at, record.finished_at, record.exit_code) == (due(1), due(1) + 5, 0)
    assert record.log_tail.startswith("output of")
    assert record.result == "stored"
    assert world.kept == [b"{}"]
    assert world.containers() == []
    assert world.store_world.schedules[BOT][NEXT] == due(2)
    assert (driver.phase, driver.armed) == (Phase.IDLE, due(2))


def test_p36_all_is_read_and_recorded_before_the_container_is_removed(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    world.engine_world.die(running(world), 3)
    driver.tell(ContainerHint())
    while world.outcomes() == [Outcome.OPEN]:
        assert len(world.containers()) == 1
        driver.happen()
    (record,) = world.records()
    assert (record.outcome, record.exit_code, record.reason) == (Outcome.FAILED, 3, "exit code 3")
    assert len(world.containers()) == 1
    driver.settle()
    assert world.containers() == []


def test_a_waiting_schedule_keeps_no_spec(world: World) -> None:
    driver = scheduled(world)
    assert getattr(driver.state.want, "spec", "none") is None
    assert driver.state.prepared is None


def test_p24_a_run_past_its_deadline_is_stopped_recorded_and_the_next_slot_runs(world: World) -> None:
    driver = scheduled(world, timeout=90)
    driver.run_until(due(1))
    running(world).heeds_term = False
    driver.run_until(due(1) + 90)
    assert driver.in_phase(Phase.STOPPING)
    driver.run_until(due(1) + 90 + 30)
    driver.tell(ContainerHint())
    driver.settle()
    late, skipped = world.records()
    assert (late.outcome, late.reason) == (
        Outcome.TIMED_OUT,
        "still running after 1m30s; killed after 30 s: it did not end on TERM",
    )
    assert (skipped.outcome, skipped.due, skipped.last, skipped.count) == (Outcome.SKIPPED, due(2), due(3), 2)
    driver.run_until(due(4))
    assert driver.phase is Phase.RUNNING
    assert world.alive_at_once == 1


def test_p23_a_turn_that_comes_when_more_is_due_is_not_given_back(world: World) -> None:
    """Else a schedule whose turn always comes later than its next slot would never run."""
    driver = scheduled(world)
    world.clock.advance_to(world.clock.monotonic() + 3 * MINUTE)
    driver.fire()
    while driver.pending:
        driver.happen()
    rows = [(record.outcome, record.due, record.count) for record in world.records()]
    assert rows == [(Outcome.MISSED, due(1), 2), (Outcome.OPEN, due(3), 1)]
    assert running(world)


def test_p24_the_deadline_counts_from_the_start_also_after_a_restart_of_ours(world: World) -> None:
    scheduled(world, timeout=300).run_until(due(1))
    world.clock.advance_to(world.clock.monotonic() + 299)
    driver = Driver(world)
    driver.settle()
    assert driver.phase is Phase.RUNNING
    driver.run_until(due(1) + 300)
    assert driver.phase in {Phase.STOPPING, Phase.IDLE}
    driver.tell(ContainerHint())
    driver.settle()
    assert world.records()[0].outcome is Outcome.TIMED_OUT


def test_overlap_is_forbidden_and_what_came_due_meanwhile_is_one_record(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(10) + 30)
    driver.end_run()
    assert [(r.outcome, r.due, r.last, r.count) for r in world.records()] == [
        (Outcome.SUCCEEDED, due(1), None, 1),
        (Outcome.SKIPPED, due(2), due(10), 9),
    ]
    assert driver.armed == due(11)


@pytest.mark.parametrize("missed", [1, 100, 10_000])
def test_p23_of_many_missed_slots_one_runs_late_and_the_others_are_one_record(world: World, missed: int) -> None:
    world.store.apply(created(schedule="* * * * *"), None)
    world.clock.advance_to(missed * MINUTE + 5)
    driver = Driver(world)
    driver.settle()
    assert driver.phase is Phase.RUNNING
    driver.end_run()
    rows = [(r.outcome, r.due, r.last, r.count) for r in world.records()]
    late = (Outcome.SUCCEEDED, due(missed), None, 1)
    assert rows == ([(Outcome.MISSED, due(1), due(missed - 1), missed - 1), late] if missed > 1 else [late])


@pytest.mark.parametrize("missed", [1, 100, 10_000])
def test_p23_outside_the_window_all_are_recorded_and_none_runs(world: World, missed: int) -> None:
    world.store.apply(created(schedule="0 * * * *"), None)
    world.clock.advance_to(missed * HOUR + 1800)
    driver = Driver(world)
    driver.settle()
    (row,) = world.records()
    assert (row.outcome, row.count, row.last) == (Outcome.MISSED, missed, int(START) + missed * HOUR)
    assert world.containers() == []
    assert driver.armed == int(START) + (missed + 1) * HOUR


def test_p19_a_malformed_schedule_parks_and_never_runs(world: World) -> None:
    driver = scheduled(world, "0 0 * * 7")
    driver.run_until(START + 30 * HOUR)
    assert driver.in_phase(Phase.PARKED)
    assert "write 0 or SUN" in driver.state.transitions[-1].reason
    assert (driver.armed, world.records()) == (None, [])
    world.store.apply(updated(schedule="* * * * *"), None)
    driver.hint()
    driver.settle()
    assert driver.phase is Phase.IDLE


def test_p19_a_stored_time_that_is_none_is_put_right_without_a_run(world: World) -> None:
    world.store.apply(created(schedule="* * * * *"), None)
    world.store_world.schedules[BOT][NEXT] = -62135596800
    driver = Driver(world)
    driver.settle()
    assert world.store_world.schedules[BOT][NEXT] == due(1)
    assert (driver.armed, world.records()) == (due(1), [])


# edits


def test_an_edit_while_it_runs_leaves_the_run_and_moves_the_next(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    world.store.apply(updated(schedule="30 * * * *"), None)
    driver.hint()
    driver.settle()
    assert driver.phase is Phase.RUNNING
    driver.end_run()
    assert world.outcomes() == [Outcome.SUCCEEDED]
    assert driver.armed == due(30)


def test_an_edit_while_it_is_due_counts(world: World) -> None:
    driver = scheduled(world)
    world.clock.advance_to(61)
    driver.fire()
    world.store.apply(updated(schedule="30 * * * *"), None)
    driver.settle()
    assert world.containers() == []
    assert (driver.armed, world.records()) == (due(30), [])


@pytest.mark.parametrize("way", ["disabled", "deleted", "stopped by hand"])
def test_switched_off_while_it_runs_it_is_stopped_and_recorded(world: World, way: str) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    switch_off(world, way)
    driver.hint()
    driver.settle()
    driver.tell(ContainerHint())
    driver.settle()
    (record,) = world.records()
    assert (record.outcome, record.reason.split(";")[0]) == (Outcome.STOPPED, way)
    assert world.containers() == []
    assert driver.retired is (way == "deleted")


@pytest.mark.parametrize("way", ["disabled", "deleted", "stopped by hand"])
def test_switched_off_while_it_is_due_it_does_not_run(world: World, way: str) -> None:
    driver = scheduled(world)
    world.clock.advance_to(61)
    driver.fire()
    switch_off(world, way)
    driver.settle()
    assert (world.records(), world.containers()) == ([], [])
    assert driver.armed is None
    assert driver.retired is (way == "deleted")


def switch_off(world: World, way: str) -> None:
    match way:
        case "disabled":
            world.store.apply(updated(schedule="* * * * *", enabled=False), None)
        case "deleted":
            world.store.apply(deleted(), None)
        case _:
            world.store.hold(BOT, way)


def test_switched_on_again_by_whatever_hand_it_does_not_make_up_for_the_time_it_was_off(world: World) -> None:
    driver = scheduled(world)
    world.store_world.schedules[BOT]["enabled"] = False
    driver.hint()
    driver.run_until(due(5) + 30)
    del world.store_world.schedules[BOT]["enabled"]
    driver.hint()
    driver.settle()
    assert (world.records(), driver.armed) == ([], due(6))
