"""The pool of workers: compensation, its cap, containment, and the end."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.dispatcher import PooledDispatcher
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.threaded import ThreadedSystem

PATIENCE = 20.0


class Calling(Actor):
    """Runs what it is sent."""

    def on_receive(self, message: Any) -> Any:
        return message()


class Job:
    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call

    def turn(self) -> None:
        self.call()


def calling(system: ThreadedSystem, path: str) -> Handle:
    handle = system.handle(path)
    system.spawn(handle, Calling)
    return handle


def chain(handles: list[Handle]) -> int:
    """Ask the first to ask the second, and so on; return the depth reached."""
    if not handles:
        return 0
    depth: int = handles[0].ask(lambda: chain(handles[1:])).get(timeout=PATIENCE)
    return depth + 1


def test_nested_asks_deeper_than_the_pool_finish_and_the_spare_workers_leave() -> None:
    with ThreadedSystem(workers=2, spare=64) as system:
        handles = [calling(system, f"/{number}") for number in range(40)]
        assert chain(handles) == 40
        turns = 0
        while system.pool.workers > 2 and turns < 1000:  # each turn lets one worker too many go
            handles[0].ask(lambda: True).get(timeout=PATIENCE)
            turns += 1
        snapshot = system.pool.snapshot()
        assert (snapshot.workers, snapshot.blocked, snapshot.capped) == (2, 0, 0)


def test_while_many_wait_there_are_more_workers_but_no_more_than_the_cap() -> None:
    with ThreadedSystem(workers=2, spare=10) as system:
        handles = [calling(system, f"/{number}") for number in range(9)]
        crowd: list[int] = []

        def deep(rest: list[Handle]) -> None:
            if rest:
                rest[0].ask(lambda: deep(rest[1:])).get(timeout=PATIENCE)
            else:
                crowd.append(system.pool.workers)

        deep(handles)
        assert 9 <= crowd[0] <= 12


def test_a_blocked_worker_beyond_the_cap_is_counted() -> None:
    pool = PooledDispatcher(workers=2, spare=0)
    gate, began = threading.Event(), threading.Event()

    def wait() -> None:
        worker = next(iter(running.worker for running in pool.running()))
        worker.blocked()
        began.set()
        gate.wait(PATIENCE)
        worker.unblocked()

    pool.submit(Job(wait))
    assert began.wait(PATIENCE)
    snapshot = pool.snapshot()
    assert (snapshot.workers, snapshot.blocked, snapshot.capped, snapshot.spare) == (2, 1, 1, 0)
    gate.set()
    assert pool.close(PATIENCE)


def test_a_turn_that_raises_costs_no_worker() -> None:
    pool = PooledDispatcher(workers=1)

    def fail() -> None:
        raise SystemExit(3)

    done = threading.Event()
    for _ in range(3):
        pool.submit(Job(fail))
    pool.submit(Job(done.set))
    assert done.wait(PATIENCE)
    assert pool.workers == 1
    assert pool.close(PATIENCE)
    assert pool.snapshot().turns == 4


def test_closing_waits_for_turns_but_not_for_ever() -> None:
    pool = PooledDispatcher(workers=2)
    gate, began = threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        gate.wait(PATIENCE)

    pool.submit(Job(hang))
    assert began.wait(PATIENCE)
    never = threading.Event()
    assert not pool.close(0.01)
    pool.submit(Job(never.set))
    gate.set()
    assert pool.close(PATIENCE)
    assert not never.is_set()
    assert pool.workers == 0


def test_a_machine_without_another_thread_does_not_harm_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadedSystem(workers=2, spare=8) as system:
        first, second = calling(system, "/1"), calling(system, "/2")

        def exhausted(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", exhausted)
        assert first.ask(lambda: second.ask(lambda: "done").get(timeout=PATIENCE)).get(timeout=PATIENCE) == "done"
        snapshot = system.pool.snapshot()
        assert snapshot.workers == 2
        assert snapshot.capped <= 1


def test_a_turn_that_goes_ahead_does_not_queue_behind_the_others() -> None:
    pool = PooledDispatcher(workers=1)
    gate, done, order = threading.Event(), threading.Event(), list[str]()
    pool.submit(Job(lambda: gate.wait(PATIENCE)))
    for _ in range(100):
        pool.submit(Job(lambda: order.append("other")))
    pool.submit(Job(lambda: order.append("ahead")), ahead=True)
    pool.submit(Job(done.set))
    gate.set()
    assert done.wait(PATIENCE)
    assert order.index("ahead") <= 1
    assert order.count("other") == 100
    assert pool.close(PATIENCE)


def test_turns_that_go_ahead_without_end_starve_nobody() -> None:
    pool = PooledDispatcher(workers=1)
    done = threading.Event()

    def again() -> None:
        if not done.is_set():
            pool.submit(Job(again), ahead=True)

    for _ in range(3):
        pool.submit(Job(again), ahead=True)
    for _ in range(20):
        pool.submit(Job(lambda: None))
    pool.submit(Job(done.set))
    assert done.wait(PATIENCE)
    assert pool.close(PATIENCE)


def test_every_turn_is_taken_once_whatever_goes_ahead() -> None:
    pool = PooledDispatcher(workers=4)
    taken: list[int] = []
    all_taken = threading.Semaphore(0)

    def take(number: int) -> None:
        taken.append(number)
        all_taken.release()

    for number in range(2000):
        pool.submit(Job(partial(take, number)), ahead=number % 3 == 0)
    for _ in range(2000):
        assert all_taken.acquire(timeout=PATIENCE)
    assert sorted(taken) == list(range(2000))
    assert pool.close(PATIENCE)
    assert pool.snapshot().turns == 2000


class Hasty(Calling):
    ahead = True


def test_an_actor_that_goes_ahead_is_served_before_a_crowd() -> None:
    with ThreadedSystem(workers=1) as system:
        order: list[str] = []
        hasty = system.handle("/hasty")
        system.spawn(hasty, Hasty)
        hasty.ask(lambda: None).get(timeout=PATIENCE)
        gate, began = threading.Event(), threading.Event()

        def hold() -> None:
            began.set()
            gate.wait(PATIENCE)

        system.pool.submit(Job(hold))
        assert began.wait(PATIENCE)
        crowd = [calling(system, f"/{number}") for number in range(50)]
        asked = [one.ask(lambda: order.append("crowd")) for one in crowd]
        first = hasty.ask(lambda: order.append("hasty"))
        gate.set()
        first.get(timeout=PATIENCE)
        assert order.index("hasty") <= 1
        for one in asked:
            one.get(timeout=PATIENCE)
