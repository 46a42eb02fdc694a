"""What somebody should know of a bot whatever its phase, in words. Pure; bots and schedules share it.

Each is told for as long as it lasts: in the reason, and with it as a warning in the log.
"""

from typing import Protocol

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.state import Stopping


class Troubled(Protocol):
    """What a state tells of its troubles."""

    @property
    def stopping(self) -> Stopping | None:
        """A stop on its way."""
        ...


def troubles_of(state: Troubled) -> tuple[str, ...]:
    """Return a state's troubles."""
    killed_after = None if state.stopping is None else state.stopping.killed_after
    return () if killed_after is None else (stops.in_words(killed_after),)
