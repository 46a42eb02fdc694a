"""Lanes: order by key, deadlines, threads kept for what is urgent, and the end."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.kernel.errors import HandlerExit, LaneClosed
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.kernel.thread_lane import ThreadLane
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.actors.kernel.timers import Timers

PATIENCE = 20.0


class Inbox(Actor):
    """Keeps the outcomes and lets a test wait for them."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Completed] = []
        self.changed = threading.Condition()

    def on_receive(self, message: Any) -> None:
        assert isinstance(message, Completed)
        with self.changed:
            self.outcomes.append(message)
            self.changed.notify_all()

    def wait(self, number: int) -> list[Completed]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.outcomes) >= number, PATIENCE), self.outcomes
            return list(self.outcomes)


def inbox(system: ActorSystem, path: str = "/inbox") -> tuple[Handle, Inbox]:
    actor, handle = Inbox(), system.handle(path)
    system.spawn(handle, lambda: actor)
    return handle, actor


class Threads:
    """A thread lane whose deadlines the test decides: its timers stand on a virtual clock."""

    def __init__(self, system: ThreadedSystem) -> None:
        self.system = system
        self.clock = VirtualClock()
        self.timers = Timers(self.clock)
        self.handle, self.inbox = inbox(system)
        self.gates: list[threading.Event] = []

    def lane(self, threads: int, reserved: int = 0) -> ThreadLane:
        return ThreadLane("test", self.clock, self.timers, threads=threads, reserved=reserved)

    def expire(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.monotonic() + seconds)
        self.timers.fire_due()

    def hang(self) -> tuple[Callable[[], bool], threading.Event, threading.Event]:
        """Return a call that hangs, an event that says it began, and one that lets it go."""
        began, gate = threading.Event(), threading.Event()
        self.gates.append(gate)

        def call() -> bool:
            began.set()
            return gate.wait(PATIENCE)

        return call, began, gate


@pytest.fixture
def threads() -> Iterator[Threads]:
    with ThreadedSystem(workers=2) as system:
        world = Threads(system)
        yield world
        for gate in world.gates:
            gate.set()


def test_value_error_and_exit_come_back_as_messages(threads: Threads) -> None:
    lane = threads.lane(1)
    lane.submit("a", lambda: 42, threads.handle, "value", 10)
    lane.submit("a", lambda: 1 / 0, threads.handle, "error", 10)
    lane.submit("a", partial(_raise, SystemExit(3)), threads.handle, "exit", 10)
    value, error, exit_ = threads.inbox.wait(3)
    assert (value.token, value.value, value.error, value.late) == ("value", 42, None, False)
    assert (error.token, type(error.error)) == ("error", ZeroDivisionError)
    assert (exit_.token, type(exit_.error)) == ("exit", HandlerExit)
    assert lane.close(PATIENCE)


def _raise(error: BaseException) -> None:
    raise error


def test_jobs_of_one_key_run_one_after_the_other_and_are_told_in_order(threads: Threads) -> None:
    lane = threads.lane(4)
    inside: list[int] = []
    overlaps: list[int] = []

    def call(number: int) -> int:
        inside.append(number)
        overlaps.extend(inside[1:])
        inside.remove(number)
        return number

    for number in range(100):
        lane.submit("one", partial(call, number), threads.handle, number, 10)
    outcomes = threads.inbox.wait(100)
    assert [outcome.token for outcome in outcomes] == list(range(100))
    assert overlaps == []
    assert lane.close(PATIENCE)


def test_different_keys_run_beside_each_other(threads: Threads) -> None:
    lane = threads.lane(2)
    meeting = threading.Barrier(2)
    for key in "ab":
        lane.submit(key, partial(meeting.wait, PATIENCE), threads.handle, key, 10)
    assert {outcome.token for outcome in threads.inbox.wait(2)} == {"a", "b"}
    assert all(outcome.error is None for outcome in threads.inbox.outcomes)
    assert lane.close(PATIENCE)


