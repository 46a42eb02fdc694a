"""The writer's side of a document of `bot_schedules`.

As a bot's, with dates as the platform writes them there, and with the next due time: it is computed when a schedule is
made, when its expression or zone changes, when it is switched on again, and when what stands there is no usable time.
A schedule that can never be due is stored without one, so that no scheduler takes it for due at every look (P19).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from the0_actors.actors.domain.documents import is_enabled
from the0_actors.actors.domain.events import BotEvent
from the0_actors.actors.domain.schedules import NEXT, Basis, answer, basis_of, timetable_of
from the0_actors.actors.domain.stored import changes_for
from the0_actors.actors.errors import InvalidSchedule, MalformedDocument
from the0_actors.actors.schedule.timetable import next_due

NO_DATE: Final = "0001-01-01T00:00:00Z"
"""What the platform writes for a date that is missing."""

_STAMPS: Final = ("createdAt", "updatedAt")
_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changes in a document that is there."""

    members: dict[str, Any]
    """To be set."""
    basis: Basis | None = None
    """Given when the due time is written too: it must still stand."""
    due: int | None = None
    """The new due time; None beside a basis takes it away."""


def schedule_members(event: BotEvent) -> dict[str, Any]:
    """Return `config` and `custom` as they are stored. Raises `MalformedDocument` for what can never be."""
    members = changes_for(event)
    for name in _STAMPS:
        members["custom"][name] = _stamp(members["custom"][name], f"custom.{name}")
    return members


def first_due(members: Mapping[str, Any], now: float) -> int | None:
    """Return when a new schedule is due first; None for one that is parked."""
    try:
        return next_due(timetable_of(members.get("config")), now)
    except InvalidSchedule:
        return None


def schedule_change(event: BotEvent, present: Mapping[str, Any], now: float) -> Change:
    """Return what an event changes in the document that is `present`."""
    members = schedule_members(event)
    before, basis = answer(present), basis_of(present)
    after = basis_of({**members, NEXT: basis.next})
    usable = getattr(before, "next_due", None) is not None or not is_enabled(present)
    enabled = is_enabled({**present, **members}) and not is_enabled(present)
    if after == basis and usable and not enabled:
        return Change(members)
    due = first_due(members, now)
    return Change(members, basis, due)


def _stamp(text: str, where: str) -> str:
    if not text:
        return NO_DATE
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise MalformedDocument(f"{where} is not a date such as 2026-01-02T10:00:00Z")
    whole = "".join(found.groups())
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        raise MalformedDocument(f"{where} is not a date that exists") from None
    return whole
