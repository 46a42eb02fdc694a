"""The gate, and the end of a runtime: what one schedule does when it must not act, or not for long."""

import pytest
from tests.actors.schedule.driver import MINUTE, World, due, running, scheduled
from tests.parts.documents import BOT, updated

from the0_actors.actors.bot.messages import Commanded, ContainerHint, DocumentHint, Seen, TooLarge
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.domain.schedules import NEXT
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.actors.schedule.effects import Claim
from the0_actors.actors.schedule.messages import DrainRuns, Rearm


def test_behind_a_closed_gate_nothing_is_done_and_after_it_all_is_asked_again(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    driver.close_gate()
    driver.run_until(due(3))
    assert driver.armed is None
    world.engine_world.die(running(world), 0)
    (observed,) = world.engine.list()
    driver.tell(Seen((observed,), known=True, predecessors=()))
    driver.settle()
    assert world.outcomes() == [Outcome.SUCCEEDED, Outcome.SKIPPED] or world.outcomes()[0] is Outcome.SUCCEEDED
    assert world.executions.total() <= 2


def test_a_graceful_stop_waits_for_the_run_and_begins_none(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    driver.tell(DrainRuns(world.clock.monotonic() + 300))
    driver.run_until(due(3))
    assert driver.phase is Phase.RUNNING
    driver.end_run()
    assert (driver.phase, driver.armed) == (Phase.IDLE, None)
    assert world.outcomes() == [Outcome.SUCCEEDED]


@pytest.mark.parametrize("calls", range(3))
def test_a_graceful_stop_lets_a_slot_that_is_claimed_run(world: World, calls: int) -> None:
    """It would never run otherwise."""
    driver = scheduled(world)
    world.clock.advance_to(world.clock.monotonic() + MINUTE)
    driver.fire()
    while not any(isinstance(effect, Claim) for effect in driver.pending):
        driver.happen()
    for _ in range(calls):
        driver.happen()
    driver.tell(DrainRuns(world.clock.monotonic() + 300))
    assert driver.in_phase(Phase.STARTING)
    driver.settle()
    driver.end_run()
    assert world.outcomes() == [Outcome.SUCCEEDED]
    assert driver.phase is Phase.IDLE


def test_switched_off_and_on_while_its_container_is_made_it_does_not_run(world: World) -> None:
    driver = scheduled(world)
    world.clock.advance_to(world.clock.monotonic() + MINUTE)
    driver.fire()
    while not world.records():
        driver.happen()
    create = driver.pending.pop()
    for enabled in (False, True):
        world.store.apply(updated(schedule="* * * * *", enabled=enabled), None)
        driver.tell(DocumentHint())
        driver.happen()
    driver.pending.append(create)
    driver.settle()
    assert (world.outcomes(), world.executions.total()) == ([Outcome.STOPPED], 0)
    assert world.containers() == []


def test_a_graceful_stop_leaves_the_next_due_time_and_not_that_of_a_run_that_is_recorded(world: World) -> None:
    """The platform's own scheduler goes by that time alone."""
    driver = scheduled(world)
    driver.run_until(due(1))
    driver.tell(DrainRuns(world.clock.monotonic() + 300))
    world.clock.advance_to(world.clock.monotonic() + 20)
    world.engine_world.die(running(world), 0)
    driver.tell(ContainerHint())
    while driver.pending:
        assert driver.phase is not Phase.IDLE
        driver.happen()
    assert (driver.phase, driver.armed) == (Phase.IDLE, None)
    assert world.store_world.schedules[BOT][NEXT] == due(2)


def test_a_graceful_stop_ends_a_run_when_its_budget_is_over(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    driver.tell(DrainRuns(world.clock.monotonic() + 30))
    driver.run_until(due(1) + 31)
    driver.tell(ContainerHint())
    driver.settle()
    assert world.outcomes() == [Outcome.STOPPED]
    assert world.records()[0].reason.startswith("the runtime stops")


def test_who_forgot_the_due_times_is_told_again(world: World) -> None:
    driver = scheduled(world)
    driver.armed = None
    driver.tell(Rearm())
    assert driver.armed == due(1)


def test_a_clock_that_steps_back_runs_no_slot_twice(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(3) + 30)
    driver.end_run()
    before = world.executions.total()
    world.clock.step(-150)
    driver.run_until(due(3) + 30)
    assert world.executions.total() == before
    assert all(count == 1 for count in world.executions.values())


def test_a_schedule_that_keeps_far_too_much_is_stopped_and_starts_no_more(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    assert driver.phase is Phase.RUNNING
    driver.tell(TooLarge("its state takes 3Gi of 1Gi"))
    driver.settle()
    driver.run_until(due(3))
    stopped, failed = world.records()[0], world.records()[-1]
    assert (stopped.outcome, stopped.reason.split(";")[0]) == (Outcome.STOPPED, "its state takes 3Gi of 1Gi")
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, "did not start: its state takes 3Gi of 1Gi")
    assert (driver.phase, world.executions.total()) == (Phase.PARKED, 1)
    driver.tell(Commanded(Command.RESTART))
    driver.run_until(due(5))
    assert world.executions.total() == 2