def test_the_order_of_a_key_outlives_the_actor_that_submitted(threads: Threads) -> None:
    lane = threads.lane(2)
    call, began, gate = threads.hang()
    lane.submit("bot", call, threads.handle, "predecessor", 10)
    assert began.wait(PATIENCE)
    threads.handle.tell(Shutdown("test"))
    successor, box = inbox(threads.system, "/successor")
    looked: list[bool] = []
    lane.submit("bot", lambda: looked.append(gate.is_set()), successor, "look", 10)
    lane.submit("other", lambda: None, successor, "other", 10)
    assert [outcome.token for outcome in box.wait(1)] == ["other"], "the key waits, the lane does not"
    gate.set()
    box.wait(2)
    assert looked == [True]
    assert lane.close(PATIENCE)


def test_what_nobody_takes_is_disposed_of(threads: Threads) -> None:
    lane = threads.lane(1)
    disposed: list[object] = []
    call, began, gate = threads.hang()
    lane.submit("a", lambda: "taken", threads.handle, "first", 10, disposer=disposed.append)
    threads.inbox.wait(1)
    lane.submit("a", call, threads.handle, "second", 10, disposer=disposed.append)
    lane.submit("a", lambda: 1 / 0, threads.handle, "third", 10, disposer=disposed.append)
    assert began.wait(PATIENCE)
    threads.handle.tell(Shutdown("test"))
    assert threads.inbox.actor_stopped.wait(PATIENCE)
    gate.set()
    assert lane.close(PATIENCE)
    assert disposed == [True]


def test_what_waits_in_the_mailbox_of_who_ends_is_disposed_of() -> None:
    stepper = Stepper(1)
    handle, box = inbox(stepper.system())
    disposed: list[object] = []
    for value in ("one", None, "two"):
        handle.tell(Completed("open", value, None, 0.0, disposer=disposed.append))
    handle.tell(Shutdown("test"))
    stepper.run(1)
    assert not box.outcomes
    assert disposed == ["one", "two"]


def test_past_its_deadline_a_call_is_overdue_and_its_result_comes_late(threads: Threads) -> None:
    lane = threads.lane(1)
    call, began, gate = threads.hang()
    lane.submit("a", call, threads.handle, "slow", 5)
    assert began.wait(PATIENCE)
    threads.expire(5)
    (overdue,) = threads.inbox.wait(1)
    assert (overdue.overdue, overdue.late, overdue.began) == (True, False, 0.0)
    assert lane.snapshot().overdue == 1
    gate.set()
    late = threads.inbox.wait(2)[1]
    assert (late.token, late.value, late.overdue, late.late) == ("slow", True, False, True)
    assert (lane.snapshot().overdue, lane.snapshot().late) == (0, 1)
    assert lane.close(PATIENCE)


def test_a_job_overdue_before_it_began_says_so_and_is_still_made(threads: Threads) -> None:
    lane = threads.lane(1)
    call, began, gate = threads.hang()
    lane.submit("a", call, threads.handle, "hangs", 100)
    assert began.wait(PATIENCE)
    lane.submit("b", lambda: "made", threads.handle, "waits", 5)
    threads.expire(5)
    (overdue,) = threads.inbox.wait(1)
    assert (overdue.token, overdue.began) == ("waits", float("-inf"))
    gate.set()
    late = threads.inbox.wait(3)[2]
    assert (late.token, late.value, late.late, late.began) == ("waits", "made", True, 5.0)
    assert lane.close(PATIENCE)


def test_an_outcome_in_time_cancels_its_deadline(threads: Threads) -> None:
    lane = threads.lane(1)
    lane.submit("a", lambda: None, threads.handle, "quick", 5)
    threads.inbox.wait(1)
    assert lane.close(PATIENCE)
    assert len(threads.timers) == 0
    threads.expire(10)
    assert len(threads.inbox.outcomes) == 1


