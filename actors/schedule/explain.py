"""A timetable in words, and its next due times: what `schedule explain` prints. Pure. P22."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.schedule import fields
from the0_actors.actors.schedule.cron import Cron
from the0_actors.actors.schedule.fields import Field, members
from the0_actors.actors.schedule.timetable import Timetable, next_due

RUNS: Final = 5

_FEW: Final = 2
"""From this many numbers in a row on, a range is written."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an operator reads."""

    words: str
    """One sentence without its zone, such as `at 09:00 on Monday`."""
    zone: str
    runs: tuple[datetime, ...]
    """The next due times, in the zone."""
    warning: str
    """What may not be meant, or the empty string."""


def explain(timetable: Timetable, now: float, runs: int = RUNS) -> Explanation:
    """Say a timetable in words, with its due times after `now` (Unix seconds)."""
    zone, due, times = ZoneInfo(timetable.zone), next_due(timetable, now), list[datetime]()
    while due is not None and len(times) < runs:
        times.append(datetime.fromtimestamp(due, zone))
        due = next_due(timetable, due)
    return Explanation(words(timetable), timetable.zone, tuple(times), _warning(timetable))


def words(timetable: Timetable) -> str:
    """Return the sentence."""
    rule = timetable.rule
    if not isinstance(rule, Cron):
        return f"every {format_duration(rule.seconds)}"
    return " ".join(part for part in (_time(rule), _days(rule), _months(rule)) if part)


def _warning(timetable: Timetable) -> str:
    rule = timetable.rule
    if not isinstance(rule, Cron) or rule.seconds.bit_count() == 1:
        return ""
    return f"{rule.seconds.bit_count()} times in each minute: the first of six fields is the second"


def _time(rule: Cron) -> str:
    sets = rule.hours, rule.minutes, rule.seconds
    if all(mask.bit_count() == 1 for mask in sets):
        hour, minute, second = (members(mask)[0] for mask in sets)
        return f"at {hour:02}:{minute:02}" + (f":{second:02}" if second else "")
    parts = [] if rule.seconds == 1 else [_of("second", rule.seconds, fields.SECOND)]
    if parts != ["every second"] or rule.minutes != fields.MINUTE.whole:
        # After a choice of seconds "every 15 minutes" would read like a pace.
        parts.append(_of("minute", rule.minutes, fields.MINUTE, stepped=not parts))
    if rule.hours != fields.HOUR.whole or not parts[-1].startswith("every"):
        parts.append(_of("hour", rule.hours, fields.HOUR))
    return " of ".join(parts)


def _of(unit: str, mask: int, about: Field, *, stepped: bool = True) -> str:
    if mask == about.whole:
        return f"every {unit}"
    step = _step(mask, about) if stepped else 0
    return f"every {step} {unit}s" if step else f"{unit} {_list(mask)}"


def _step(mask: int, about: Field) -> int:
    """Return the step of a set that goes evenly round the clock, else 0."""
    numbers = members(mask)
    if len(numbers) < 2 or numbers[0] != about.low:  # noqa: PLR2004 - a step lies between two
        return 0
    step = numbers[1] - numbers[0]
    whole = fields.bits(about.low, about.high, step)
    return step if mask == whole and (about.high + 1) % step == 0 else 0


def _days(rule: Cron) -> str:
    every_day, every_weekday = rule.days == fields.DAY.whole, rule.weekdays == fields.WEEKDAY.whole
    day, weekday = f"day {_list(rule.days)}", _list(rule.weekdays, _WEEKDAYS)
    if rule.either:
        return f"on {day} of the month or on {weekday}"
    if every_day and every_weekday:
        return "every day" if rule.hours != fields.HOUR.whole else ""
    if every_weekday:
        return f"on {day} of the month"
    return f"on {weekday}" if every_day else f"on {day} of the month if it is {weekday}"


def _months(rule: Cron) -> str:
    return "" if rule.months == fields.MONTH.whole else f"in {_list(rule.months, _MONTHS)}"


def _list(mask: int, names: tuple[str, ...] = ()) -> str:
    """Write a set as numbers and ranges: `0, 15, 30-35`."""
    runs: list[list[int]] = []
    for number in members(mask):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])

    def name(number: int) -> str:
        return names[number] if names else str(number)

    pieces: list[str] = []
    for run in runs:
        pieces += [f"{name(run[0])}-{name(run[-1])}"] if len(run) > _FEW else [name(number) for number in run]
    return ", ".join(pieces)


_WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS: Final = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
