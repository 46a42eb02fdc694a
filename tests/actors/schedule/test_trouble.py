"""What goes wrong in one schedule's life, step by step: lost answers, refusals, what others leave or remove."""

from dataclasses import replace

import pytest
from tests.actors.schedule.driver import HOUR, MINUTE, START, Driver, World, due, running, scheduled
from tests.parts.documents import BOT, created

from the0_actors.actors.bot.messages import ContainerHint, PredecessorFound
from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.errors import Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.status import Phase
from the0_actors.adapters.testing.engine_world import FakeContainer, Fault


def test_a_claim_whose_answer_is_lost_is_still_ours(world: World) -> None:
    lost = iter([True])
    world.store_world.lost_answers = lambda operation: operation == "claim" and next(lost, False)
    driver = scheduled(world)
    driver.run_until(due(1) + 2)
    driver.end_run()
    assert world.outcomes() == [Outcome.SUCCEEDED]


def test_p09_a_claim_of_a_predecessor_without_a_container_is_lost_and_does_not_run_again(world: World) -> None:
    world.store.apply(created(schedule="* * * * *"), None)
    world.clock.advance_to(61)
    world.store.claim(BOT, due(1), "me", world.clock.wall())
    driver = Driver(world)
    driver.settle()
    assert (world.outcomes(), world.containers()) == ([Outcome.LOST], [])
    assert driver.armed == due(2)