def test_a_kill_gets_through_while_all_threads_hang(threads: Threads) -> None:
    lane = threads.lane(2, reserved=1)
    hanging = [threads.hang() for _ in range(3)]
    for number, (call, _, _) in enumerate(hanging):
        lane.submit(number, call, threads.handle, number, 100)
    assert all(began.wait(PATIENCE) for _, began, _ in hanging[:2])
    lane.submit("victim", lambda: "killed", threads.handle, "kill", 100, urgent=True)
    assert [outcome.value for outcome in threads.inbox.wait(1)] == ["killed"]
    snapshot = lane.snapshot()
    assert (snapshot.running, snapshot.waiting, snapshot.threads, snapshot.limit) == (2, 1, 3, 3)
    for _, _, gate in hanging:
        gate.set()
    threads.inbox.wait(4)
    assert lane.close(PATIENCE)


def test_bulk_lets_the_others_go_first_but_does_not_wait_for_ever(threads: Threads) -> None:
    lane = threads.lane(1)
    call, began, gate = threads.hang()
    lane.submit("first", call, threads.handle, "first", 100)
    assert began.wait(PATIENCE)
    for number in range(20):
        lane.submit(f"bulk {number}", lambda: None, threads.handle, "bulk", 100, bulk=True)
    for number in range(8):
        lane.submit(f"single {number}", lambda: None, threads.handle, "single", 100)
    lane.submit("stop", lambda: None, threads.handle, "stop", 100, urgent=True)
    gate.set()
    order = [outcome.token for outcome in threads.inbox.wait(30)][1:]
    assert order.index("stop") <= 1
    assert order[:12].count("single") >= 8, "eight of them, with one of the bulk for three others"
    assert order[:12].count("bulk") == 3
    assert lane.close(PATIENCE)


def test_single_jobs_without_end_do_not_starve_the_bulk(threads: Threads) -> None:
    lane = threads.lane(1)
    made = threading.Event()

    def again(number: int) -> None:
        if not made.is_set():
            lane.submit("single", partial(again, number + 1), threads.handle, number, 100)
            lane.submit("stop", lambda: None, threads.handle, number, 100, urgent=True)

    again(0)
    lane.submit("bulk", made.set, threads.handle, "bulk", 100, bulk=True)
    assert made.wait(PATIENCE)
    assert lane.close(PATIENCE)


def test_threads_kept_for_urgent_jobs_take_no_bulk(threads: Threads) -> None:
    lane = threads.lane(1, reserved=1)
    call, began, gate = threads.hang()
    lane.submit("bulk", call, threads.handle, "hangs", 100, bulk=True)
    assert began.wait(PATIENCE)
    lane.submit("next", lambda: None, threads.handle, "next", 100, bulk=True)
    lane.submit("stop", lambda: None, threads.handle, "stop", 100, urgent=True)
    assert [outcome.token for outcome in threads.inbox.wait(1)] == ["stop"]
    assert lane.snapshot().waiting == 1
    gate.set()
    assert [outcome.token for outcome in threads.inbox.wait(3)][1:] == ["hangs", "next"]
    assert lane.close(PATIENCE)


def test_closing_answers_the_bulk_that_has_not_begun(threads: Threads) -> None:
    lane = threads.lane(1)
    call, began, gate = threads.hang()
    lane.submit("runs", call, threads.handle, "runs", 10, bulk=True)
    assert began.wait(PATIENCE)
    lane.submit("waits", lambda: None, threads.handle, "waits", 10, bulk=True)
    assert not lane.close(0.0)
    (refused,) = threads.inbox.wait(1)
    assert isinstance(refused.error, LaneClosed)
    gate.set()
    assert lane.close(PATIENCE)


def test_a_manned_lane_has_its_threads_before_the_first_job(threads: Threads) -> None:
    lane = ThreadLane("test", threads.clock, threads.timers, threads=2, reserved=1, manned=True)
    assert lane.snapshot().threads == 3
    meeting = threading.Barrier(2)
    for key in "ab":
        lane.submit(key, partial(meeting.wait, PATIENCE), threads.handle, key, 10)
    assert all(outcome.error is None for outcome in threads.inbox.wait(2))
    assert lane.snapshot().threads == 3
    assert lane.close(PATIENCE)


