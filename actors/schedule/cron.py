"""Reads a cron expression: six fields first, then five, and the descriptors. Pure.

It says what an expression means, not when that is: zones and changes of clocks are `timetable`'s.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import Final

from the0_actors.actors.domain.durations import parse_duration
from the0_actors.actors.errors import InvalidSchedule
from the0_actors.actors.schedule import fields

YEARS: Final = 9
"""How far a search looks: 29 February is at most eight years away (1896 to 1904, 2096 to 2104)."""
LONGEST: Final = 512
"""Characters of an expression."""

_ORDER: Final = (fields.SECOND, fields.MINUTE, fields.HOUR, fields.DAY, fields.MONTH, fields.WEEKDAY)
_DESCRIPTORS: Final = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_EVERY: Final = "@every "
_SAMPLE: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall time; the year has a 29 February


@dataclass(frozen=True, slots=True)
class Cron:
    """Wall times that match: one set per field, as in `fields`."""

    seconds: int
    minutes: int
    hours: int
    days: int
    months: int
    weekdays: int
    """Bit 0 is Sunday."""
    either: bool
    """Day and weekday are both restricted: either one is enough."""

    def after(self, wall: datetime) -> datetime | None:
        """Return the first matching wall time after `wall`; None when there is none for `YEARS` years."""
        start = wall.replace(microsecond=0) + timedelta(seconds=1)
        day, time = start.date(), self._time(start.hour, start.minute, start.second)
        last = min(start.year + YEARS, MAXYEAR - 1)
        while day.year <= last:
            if not self.months >> day.month & 1:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            elif time is not None and self.on(day.day, day.isoweekday() % 7):
                return datetime(day.year, day.month, day.day, *time)  # noqa: DTZ001 - a wall time
            else:
                day += timedelta(days=1)
            time = self._time(0, 0, 0)
        return None

    def on(self, day: int, weekday: int) -> bool:
        """Tell whether a day matches, its month aside."""
        by_day, by_weekday = bool(self.days >> day & 1), bool(self.weekdays >> weekday & 1)
        return by_day or by_weekday if self.either else by_day and by_weekday

    def _time(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """Return the first matching time of day at or after this one."""
        if (found := _least(self.hours, hour)) is None:
            return None
        if found > hour:
            return found, _first(self.minutes), _first(self.seconds)
        later_second = _least(self.seconds, second)
        if self.minutes >> minute & 1 and later_second is not None:
            return hour, minute, later_second
        if (later_minute := _least(self.minutes, minute + 1)) is not None:
            return hour, later_minute, _first(self.seconds)
        later_hour = _least(self.hours, hour + 1)
        return None if later_hour is None else (later_hour, _first(self.minutes), _first(self.seconds))


@dataclass(frozen=True, slots=True)
class Every:
    """A fixed pace from one due time to the next, whatever the clock on the wall says."""

    seconds: int


Rule = Cron | Every


def parse(text: str) -> Rule:
    """Read an expression without its zone. Raises `InvalidSchedule` with one sentence and a hint."""
    if len(text) > LONGEST:
        raise InvalidSchedule(f"the expression has {len(text)} characters; {LONGEST} are allowed")
    if text.startswith("@"):
        return _descriptor(text)
    words = text.split()
    if len(words) == len(_ORDER) - 1:
        words = ["0", *words]
    if len(words) != len(_ORDER):
        raise InvalidSchedule(_miscounted(len(words)))
    return _cron(words)


def _cron(words: list[str]) -> Cron:
    second, minute, hour, day, month, weekday = map(fields.read, words, _ORDER)
    either = not (day.star or weekday.star)
    cron = Cron(second.mask, minute.mask, hour.mask, day.mask, month.mask, weekday.mask, either)
    if cron.after(_SAMPLE) is None:
        raise InvalidSchedule(f"day {words[3]!r} of month {words[4]!r} never comes; write a day that the month has")
    return cron


def _miscounted(count: int) -> str:
    if count == 0:
        return "the expression is empty; write five fields: minute hour day month weekday, such as 0 9 * * *"
    if count == len(_ORDER) + 1:
        return "the expression has 7 fields, and a year is not known: leave the last one out"
    return f"the expression has {count} fields; write five (minute hour day month weekday), or six with seconds first"


def _descriptor(text: str) -> Rule:
    if text.startswith(_EVERY):
        return _every(text.removeprefix(_EVERY))
    expression = _DESCRIPTORS.get(text)
    if expression is None:
        raise InvalidSchedule(f"{text!r} is not known; write one of {', '.join(_DESCRIPTORS)}, or @every 90s")
    return _cron(expression.split())


def _every(text: str) -> Every:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise InvalidSchedule(f"@every: {error}") from None
    if seconds < 0:
        raise InvalidSchedule(f"@every {text} is negative; write a pace such as @every 90s")
    return Every(max(1, int(seconds)))


def _least(mask: int, at: int) -> int | None:
    """Return the smallest member that is at least `at`."""
    rest = mask >> at
    return None if not rest else at + (rest & -rest).bit_length() - 1


def _first(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
