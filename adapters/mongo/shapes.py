"""What the writer of events writes for bots, and what for schedules: the one difference between the two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bson.int64 import Int64

from the0_actors.actors.domain.events import BotEvent
from the0_actors.actors.domain.schedules import NEXT, Basis
from the0_actors.actors.domain.stored import changes_for, document_for
from the0_actors.actors.domain.stored_schedules import first_due, schedule_change, schedule_members


@dataclass(frozen=True, slots=True)
class Write:
    """One update of a document that is there."""

    update: Mapping[str, Any]
    compare: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What must still stand."""


class Shape(Protocol):
    """Turns events into writes. Raises `MalformedDocument` for an event that can never be stored."""

    def whole(self, event: BotEvent, segment: int) -> dict[str, Any]:
        """Return the document of a new one, without `_id`."""
        ...

    def change(self, event: BotEvent, present: Mapping[str, Any]) -> Write:
        """Return what the event changes."""
        ...


class BotShape:
    """Documents of `bots`."""

    def whole(self, event: BotEvent, segment: int) -> dict[str, Any]:
        """Return the platform's members."""
        return document_for(event, segment)

    def change(self, event: BotEvent, present: Mapping[str, Any]) -> Write:
        """Set `config` and `custom`, whatever they are now."""
        del present
        return Write({"$set": changes_for(event)})


class ScheduleShape:
    """Documents of `bot_schedules`: with the next due time, which a run's end writes too."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall

    def whole(self, event: BotEvent, segment: int) -> dict[str, Any]:
        """Return the platform's members, and when it is due first."""
        members = schedule_members(event)
        due = first_due(members, self._wall())
        moment = {} if due is None else {NEXT: Int64(due)}
        return {**document_for(event, segment), **members, **moment}

    def change(self, event: BotEvent, present: Mapping[str, Any]) -> Write:
        """Set `config` and `custom`; the due time only where it changes, and only if nobody else moved it."""
        change = schedule_change(event, present, self._wall())
        if change.basis is None:
            return Write({"$set": change.members})
        if change.due is None:
            return Write({"$set": change.members, "$unset": {NEXT: ""}}, standing(change.basis))
        return Write({"$set": {**change.members, NEXT: Int64(change.due)}}, standing(change.basis))


def standing(basis: Basis) -> dict[str, Any]:
    """Return the filter that finds a document only while the basis stands. A missing member equals none."""
    return {"config.schedule": basis.expression, "config.timezone": basis.timezone, NEXT: basis.next}