def test_jobs_submitted_at_once_get_all_the_threads_there_may_be(threads: Threads) -> None:
    lane = threads.lane(4)
    lane.submit("first", lambda: None, threads.handle, "first", 10)
    threads.inbox.wait(1)  # one thread is idle now, and counts for one job only
    meeting = threading.Barrier(4)
    for key in range(4):
        lane.submit(key, partial(meeting.wait, PATIENCE), threads.handle, key, 10)
    assert all(outcome.error is None for outcome in threads.inbox.wait(5))
    assert lane.close(PATIENCE)


def test_closing_answers_what_has_not_begun_and_waits_for_what_runs(threads: Threads) -> None:
    lane = threads.lane(1)
    call, began, gate = threads.hang()
    lane.submit("a", call, threads.handle, "runs", 10)
    assert began.wait(PATIENCE)
    lane.submit("a", lambda: None, threads.handle, "same key", 10)
    lane.submit("b", lambda: None, threads.handle, "other key", 10)
    assert not lane.close(0.0), "one did not come back"
    lane.submit("c", lambda: None, threads.handle, "too late", 10)
    refused = threads.inbox.wait(3)
    assert {outcome.token for outcome in refused} == {"same key", "other key", "too late"}
    assert all(isinstance(outcome.error, LaneClosed) for outcome in refused)
    gate.set()
    assert threads.inbox.wait(4)[3].token == "runs"
    assert lane.close(PATIENCE)
    assert len(threads.timers) == 0


def test_racing_deadlines_never_put_a_result_before_its_overdue(threads: Threads) -> None:
    lane = threads.lane(2)
    for number in range(300):
        lane.submit(number % 5, lambda: None, threads.handle, number, 1)
        threads.expire(1)
    assert lane.close(PATIENCE) in {True, False}
    threads.expire(2)
    finals = 300
    with threads.inbox.changed:
        assert threads.inbox.changed.wait_for(
            lambda: sum(not outcome.overdue for outcome in threads.inbox.outcomes) == finals, PATIENCE
        )
    for number in range(300):
        mine = [outcome for outcome in threads.inbox.outcomes if outcome.token == number]
        assert [outcome.overdue for outcome in mine] == [True] * (len(mine) - 1) + [False]
        assert mine[-1].late == (len(mine) == 2)


def test_the_lane_of_a_simulation_takes_virtual_time() -> None:
    stepper = Stepper(1)
    handle, box = inbox(stepper.system())
    lane = StepLane("test", stepper, lambda: 3.0)
    made: list[float] = []
    lane.submit("a", lambda: made.append(stepper.clock.monotonic()), handle, "first", 5)
    lane.submit("a", lambda: made.append(stepper.clock.monotonic()), handle, "second", 5)
    stepper.run(5)
    assert lane.snapshot().overdue == 1
    stepper.run(10)
    assert made == [3.0, 6.0]
    seen = [(outcome.token, outcome.overdue, outcome.late, outcome.began) for outcome in box.outcomes]
    assert seen == [("first", False, False, 0.0), ("second", True, False, 3.0), ("second", False, True, 3.0)]
    assert len(stepper.timers) == 0


@given(
    seed=st.integers(0, 1000),
    latencies=st.lists(st.floats(0, 10), min_size=1, max_size=5),
    jobs=st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 20)), max_size=30),
)
def test_any_simulated_load_is_answered_once_in_order_of_its_key(
    seed: int, latencies: list[float], jobs: list[tuple[int, float]]
) -> None:
    stepper = Stepper(seed)
    handle, box = inbox(stepper.system())
    counter = iter(range(10**6))
    lane = StepLane("test", stepper, lambda: latencies[next(counter) % len(latencies)])
    for number, (key, deadline) in enumerate(jobs):
        lane.submit(key, lambda: None, handle, (key, number), deadline)
    stepper.run(1000)
    finals: list[Any] = [outcome.token for outcome in box.outcomes if not outcome.overdue]
    for key in range(4):
        assert [token for token in finals if token[0] == key] == [
            (key, number) for number, (one, _) in enumerate(jobs) if one == key
        ]
    assert lane.snapshot().running == lane.snapshot().waiting == lane.snapshot().overdue == 0
    assert len(stepper.timers) == 0
