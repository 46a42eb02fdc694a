"""The watchdog: says which actor has been in which handler for too long, and where its thread stands.

It looks every `interval` seconds, by a timer. A stuck turn is told once, with its thread's stack, and gets a spare
worker in its place (within the dispatcher's cap), so that one actor that blocks does not cost the others their thread.
It mends nothing: a thread cannot be interrupted, so the cure is in the handler that the report names.
"""

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.dispatcher import PooledDispatcher, Running
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.actors.kernel.timers import Timer, Timers

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StuckTurn:
    """A turn that lasts longer than it may."""

    path: str
    """The actor."""
    kind: str
    """Its class; empty when it has been given up."""
    handling: str
    """Class of the message in hand; empty in `on_start`."""
    seconds: float
    """How long the turn had lasted when it was noticed."""
    thread: str
    stack: str
    """Where the thread stood, innermost call last. Source lines only, no values."""

    def __str__(self) -> str:
        what = f"handling {self.handling}" if self.handling else "in on_start"
        return f"{self.kind or 'actor'} {self.path} has been {what} for {self.seconds:.1f} s on {self.thread}"


def log_stuck(stuck: StuckTurn) -> None:
    """Tell it to the log. The default listener."""
    _log.warning(
        "turn_stuck",
        path=stuck.path,
        actor=stuck.kind,
        handling=stuck.handling,
        seconds=round(stuck.seconds, 1),
        thread=stuck.thread,
        stack=stuck.stack,
    )


class Watchdog:
    """Looks at the turns of one dispatcher. `limit` is in seconds, for a whole turn; `listener` returns at once."""

    def __init__(
        self,
        dispatcher: PooledDispatcher,
        clock: Clock,
        timers: Timers,
        *,
        limit: float = 10.0,
        interval: float = 1.0,
        listener: Callable[[StuckTurn], None] = log_stuck,
    ) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._timers = timers
        self._limit = limit
        self._interval = interval
        self._listener = listener
        self._lock = threading.Lock()
        self._known: dict[tuple[int, float], StuckTurn] = {}
        self._timer: Timer | None = None

    def start(self) -> None:
        """Look from now on."""
        with self._lock:
            self._timer = self._timers.after(self._interval, self._tick)

    def close(self) -> None:
        """Look no more."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def stuck(self) -> tuple[StuckTurn, ...]:
        """Return the turns that were stuck at the last look, as they were when they were noticed."""
        with self._lock:
            return tuple(self._known.values())

    def look(self) -> None:
        """Look once: tell about each turn that is newly stuck, forget those that ended."""
        now = self._clock.monotonic()
        found: dict[tuple[int, float], StuckTurn] = {}
        for running in self._dispatcher.running():
            key = _late(running, now - self._limit)
            if key is not None:
                found[key] = self._known.get(key) or self._notice(running, now - key[1])
        with self._lock:
            self._known = found

    def _notice(self, running: Running, seconds: float) -> StuckTurn:
        stuck = _describe(running, seconds)
        self._dispatcher.stuck(running)
        try:
            self._listener(stuck)
        except Exception:  # noqa: BLE001 - logged; the others are stuck too
            _log.exception("watchdog_listener_failed", path=stuck.path)
        return stuck

    def _tick(self) -> None:
        self.look()
        with self._lock:
            if self._timer is not None:
                self._timer = self._timers.after(self._interval, self._tick)


def _late(running: Running, before: float) -> tuple[int, float] | None:
    """Return what tells a turn from all others, when it is an actor's and began at `before` or earlier."""
    mailbox = running.turn
    began = mailbox.turn_began if isinstance(mailbox, Mailbox) else None
    return None if began is None or began > before else (id(mailbox), began)


def _describe(running: Running, seconds: float) -> StuckTurn:
    mailbox, thread = running.turn, running.worker.thread
    assert isinstance(mailbox, Mailbox)
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented, whatever its name
    actor = mailbox.actor
    return StuckTurn(
        path=mailbox.path,
        kind="" if actor is None else type(actor).__name__,
        handling=mailbox.snapshot().handling,
        seconds=seconds,
        thread=thread.name,
        stack="" if frame is None else "".join(traceback.format_stack(frame)),
    )
