"""What somebody should know of a bot whatever its phase, in words. Pure; bots and schedules share it.

Each is told for as long as it lasts: in the reason, and with it as a warning in the log.
"""

from typing import Protocol

from the0_actors.actors.bot import shortage, stops
from the0_actors.actors.bot.state import Refusal, Stopping
from the0_actors.actors.domain.observed import Observed


class Troubled(Protocol):
    """What a state tells of its troubles."""

    @property
    def stopping(self) -> Stopping | None:
        """A stop on its way."""
        ...

    @property
    def astray(self) -> tuple[Observed, ...]:
        """Containers beside its one."""
        ...

    @property
    def have(self) -> object:
        """Its one container."""
        ...

    @property
    def short(self) -> str:
        """Id of a container that lives on short of memory."""
        ...

    @property
    def refusal(self) -> Refusal | None:
        """A call that fails."""
        ...


def troubles_of(state: Troubled) -> tuple[str, ...]:
    """Return a state's troubles. One failure in between is none: an engine may be away for a moment."""
    troubles = [f"a second container, {one.name}, is being stopped" for one in state.astray]
    if state.stopping is not None and state.stopping.killed_after is not None:
        troubles.append(stops.in_words(state.stopping.killed_after))
    if state.refusal is not None and state.refusal.retry.failures > 1:
        troubles.append(state.refusal.retry.reason)
    if isinstance(state.have, Observed) and state.have.container_id == state.short and state.stopping is None:
        troubles.append(shortage.IN_WORDS)
    return tuple(troubles)
