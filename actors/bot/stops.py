"""A stop on its way: TERM, the grace that the container was born with, KILL, and how that is told.

Pure; bots and schedules share it. That the container is gone is seen by looking, not here.
"""

from typing import Protocol

from the0_actors.actors.bot.effects import Send
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import Stopping
from the0_actors.actors.domain.observed import Exit
from the0_actors.actors.domain.restart_policy import KILLED_BY_SIGNAL
from the0_actors.actors.ports.engine import Signal

_KILL = 9


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
    if sent.signal is Signal.TERM or stopping is None:
        grace = rules.stop_grace if sent.grace is None else sent.grace
        return Stopping(sent.container_id, now.monotonic, now.monotonic + grace)
    killed_after = now.monotonic - stopping.began if stopping.killed_after is None else stopping.killed_after
    return Stopping(sent.container_id, stopping.began, now.monotonic + rules.kill_again, killed_after)


def in_words(killed_after: float) -> str:
    """Say that a container did not end within its grace."""
    return f"killed after {round(killed_after, 1):g} s: it did not end on TERM"


def how_it_ended(exit_: Exit, killed_after: float | None) -> str:
    """Say that an end was our KILL; the empty string when it was not."""
    return in_words(killed_after) if killed_after is not None and exit_.code == KILLED_BY_SIGNAL + _KILL else ""
