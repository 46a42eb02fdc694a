"""When an expression is due: zones and changes of clocks. Pure. P20, P21.

Times are Unix seconds. A wall time that a change of clocks skips is due once, at the first valid minute after it; one
that a change repeats is due once, at its first. The zone stands in the expression (`CRON_TZ=`, `TZ=`), else it is the
one given, else UTC; never the machine's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from the0_actors.actors.errors import InvalidSchedule
from the0_actors.actors.schedule.cron import Cron, Rule, parse

DEFAULT_ZONE: Final = "UTC"
LAST: Final = 253370764800
"""The year 9999: no due time lies beyond it."""

_PREFIXES: Final = ("CRON_TZ=", "TZ=")
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Timetable:
    """An expression, understood."""

    rule: Rule
    zone: str
    """A name that `ZoneInfo` knows."""


def read_timetable(expression: str, zone: str = DEFAULT_ZONE) -> Timetable:
    """Understand an expression; `zone` counts when it names none. Raises `InvalidSchedule`."""
    for prefix in _PREFIXES:
        if expression.startswith(prefix):
            named, space, rest = expression.removeprefix(prefix).partition(" ")
            if not space:
                raise InvalidSchedule(f"after {prefix}{named} there is no expression; write {prefix}{named} 0 9 * * *")
            return Timetable(parse(rest.strip()), _zone(named))
    return Timetable(parse(expression), _zone(zone))


def next_due(timetable: Timetable, after: float) -> int | None:
    """Return the first due time after `after`; None when none is left before the year 9999."""
    if not isinstance(timetable.rule, Cron):
        following = int(after // 1) + timetable.rule.seconds
        return following if following < LAST else None
    if after >= LAST:
        return None
    zone = ZoneInfo(timetable.zone)
    wall = datetime.fromtimestamp(after // 1, zone).replace(tzinfo=None, fold=0)
    # In the second pass of a repeated hour the wall times that follow were due in the first one: go on past them.
    while (match := timetable.rule.after(wall)) is not None:
        wall = match
        due = instant(match, zone)
        if due > after:
            return due
    return None


def last_due(timetable: Timetable, first: int, now: float) -> int:
    """Return the last due time up to `now`, given that `first` is one and not after `now`. Bisects."""
    if not isinstance(timetable.rule, Cron):
        pace = timetable.rule.seconds
        return first + int((now - first) // pace) * pace
    low, high = first - 1, int(now // 1)
    while high - low > 1:
        middle = (low + high) // 2
        due = next_due(timetable, middle)
        low, high = (middle, high) if due is not None and due <= now else (low, middle)
    return high


def is_due(timetable: Timetable, at: int) -> bool:
    """Tell whether a time can be a due time. For a pace every time can."""
    return not isinstance(timetable.rule, Cron) or next_due(timetable, at - 1) == at


def instant(wall: datetime, zone: ZoneInfo) -> int:
    """Return when a wall time is due: the end of the gap that it lies in, or its first pass."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # In a gap, and only there, the way to UTC and back does not return.
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return int(moment.timestamp())
    return _gap_end(moment, zone)


def _gap_end(inside: datetime, zone: ZoneInfo) -> int:
    """Return the first whole minute after the change of clocks. `inside` is as far past it as the wall time."""
    low, high = int((inside - timedelta(days=1)).timestamp()), int(inside.timestamp())
    offset = inside.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        changed = datetime.fromtimestamp(middle, zone).utcoffset() == offset
        low, high = (low, middle) if changed else (middle, high)
    return -(-high // _MINUTE) * _MINUTE


def _zone(name: str) -> str:
    chosen = name or DEFAULT_ZONE
    try:
        ZoneInfo(chosen)
    except (ValueError, OSError, KeyError):
        raise InvalidSchedule(f"the time zone {name!r} is not known; write one such as UTC or Europe/Berlin") from None
    return chosen
