"""Waiting for each other, and for futures."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pykka
import pytest
from tests.actors.kernel.traps.conftest import MOMENT, PATIENCE, Ours

from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.seam import Envelope
from the0_actors.actors.kernel.threaded import ThreadedSystem

# 9: actors that wait for each other starve a pool


def nested(system: ThreadedSystem, kind: Callable[[], Future | pykka.ThreadingFuture[Any]], timeout: float) -> Any:
    """Ask three actors deep on a pool of two."""
    handles = [system.handle(f"/{number}") for number in range(3)]
    for handle in handles:
        system.spawn(handle, Ours)

    def ask(depth: int) -> Any:
        if depth == len(handles):
            return depth
        future = kind()
        mailbox = handles[depth].actor
        assert mailbox is not None
        mailbox.mailbox.put(Envelope(lambda: ask(depth + 1), reply_to=future))
        return future.get(timeout=timeout)

    return ask(0)


def test_trap09_starved_pool_with_plain_futures() -> None:
    with ThreadedSystem(workers=2) as system, pytest.raises(pykka.Timeout):
        nested(system, pykka.ThreadingFuture, MOMENT)


def test_trap09_starved_pool_ours() -> None:
    with ThreadedSystem(workers=2) as system:
        assert nested(system, Future, PATIENCE) == 3


# 10: futures hold their lock while a hook runs, swallow an exception, and block an event loop


def waits_behind_a_hook(future: "pykka.Future[Any]") -> bool:
    """Return whether a `get` with a short timeout waits as long as another's without one."""
    running, gate, over = threading.Event(), threading.Event(), threading.Event()

    def hook(_timeout: float | None) -> None:
        running.set()
        gate.wait(PATIENCE)

    def short() -> None:
        try:
            future.get(timeout=MOMENT)
        except pykka.Timeout:
            over.set()

    future.set_get_hook(hook)
    threads = [threading.Thread(target=future.get), threading.Thread(target=short)]
    threads[0].start()
    assert running.wait(PATIENCE)
    threads[1].start()
    waited = not over.wait(20 * MOMENT if isinstance(future, pykka.ThreadingFuture) else PATIENCE)
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    return waited


def test_trap10_lock_held_plain() -> None:
    assert waits_behind_a_hook(pykka.ThreadingFuture())


def test_trap10_lock_held_ours() -> None:
    assert not waits_behind_a_hook(Future())


def not_implemented(_value: object) -> None:
    raise NotImplementedError("not by the hook's caller")


def test_trap10_swallowed_exception_plain() -> None:
    future = pykka.ThreadingFuture[Any]()
    future.set(1)
    with pytest.raises(pykka.Timeout):
        future.map(not_implemented).get(timeout=MOMENT)


def test_trap10_swallowed_exception_ours() -> None:
    future = Future()
    future.set(1)
    with pytest.raises(NotImplementedError):
        future.map(not_implemented).get(timeout=MOMENT)


def loop_goes_on(future: "pykka.Future[Any]") -> bool:
    """Return whether an event loop does other work while it awaits a future."""
    worked = threading.Event()

    async def work() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        worked.set()

    async def both() -> None:
        async def wait() -> None:
            await future

        await asyncio.gather(wait(), work())

    def answer() -> None:
        in_time.append(worked.wait(10 * MOMENT))
        future.set()

    in_time: list[bool] = []
    thread = threading.Thread(target=answer)
    thread.start()
    asyncio.run(both())
    thread.join(PATIENCE)
    return in_time[0]


def test_trap10_blocked_loop_plain() -> None:
    assert not loop_goes_on(pykka.ThreadingFuture())


def test_trap10_blocked_loop_ours() -> None:
    assert loop_goes_on(Future())
