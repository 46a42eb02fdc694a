"""A stop on its way: TERM, the grace that the container was born with, KILL, and how that is told.

Pure; bots and schedules share it. That the container is gone is seen by looking, not here.
"""

from dataclasses import replace
from typing import Protocol

from the0_actors.actors.bot.effects import Send
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import Stopping
from the0_actors.actors.domain.observed import Exit, Observed
from the0_actors.actors.domain.restart_policy import KILLED_BY_SIGNAL
from the0_actors.actors.ports.engine import Signal

_KILL = 9

YOUNG = 60.0
"""Seconds after its start in which a container may lose TERM: its first process has no handler yet, and what comes to
a PID 1 without one is dropped by the kernel. The clocks of this host and the engine's may differ by as much."""
AGAIN = 0.25
"""Seconds after TERM when it is sent again to a young one, then after twice as many, and so on."""


class StopRules(Protocol):
    """The numbers of a stop, in seconds."""

    @property
    def stop_grace(self) -> float:
        """Time between TERM and KILL of a container that has none of its own."""
        ...

    @property
    def kill_again(self) -> float:
        """Time after a KILL that was not seen to work until the next."""
        ...


def delivered(stopping: Stopping | None, sent: Send, rules: StopRules, now: Now) -> Stopping:
    """Return the stop after a signal was delivered."""
    if stopping is None or stopping.container_id != sent.container_id:
        grace = rules.stop_grace if sent.grace is None else sent.grace
        return Stopping(sent.container_id, now.monotonic, now.monotonic + grace, now.monotonic + AGAIN)
    waited = now.monotonic - stopping.began
    if sent.signal is Signal.TERM:
        return replace(stopping, again_at=now.monotonic + waited)
    killed_after = waited if stopping.killed_after is None else stopping.killed_after
    return Stopping(sent.container_id, stopping.began, now.monotonic + rules.kill_again, killed_after=killed_after)


def next_signal(stopping: Stopping, container: Observed, now: Now) -> Send | None:
    """Return what is to be sent now to a container that goes on after TERM.

    A young one is sent TERM again, at growing distances: the launcher passes the first one on that it hears.
    """
    if stopping.kill_at <= now.monotonic:
        return Send(container.container_id, Signal.KILL)
    if stopping.again_at <= now.monotonic and _was_young(stopping, container, now):
        return Send(container.container_id, Signal.TERM, container.stop_grace)
    return None


def _was_young(stopping: Stopping, container: Observed, now: Now) -> bool:
    """Tell whether one of ours was young when it was sent TERM first; the Go runtime's are sent one TERM only."""
    began = now.wall - (now.monotonic - stopping.began)
    ours, started = container.installation is not None, container.started_at
    return ours and started is not None and began - started < YOUNG


def of(stopping: Stopping | None, container: Observed) -> Stopping | None:
    """Return the stop that is about this container."""
    return stopping if stopping is not None and stopping.container_id == container.container_id else None


def in_words(killed_after: float) -> str:
    """Say that a container did not end within its grace."""
    return f"killed after {round(killed_after, 1):g} s: it did not end on TERM"


def how_it_ended(exit_: Exit, killed_after: float | None) -> str:
    """Say that an end was our KILL; the empty string when it was not."""
    return in_words(killed_after) if killed_after is not None and exit_.code == KILLED_BY_SIGNAL + _KILL else ""
