"""One parser that decides everything about a document of `bot_schedules`. P19, P55.

What a schedule has in common with a bot is `documents`' matter; here is when it runs and for how long. What cannot be
understood parks this one schedule, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed
from the0_actors.actors.domain.documents import is_enabled, parse_bot
from the0_actors.actors.domain.durations import parse_duration
from the0_actors.actors.domain.launch import Kind, LaunchSpec, name_in
from the0_actors.actors.errors import InvalidSchedule, MalformedDocument
from the0_actors.actors.schedule.timetable import DEFAULT_ZONE, LAST, Timetable, read_timetable

NEXT: Final = "next_execution_time"
"""The member that the platform's scheduler and we share: Unix seconds."""
DEFAULT_TIMEOUT: Final = 3600.0
"""Seconds that a run may take when `config.timeout` says nothing. The platform had no limit."""
LONGEST_TIMEOUT: Final = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Basis:
    """What a new due time was computed from: whoever writes one compares these with what is stored then."""

    expression: object
    timezone: object
    next: object
    """As stored, whatever it is; None when there is none."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The schedule is to run as `spec` says, whenever `timetable` says."""

    spec: LaunchSpec
    timetable: Timetable
    timeout: float
    """Seconds that one run may take."""
    next_due: int | None
    """Unix seconds; None when what is stored is no usable time."""
    basis: Basis


ScheduleAnswer = Scheduled | Disabled | Deleted | Held | Malformed
"""What a read of one schedule can answer. Unreachable is raised."""


def answer(document: Mapping[str, Any]) -> Scheduled | Disabled | Malformed:
    """Say what a document wants. Disabled wins over malformed, so that a broken one can still be switched off."""
    if not is_enabled(document):
        return Disabled(name_in(document.get("config")))
    try:
        return Scheduled(
            spec=parse_bot(document, Kind.SCHEDULED).spec,
            timetable=timetable_of(document.get("config")),
            timeout=_timeout(_config(document.get("config")).get("timeout")),
            next_due=_next(document.get(NEXT)),
            basis=basis_of(document),
        )
    except MalformedDocument as error:
        return Malformed(str(error))


def timetable_of(config: object) -> Timetable:
    """Return when a `config` runs. Raises `InvalidSchedule` with one sentence that names the member."""
    members = _config(config)
    expression, zone = members.get("schedule"), members.get("timezone")
    if expression is None or expression == "":
        raise InvalidSchedule("config.schedule is missing: write a cron expression such as 0 9 * * *")
    if not isinstance(expression, str):
        raise InvalidSchedule("config.schedule is not a text")
    if zone is not None and not isinstance(zone, str):
        raise InvalidSchedule("config.timezone is not a text such as Europe/Berlin")
    try:
        return read_timetable(expression, zone or DEFAULT_ZONE)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"config.schedule: {error}") from None


def basis_of(document: Mapping[str, Any]) -> Basis:
    """Return what is compared before a new due time is written."""
    config = _config(document.get("config"))
    return Basis(config.get("schedule"), config.get("timezone"), document.get(NEXT))


def _config(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _next(value: object) -> int | None:
    # The platform wrote -62135596800, the year 1, for a date that never comes.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 < value < LAST else None


def _timeout(value: object) -> float:
    """Read seconds, or a Go duration. A limit that is wrong is told, since a run without one may block for ever."""
    seconds: object = value
    if value is None:
        return DEFAULT_TIMEOUT
    if isinstance(value, str):
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            raise MalformedDocument(f"config.timeout: {error}") from None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise MalformedDocument("config.timeout is neither seconds nor a duration such as 10m")
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise MalformedDocument(f"config.timeout is {seconds:g} seconds; write more than 0 and at most 30 days")
    return float(seconds)
