"""The future of an `ask`: pykka's interface with a wait that starves neither the pool nor an event loop.

* A `get` inside an actor's turn tells the dispatcher that its worker waits, so that another takes its place.
* `await` bridges to asyncio: the loop goes on while the answer is made.
* No lock is held while a get-hook runs, but the one that keeps it from running twice, and who waits for that one waits
  no longer than its own timeout.
* An exception keeps its traceback's lines, not the objects in its frames.
"""

import asyncio
import contextlib
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Protocol

import pykka

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Blockable(Protocol):
    """What a worker thread works for, and what wants to know when it waits."""

    def blocked(self) -> None:
        """Take note that the worker starts to wait."""
        ...

    def unblocked(self) -> None:
        """Take note that it goes on."""
        ...


class _Place(threading.local):
    worker: Blockable | None = None


_place = _Place()
"""What the present thread works for: a property of the thread, not state of the module."""


def work_for(worker: Blockable | None) -> Blockable | None:
    """Mark the present thread as a worker; return what it was before."""
    before, _place.worker = _place.worker, worker
    return before


class Future(pykka.Future[Any]):
    """Result of an `ask`. Thread-safe."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._outcome: tuple[Any, ExcInfo | None] | None = None
        self._wakers: list[Callable[[], object]] = []
        self._hook_lock: threading.Lock | None = None

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the result. Raises what the handler raised, or `pykka.Timeout` after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        if self._outcome is None and self._get_hook is None:
            self._wait(until, timeout)
        if self._outcome is None:
            return self._from_hook(until, timeout)
        value, exc_info = self._outcome
        if exc_info is not None:
            raise _error(exc_info)
        return value

    def set(self, value: Any = None) -> None:
        """Answer. Raises `queue.Full` when there is an answer or a hook."""
        self._settle((value, None))

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Answer with an exception, the present one by default. Raises `queue.Full` when there is an answer."""
        kind, error, trace = exc_info or sys.exc_info()
        traceback.clear_frames(trace)
        self._settle((None, (kind, error, trace)))

    def set_get_hook(self, func: Callable[[float | None], Any]) -> None:
        """Let `func(timeout)` make the answer when somebody asks for it. Raises `queue.Full` when there is one."""
        with self._lock:
            if self._outcome is not None:
                raise queue.Full
            self._hook_lock = threading.Lock()
            self._get_hook = func
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait without holding up the event loop."""
        loop = asyncio.get_running_loop()
        if self._get_hook is not None:
            return (yield from loop.run_in_executor(None, self.get).__await__())
        waiter = loop.create_future()
        self._when_settled(lambda: _wake(loop, waiter))
        yield from waiter.__await__()
        return self.get()

    __iter__ = __await__

    def _settle(self, outcome: tuple[Any, ExcInfo | None]) -> None:
        with self._lock:
            if self._outcome is not None or self._get_hook is not None:
                raise queue.Full
            self._outcome = outcome
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()

    def _when_settled(self, wake: Callable[[], object]) -> None:
        with self._lock:
            if self._outcome is None and self._get_hook is None:
                self._wakers.append(wake)
                return
        wake()

    def _wait(self, until: float | None, timeout: float | None) -> None:
        gate = threading.Lock()
        gate.acquire()
        wake = gate.release
        self._when_settled(wake)
        if gate.acquire(blocking=False):
            return
        worker = _place.worker
        if worker is not None:
            worker.blocked()
        try:
            if not _acquire(gate, until):
                self._forget(wake)
                raise pykka.Timeout(f"{timeout} seconds")
        finally:
            if worker is not None:
                worker.unblocked()

    def _forget(self, wake: Callable[[], object]) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._wakers.remove(wake)

    def _from_hook(self, until: float | None, timeout: float | None) -> Any:
        lock = self._hook_lock
        assert lock is not None
        if not _acquire(lock, until):
            raise pykka.Timeout(f"{timeout} seconds")
        try:
            return super().get(timeout=None if until is None else max(until - time.monotonic(), 0.0))
        finally:
            lock.release()


def _acquire(lock: threading.Lock, until: float | None) -> bool:
    return lock.acquire(timeout=-1 if until is None else max(until - time.monotonic(), 0.0))


def _error(exc_info: ExcInfo) -> BaseException:
    kind, error, trace = exc_info
    if error is None:
        assert kind is not None
        error = kind()
    return error.with_traceback(trace)


def _wake(loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    with contextlib.suppress(RuntimeError):  # a loop that was closed has nobody to wake
        loop.call_soon_threadsafe(wake)
