"""Watches how much the bots of one kind keep: an alarm over the bound, and a stop by the bot's own actor far over it.

It measures at intervals, on a lane; between two measurements a bot may take what the disk gives. It stops nobody
itself: the bot's actor hears the reason, by way of Fleet. An engine that cannot measure is asked again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from the0_actors.actors.domain.kept import DEFAULT_BOUND, Kept, Level, judge
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, StateTooLarge, Tick
from the0_actors.actors.ports.engine import Engine


@dataclass(frozen=True, slots=True)
class Measuring:
    """What the watch works with."""

    engine: Callable[[], Engine]
    """The engine, once this runtime is active."""
    bounds: Callable[[], Mapping[str, int | None]]
    """What each bot's config asks for, in bytes; None where it asks for nothing."""
    lane: Lane
    lease: Handle
    fleet: Handle
    bound: int = DEFAULT_BOUND
    """Bytes, where a bot's config says nothing."""
    every: float = 60.0
    """Seconds between measurements."""
    deadline: float = 600.0


class StateWatch(Actor):
    """Watches one engine. `alarms` may be read from any thread."""

    def __init__(self, measuring: Measuring) -> None:
        super().__init__()
        self._measuring = measuring
        self._active = False
        self._timer: Timer | None = None
        self.alarms: tuple[str, ...] = ()
        """One line for each bot over its bound, by the last measurement."""

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._measuring.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take the time, or an answer."""
        match message:
            case ActiveMoved(active):
                self._active = active
                self._later()
            case Tick():
                self._measure()
            case Completed(overdue=True):
                return None
            case Completed(value=tuple() as found, token=bounds):
                self._judge(found, bounds)
                self._later()
            case Completed():
                self._later()
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _measure(self) -> None:
        if self._active:
            measuring, bounds = self._measuring, self._measuring.bounds()
            measure = partial(measuring.engine().kept, frozenset(bounds))
            measuring.lane.submit("kept", measure, self.handle, bounds, measuring.deadline)

    def _judge(self, found: tuple[Kept, ...], bounds: Any) -> None:
        alarms: list[str] = []
        for kept in found:
            level, words = judge(kept, bounds.get(kept.bot_id) or self._measuring.bound)
            if level is not Level.FINE:
                alarms.append(f"{kept.bot_id}: {words}")
            if level is Level.TOO_MUCH and self._active:
                self._measuring.fleet.tell(StateTooLarge(kept.bot_id, words))
        self.alarms = tuple(alarms)

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(self._measuring.every, self.handle, Tick()) if self._active else None