def test_p23_cut_off_after_a_record_and_late_by_many_slots_each_is_recorded(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    world.engine_world.die(running(world), 0)
    driver.tell(ContainerHint())
    while world.outcomes() != [Outcome.SUCCEEDED]:
        driver.happen()
    world.clock.advance_to(world.clock.monotonic() + 4 * MINUTE)
    Driver(world).settle()
    rows = [(record.outcome, record.due, record.count) for record in world.records()]
    assert rows == [(Outcome.SUCCEEDED, due(1), 1), (Outcome.MISSED, due(2), 3), (Outcome.OPEN, due(5), 1)]


def test_a_run_is_adopted_with_its_end(world: World) -> None:
    scheduled(world).run_until(due(1))
    world.engine_world.die(running(world), 4)
    driver = Driver(world)
    driver.settle()
    (record,) = world.records()
    assert (record.outcome, record.exit_code) == (Outcome.FAILED, 4)
    assert world.executions.total() == 1


@pytest.mark.parametrize("known", [True, False])
def test_what_a_predecessor_left_behind_is_removed(world: World, *, known: bool) -> None:
    scheduled(world).run_until(due(1))
    world.engine_world.die(running(world), 0)
    world.store.settle(RunRecord(BOT, due(1), Outcome.SUCCEEDED))
    driver = Driver(world, known=known)
    driver.settle()
    assert world.containers() == []
    assert world.outcomes() == [Outcome.SUCCEEDED]
    assert driver.armed == due(2)


def test_code_that_can_never_run_is_a_failed_run_each_time_and_not_a_hot_loop(world: World) -> None:
    def hostile(_spec: object) -> str:
        raise Unlaunchable("no entry point")

    world.prepare = hostile
    driver = scheduled(world)
    driver.run_until(due(2) + 30)
    assert [(r.outcome, r.reason) for r in world.records()] == [(Outcome.FAILED, "did not start: no entry point")] * 2


def test_code_that_comes_late_runs_late_and_what_never_comes_is_missed(world: World) -> None:
    def absent(_spec: object) -> str:
        raise Refused("no object")

    world.prepare = absent
    driver = scheduled(world, "0 * * * *")
    driver.run_until(START + HOUR + 300)
    assert driver.phase in {Phase.BACKOFF, Phase.PREPARING}
    world.prepare = lambda _spec: "hash"
    driver.run_until(START + HOUR + 400)
    driver.end_run()
    world.prepare = absent
    driver.run_until(START + 2 * HOUR + 700)
    assert [(r.outcome, r.reason) for r in world.records()] == [
        (Outcome.SUCCEEDED, "exit code 0"),
        (Outcome.MISSED, "not within 10m0s: no object"),
    ]


@pytest.mark.parametrize("operation", ["create", "start"])
def test_what_the_engine_refuses_is_a_failed_run(world: World, operation: str) -> None:
    world.engine_world.fault = lambda what, _: Fault.REFUSE if what == operation else Fault.NONE
    driver = scheduled(world)
    driver.run_until(due(1) + 30)
    (record,) = world.records()
    assert record.outcome is Outcome.FAILED
    assert "refused by script" in record.reason
    assert (world.containers(), driver.armed) == ([], due(2))


@pytest.mark.parametrize("fault", [Fault.LOSE, Fault.LOSE_AFTER])
@pytest.mark.parametrize("operation", ["create", "start", "look", "logs", "remove"])
def test_p09_a_lost_answer_never_runs_a_slot_twice(world: World, operation: str, fault: Fault) -> None:
    left = iter([fault])
    driver = scheduled(world, "0 * * * *")
    world.engine_world.fault = lambda what, _: next(left, Fault.NONE) if what == operation else Fault.NONE
    driver.run_until(START + HOUR + 60)
    for container in world.containers():
        world.engine_world.die(container, 0)
        driver.tell(ContainerHint())
    driver.run_until(START + HOUR + 300)
    assert world.executions.total() <= 1
    (record,) = world.records()
    assert record.outcome in {Outcome.SUCCEEDED, Outcome.FAILED}
    assert world.containers() == []


def test_p36_a_result_that_cannot_be_stored_holds_nothing_up_for_ever(world: World) -> None:
    def down(_data: bytes) -> None:
        raise Unavailable("objects", "down")

    world.keep = down
    driver = scheduled(world, "0 * * * *")
    driver.run_until(START + HOUR)
    driver.end_run()
    driver.run_until(START + HOUR + 300)
    (record,) = world.records()
    assert (record.outcome, record.result) == (Outcome.SUCCEEDED, "not stored: objects is unavailable: down")


def test_a_container_that_somebody_removes_is_a_lost_run(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    world.engine_world.remove(running(world))
    driver.tell(ContainerHint())
    driver.settle()
    assert world.outcomes() == [Outcome.LOST]


def test_a_paused_run_goes_on(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    world.engine_world.pause(running_or_paused := running(world))
    driver.tell(ContainerHint())
    driver.settle()
    assert running_or_paused.status is Status.RUNNING


def test_nothing_is_started_beside_the_go_runtimes_run(world: World) -> None:
    driver = scheduled(world)
    other = FakeContainer("go1", "theirs", BOT, None, Status.RUNNING, None, "", "", Birth())
    world.engine_world.add(other)
    seen = Observed("go1", "theirs", BOT, Kind.SCHEDULED, None, Status.RUNNING)
    driver.tell(PredecessorFound(seen))
    driver.run_until(due(1) + 30)
    assert world.records() == []
    world.engine_world.die(other, 0)
    driver.tell(ContainerHint())
    driver.settle()
    assert world.outcomes() == [Outcome.OPEN]


def test_raised_behind_an_exit_code_of_zero_is_told(world: World) -> None:
    from the0_actors.actors.domain.observed import Exit
    from the0_actors.actors.schedule.ending import record_of
    from the0_actors.actors.schedule.messages import Harvested
    from the0_actors.actors.schedule.state import Run

    ended = Observed("c", "n", BOT, Kind.SCHEDULED, "i", Status.EXITED, exit=Exit(0, oom=False, finished_at=2.0))
    run = Run(1, ended=ended, harvest=Harvested("…", None, raised="ValueError: no"), kept="")
    record = record_of(BOT, run)
    assert (record.outcome, record.exit_code, record.reason) == (Outcome.FAILED, 0, "ValueError: no; exit code 0")
    assert record_of(BOT, replace(run, harvest=Harvested("…", None))).outcome is Outcome.SUCCEEDED
