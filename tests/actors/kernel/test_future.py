"""The future of an `ask`."""

import asyncio
import gc
import queue
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pykka
import pytest

from the0_actors.actors.kernel.future import Future, work_for


class Noting:
    """A worker that notes its waits."""

    def __init__(self, on_wait: Callable[[], object] = lambda: None) -> None:
        self.notes: list[str] = []
        self.on_wait = on_wait

    def blocked(self) -> None:
        self.notes.append("blocked")
        self.on_wait()

    def unblocked(self) -> None:
        self.notes.append("unblocked")


@pytest.fixture
def future() -> Future:
    return Future()


def test_an_answer_can_be_had_again_and_given_once(future: Future) -> None:
    future.set(1)
    assert (future.get(), future.get(timeout=0)) == (1, 1)
    with pytest.raises(queue.Full):
        future.set(2)
    with pytest.raises(queue.Full):
        future.set_exception((ValueError, ValueError(), None))
    with pytest.raises(queue.Full):
        future.set_get_hook(lambda _timeout: 3)


def test_no_answer_in_time_is_a_timeout_and_leaves_nothing(future: Future) -> None:
    for _ in range(3):
        with pytest.raises(pykka.Timeout):
            future.get(timeout=0.001)
    assert future._wakers == []  # pyright: ignore[reportPrivateUsage]
    future.set("late")
    assert future.get(timeout=0) == "late"


def test_all_who_wait_are_woken(future: Future) -> None:
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(future.get(timeout=20))) for _ in range(5)]
    for thread in threads:
        thread.start()
    future.set("answer")
    for thread in threads:
        thread.join(20)
    assert got == ["answer"] * 5


def test_a_wait_in_a_worker_is_told_to_its_dispatcher_and_only_a_wait(future: Future) -> None:
    worker = Noting(on_wait=lambda: future.set("now"))
    before = work_for(worker)
    try:
        assert future.get(timeout=20) == "now"
        assert future.get() == "now"
    finally:
        work_for(before)
    assert worker.notes == ["blocked", "unblocked"]


def test_an_exception_keeps_its_lines_but_not_the_objects_of_its_frames(future: Future) -> None:
    class Big:
        pass

    def handler() -> None:
        big = Big()
        seen.append(weakref.ref(big))
        raise ValueError("boom")

    seen: list[weakref.ref[Big]] = []
    try:
        handler()
    except ValueError:
        future.set_exception()
    gc.collect()
    assert seen[0]() is None
    with pytest.raises(ValueError, match="boom") as caught:
        future.get(timeout=0)
    assert any(entry.name == "handler" for entry in caught.traceback)


def test_mapped_filtered_reduced_and_joined_futures_work_as_in_pykka() -> None:
    one, two = Future(), Future()
    mapped = one.map(lambda value: value + 1)
    joined = one.join(two)
    even = joined.filter(lambda value: value % 2 == 0)
    total: pykka.Future[int] = joined.reduce(lambda sum_, value: sum_ + value, 100)
    one.set(1)
    two.set(2)
    assert mapped.get(timeout=0) == 2
    assert list(joined.get(timeout=0)) == [1, 2]
    assert list(even.get(timeout=0)) == [2]
    assert total.get(timeout=0) == 103
    assert list(pykka.get_all([one, two], timeout=0)) == [1, 2]


def test_a_hook_runs_once_for_all_who_ask(future: Future) -> None:
    calls: list[float | None] = []

    def make(timeout: float | None) -> str:
        calls.append(timeout)
        return "made"

    future.set_get_hook(make)
    assert [future.get(), future.get(timeout=1)] == ["made", "made"]
    assert calls == [None]


def test_a_hook_set_while_somebody_waits_answers_them(future: Future) -> None:
    worker = Noting(on_wait=lambda: future.set_get_hook(lambda _timeout: "made"))
    before = work_for(worker)
    try:
        assert future.get(timeout=20) == "made"
    finally:
        work_for(before)


def test_awaiting_does_not_hold_up_the_loop(future: Future) -> None:
    async def answer_later() -> None:
        await asyncio.sleep(0)
        future.set("from the loop itself")

    async def both() -> Any:
        answering = asyncio.ensure_future(answer_later())
        answer = await future
        await answering
        return answer

    assert asyncio.run(asyncio.wait_for(both(), 20)) == "from the loop itself"


def test_awaiting_from_another_thread_and_with_a_hook_and_an_error() -> None:
    async def wait_for(future: Any) -> Any:
        return await future

    answered, mapped, failed = Future(), Future(), Future()
    threading.Thread(target=answered.set, args=("thread",)).start()
    mapped.set_get_hook(lambda _timeout: "hook")
    failed.set_exception((KeyError, KeyError("no"), None))
    assert asyncio.run(wait_for(answered)) == "thread"
    assert asyncio.run(wait_for(mapped)) == "hook"
    with pytest.raises(KeyError):
        asyncio.run(wait_for(failed))


def test_an_answer_for_a_loop_that_is_closed_or_a_wait_that_was_cancelled_is_fine(future: Future) -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_await(future), 0.001)

    async def _await(future: Future) -> Any:
        return await future

    asyncio.run(give_up())
    future.set("nobody waits")
    assert future.get(timeout=0) == "nobody waits"


def test_an_exception_given_by_type_alone_is_raised(future: Future) -> None:
    future.set_exception((KeyError, None, None))
    with pytest.raises(KeyError):
        future.get(timeout=0)
    assert sys.exc_info() == (None, None, None)
