"""One heap of timers for the whole system.

Keeps when to call whom; the calls are short (a `tell`). `Timers` is driven from outside: by `TimerThread` in a
running system, by the simulation with a virtual clock. A cancelled timer stays in the heap until it is due or until
cancelled ones are the majority, so cancelling costs nothing.
"""

import heapq
import math
import threading
from collections.abc import Callable

import structlog

from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.snapshots import TimersSnapshot

_log = structlog.get_logger(__name__)

COMPACT_ABOVE = 64
"""Below this many entries the heap is never rebuilt."""


class Timer:
    """One call in the future. Ordered by due time, then by age."""

    __slots__ = ("_fire", "_order", "_timers")

    def __init__(self, timers: "Timers", due: float, sequence: int, fire: Callable[[], object]) -> None:
        self._order = (due, sequence)
        self._fire: Callable[[], object] | None = fire
        self._timers = timers

    @property
    def due(self) -> float:
        """Monotonic time of the call."""
        return self._order[0]

    @property
    def active(self) -> bool:
        """Whether it will still be called."""
        return self._fire is not None

    def __lt__(self, other: "Timer") -> bool:
        return self._order < other._order

    def cancel(self) -> None:
        """Do not call. Too late or twice is fine."""
        self._timers.cancel(self)

    def take(self) -> Callable[[], object] | None:
        """Return what to call and forget it; None when cancelled. For `Timers`, under its lock."""
        fire, self._fire = self._fire, None
        return fire


class Timers:
    """The heap. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Timer] = []
        self._sequence = 0
        self._cancelled = 0
        self._woken = False
        self._changed = threading.Condition()

    def after(self, delay: float, fire: Callable[[], object]) -> Timer:
        """Call `fire` once, `delay` seconds from now (at once when negative). Raises `ValueError` for a NaN."""
        if math.isnan(delay):
            raise ValueError("delay: not a number")
        with self._changed:
            self._sequence += 1
            timer = Timer(self, self._clock.monotonic() + max(delay, 0.0), self._sequence, fire)
            heapq.heappush(self._heap, timer)
            if self._heap[0] is timer:
                self._changed.notify()
        return timer

    def __len__(self) -> int:
        """Return how many timers will still fire."""
        with self._changed:
            return len(self._heap) - self._cancelled

    def cancel(self, timer: Timer) -> None:
        """Take a timer out; rebuild the heap when cancelled ones are the majority. For `Timer.cancel`."""
        with self._changed:
            if timer.take() is None:
                return
            self._cancelled += 1
            if len(self._heap) > COMPACT_ABOVE and self._cancelled * 2 > len(self._heap):
                self._heap = [timer for timer in self._heap if timer.active]
                heapq.heapify(self._heap)
                self._cancelled = 0

    def next_due(self) -> float | None:
        """Return the monotonic time of the next call, or None."""
        with self._changed:
            self._drop_cancelled()
            return self._heap[0].due if self._heap else None

    def fire_due(self) -> int:
        """Call everything that is due, in order; return how many."""
        fired = 0
        while (fire := self._pop_due()) is not None:
            fire()
            fired += 1
        return fired

    def wait(self, timeout: float) -> None:
        """Block until a timer may be due, the earliest changes, or `wake`. At most `timeout` seconds."""
        with self._changed:
            self._drop_cancelled()
            if self._heap:
                timeout = min(timeout, self._heap[0].due - self._clock.monotonic())
            if timeout > 0 and not self._woken:
                self._changed.wait(timeout)
            self._woken = False

    def wake(self) -> None:
        """End the `wait` that goes on, or the next one."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def snapshot(self) -> TimersSnapshot:
        """Return how it is."""
        with self._changed:
            self._drop_cancelled()
            late = self._clock.monotonic() - self._heap[0].due if self._heap else 0.0
            return TimersSnapshot(len(self._heap) - self._cancelled, self._cancelled, max(late, 0.0))

    def _pop_due(self) -> Callable[[], object] | None:
        with self._changed:
            self._drop_cancelled()
            if self._heap and self._heap[0].due <= self._clock.monotonic():
                return heapq.heappop(self._heap).take()
            return None

    def _drop_cancelled(self) -> None:
        while self._heap and not self._heap[0].active:
            heapq.heappop(self._heap)
            self._cancelled -= 1


class TimerThread:
    """Drives `Timers` in real time. A call that raises is logged, and the next ones are made."""

    LONGEST_WAIT = 3600.0

    def __init__(self, timers: Timers, name: str) -> None:
        self._timers = timers
        self._open = True
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; timers that are left never fire."""
        self._open = False
        self._timers.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while self._open:
            try:
                self._timers.fire_due()
            except Exception:  # noqa: BLE001 - logged; the other timers are due too
                _log.exception("timer_failed")
                continue
            self._timers.wait(self.LONGEST_WAIT)
