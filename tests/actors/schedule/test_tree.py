"""The part of the tree that runs schedules, in virtual time: many due at once, kills of ourselves, two schedulers."""

from itertools import pairwise

import pytest
from tests.simulation.schedule_life import CRASHES
from tests.simulation.schedule_world import Program, ScheduleWorld

from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.messages import DrainFleet
from the0_actors.actors.ports.status import Phase

MINUTE = 60


def test_schedules_run_when_they_are_due() -> None:
    world = ScheduleWorld(1)
    for number in range(20):
        world.put(f"b{number}", "* * * * *")
    runtime = world.start()
    world.run(10 * MINUTE + 30)
    assert world.outcomes() == {Outcome.SUCCEEDED: 200}
    assert set(world.starts.values()) == {1}
    assert world.engine.containers == {}
    assert {actor.state.transitions[-1].phase for actor in runtime.tree.bot_actors()} == {Phase.IDLE}


def test_p73_many_in_one_second_start_in_order_of_due_time_under_the_budget() -> None:
    world = ScheduleWorld(1)
    world.script.engine_takes = 0.05
    world.program = Program(lasts=600.0)
    world.settings = {"start_budget": 16, "check_interval": 3600.0}
    world.run(1.0)
    for number in range(600):
        world.put(f"b{number:05}", f"{number % 3} 0 1 * * *")
    on_its_way = most = 0
    world.start()
    while len(world.order) != 600:
        world.run(0.05)
        on_its_way = sum(one.status is Status.CREATED for one in world.engine.containers.values())
        most = max(most, on_its_way)
        assert world.clock.wall() < 1_767_225_600 + 2 * 3600
    assert most <= 16
    slots = [int(bot_id[1:]) % 3 for bot_id, _ in world.order]
    # Those that are on their way together may overtake each other.
    assert all(slots.index(one) >= 200 * one - 16 for one in (1, 2))


@pytest.mark.parametrize("seed", range(6))
def test_p09_killed_again_and_again_no_slot_runs_twice_and_each_is_recorded_once(seed: int) -> None:
    world = ScheduleWorld(seed)
    for number in range(10):
        world.put(f"b{number}", ("* * * * *", "*/2 * * * *", "@every 45s")[number % 3])
    for _ in range(12):
        runtime = world.start()
        world.run(world.rng.uniform(1, 100))
        world.kill(runtime)
        world.run(world.rng.choice([0.0, 1.0, 90.0]))
    runtime = world.start()
    world.run(5 * MINUTE)
    assert set(world.starts.values()) == {1}
    by_bot: dict[str, list[tuple[int, int]]] = {}
    for record in world.store.records.values():
        by_bot.setdefault(record.bot_id, []).append((record.due, record.last or record.due))
    for spans in by_bot.values():
        spans.sort()
        assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert world.outcomes()[Outcome.OPEN] <= 10


def test_of_two_schedulers_one_acts_and_the_other_follows() -> None:
    world = ScheduleWorld(1)
    for number in range(10):
        world.put(f"b{number}", "* * * * *")
    first = world.start()
    world.run(1.0)
    second = world.start()
    world.run(3 * MINUTE)
    assert (len(first.tree.bot_actors()), len(second.tree.bot_actors())) == (10, 0)
    world.kill(first)
    world.run(5 * MINUTE)
    assert len(second.tree.bot_actors()) == 10
    assert set(world.starts.values()) == {1}
    assert world.outcomes() == {Outcome.SUCCEEDED: 70, Outcome.OPEN: 10}


def test_whoever_keeps_the_due_times_may_crash() -> None:
    world = ScheduleWorld(1)
    world.put("b", "* * * * *")
    runtime = world.start()
    world.run(90)
    runtime.tree.cron.tell(CRASHES["/schedules/bots/cron"])
    world.run(5 * MINUTE)
    assert [report.child for report in world.failures()] == ["/schedules/bots/cron"]
    assert world.outcomes() == {Outcome.SUCCEEDED: 6}


def test_a_graceful_stop_waits_for_the_runs() -> None:
    world = ScheduleWorld(1)
    world.program = Program(lasts=20.0)
    world.put("b", "* * * * *")
    runtime = world.start()
    world.run(65)
    runtime.tree.fleet.tell(DrainFleet())
    world.run(10)
    assert not runtime.drained
    world.run(300)
    assert runtime.drained
    assert world.outcomes() == {Outcome.SUCCEEDED: 1}


def test_before_an_end_that_leaves_runs_alone_what_is_claimed_is_started_and_no_more_begins() -> None:
    world = ScheduleWorld(1)
    for number in range(20):
        world.put(f"b{number}", "* * * * *")
    runtime = world.start()
    world.run(5)
    while not world.outcomes():
        world.run(0.001)
    runtime.tree.begin_no_more()
    claimed = world.outcomes()
    assert runtime.tree.is_beginning()
    while runtime.tree.is_beginning():
        world.run(0.01)
    world.kill(runtime)
    world.start()
    world.run(30)
    assert claimed.total() < 20
    assert world.outcomes() == {Outcome.SUCCEEDED: 20}


def test_a_deleted_schedule_leaves_nothing() -> None:
    world = ScheduleWorld(1)
    world.put("b", "* * * * *")
    runtime = world.start()
    world.run(65)
    world.delete("b")
    world.run(60)
    assert runtime.tree.bot_actors() == []
    assert world.engine.containers == {}
