"""A process of a bot was killed for lack of memory, and the bot goes on. Pure; bots and schedules share it.

The engine tells of both in one way, the first process's end and a child's: whether the container lives on shows at the
look that follows. One that has ended tells it as its end.
"""

from typing import Protocol, Self, TypeVar

from the0_actors.actors.domain.observed import Observed, Status

IN_WORDS = "a process of it was killed for lack of memory; it goes on without"


class Short(Protocol):
    """What both kinds of state have."""

    @property
    def short_told(self) -> str:
        """Id of the container that the engine said it of; not looked at since."""
        ...

    @property
    def short(self) -> str:
        """Id of the container that lived on."""
        ...

    def _replace(self, *, short_told: str = ..., short: str = ..., look_due: bool = ...) -> Self: ...


S = TypeVar("S", bound=Short)


def told(state: S, container_id: str) -> S:
    """Look what became of a container that an event is about."""
    return state._replace(short_told=container_id, look_due=True)


def looked(state: S, container: Observed) -> S:
    """Learn from a look whether it lives on."""
    if state.short_told != container.container_id:
        return state
    lives = container.status in {Status.RUNNING, Status.PAUSED}
    return state._replace(short_told="", short=container.container_id if lives else "")
