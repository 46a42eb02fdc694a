"""Whether what the engine tells without being asked is news. Pure; bots and schedules share it.

An event or a listing never says how things stand: it may be older than our last call. But one that says what the last
answer said is no reason to look, and one that differs is. What is told while a call is under way is weighed when its
answer is known: the start that it tells of is most often our own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol, Self, TypeVar

from the0_actors.actors.bot.effects import Find, Look
from the0_actors.actors.bot.messages import ContainerHint, ContainersSeen
from the0_actors.actors.bot.state import Unknown
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Happening

Sighting = ContainerHint | ContainersSeen

MOST: Final = 4
"""Sightings that are kept until an answer: where there are more, one differs."""
_SAYS: Final[Mapping[Happening, Status]] = MappingProxyType(
    {Happening.STARTED: Status.RUNNING, Happening.DIED: Status.EXITED, Happening.PAUSED: Status.PAUSED}
)
"""What an event says of its container; one of another kind is news in any case."""


class Sighted(Protocol):
    """What both kinds of state have."""

    @property
    def have(self) -> object:
        """Its container."""
        ...

    @property
    def astray(self) -> tuple[Observed, ...]:
        """More of them."""
        ...

    @property
    def call(self) -> object:
        """The engine call in flight."""
        ...

    @property
    def look_due(self) -> bool:
        """It is to look."""
        ...

    @property
    def find_due(self) -> bool:
        """It is to list its containers."""
        ...

    @property
    def heard(self) -> tuple[Sighting, ...]:
        """What was told during the call in flight."""
        ...

    def _replace(self, *, look_due: bool = ..., find_due: bool = ..., heard: tuple[Sighting, ...] = ...) -> Self: ...


S = TypeVar("S", bound=Sighted)


def hear(state: S, sighting: Sighting) -> S:
    """Return the state after something was told."""
    if isinstance(state.call, Look | Find) or isinstance(state.have, Unknown):
        # What is under way may have begun before, and with nothing known everything is news.
        return _look(state, sighting)
    if state.call is None:
        return _weigh(state, sighting)
    if sighting in state.heard:
        return state
    if len(state.heard) == MOST:
        return state._replace(look_due=True)
    return state._replace(heard=(*state.heard, sighting))


def weigh(state: S) -> S:
    """Return the state after an answer: what was told meanwhile is news, or it is what the answer says."""
    if not state.heard:
        return state
    heard, state = state.heard, state._replace(heard=())
    for sighting in heard:
        state = _look(state, sighting) if isinstance(state.have, Unknown) else _weigh(state, sighting)
    return state


def _weigh(state: S, sighting: Sighting) -> S:
    return _look(state, sighting) if _is_news(_known(state), sighting) else state


def _known(state: Sighted) -> dict[str, Status]:
    return {one.container_id: one.status for one in (*state.astray, state.have) if isinstance(one, Observed)}


def _is_news(known: Mapping[str, Status], sighting: Sighting) -> bool:
    if isinstance(sighting, ContainersSeen):
        return set(sighting.containers) != set(known.items())
    status = known.get(sighting.container_id)
    if status is None:
        return sighting.happening is not Happening.REMOVED  # there is no less than none
    return _SAYS.get(sighting.happening) is not status


def _look(state: S, sighting: Sighting) -> S:
    """Have a look; list where there is one that nobody knows of."""
    known = _known(state)
    if isinstance(sighting, ContainersSeen):
        ids = {container_id for container_id, _ in sighting.containers}
        more = len(ids) > 1 and not ids <= known.keys()
    else:
        more = sighting.happening is Happening.STARTED and sighting.container_id not in known
    return state._replace(look_due=True, find_due=state.find_due or more)
