"""One heap of timers for the whole system.

Keeps when to call whom; the calls are short (a `tell`). `Timers` is driven from outside: by `TimerThread` in a
running system, by the simulation with a virtual clock. A cancelled timer stays in the heap until it is due or until
cancelled ones are the majority, so cancelling costs nothing.
"""

import heapq
import threading
from collections.abc import Callable

from the0_actors.actors.kernel.clock import Clock

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
        if self._fire is not None:
            self._fire = None
            self._timers.note_cancelled()

    def take(self) -> Callable[[], object] | None:
        """Return what to call and forget it; None when cancelled."""
        fire, self._fire = self._fire, None
        return fire


class Timers:
    """The heap. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Timer] = []
        self._sequence = 0
        self._cancelled = 0
        self._changed = threading.Condition()

    def after(self, delay: float, fire: Callable[[], object]) -> Timer:
        """Call `fire` once, `delay` seconds from now (at once when negative)."""
        with self._changed:
            self._sequence += 1
            timer = Timer(self, self._clock.monotonic() + max(delay, 0.0), self._sequence, fire)
            heapq.heappush(self._heap, timer)
            if self._heap[0] is timer:
                self._changed.notify()
        return timer

    def __len__(self) -> int:
        """Return how many timers will still fire."""
        return len(self._heap) - self._cancelled

    def note_cancelled(self) -> None:
        """Count a cancelled timer and rebuild the heap when they are the majority. For `Timer.cancel`."""
        with self._changed:
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
            if timeout > 0:
                self._changed.wait(timeout)

    def wake(self) -> None:
        """End a `wait`."""
        with self._changed:
            self._changed.notify_all()

    def _pop_due(self) -> Callable[[], object] | None:
        with self._changed:
            now = self._clock.monotonic()
            while self._heap and self._heap[0].due <= now:
                fire = heapq.heappop(self._heap).take()
                if fire is not None:
                    return fire
                self._cancelled = max(self._cancelled - 1, 0)
            return None

    def _drop_cancelled(self) -> None:
        while self._heap and not self._heap[0].active:
            heapq.heappop(self._heap)
            self._cancelled = max(self._cancelled - 1, 0)


class TimerThread:
    """Drives `Timers` in real time."""

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
            self._timers.fire_due()
            self._timers.wait(self.LONGEST_WAIT if self._open else 0.0)
