"""How many times a timetable was due in a stretch of time, without walking through them all. Pure.

Whole days are multiplied out; only days near a change of clocks are walked.
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from the0_actors.actors.schedule.cron import Cron
from the0_actors.actors.schedule.timetable import Timetable, instant, next_due

_DAY: Final = 86400
_ONE: Final = timedelta(days=1)


def count_due(timetable: Timetable, first: int, last: int) -> int:
    """Return the number of due times from `first` to `last`, both included; `first` is one."""
    rule = timetable.rule
    if not isinstance(rule, Cron):
        return max(0, (last - first) // rule.seconds + 1)
    zone = ZoneInfo(timetable.zone)
    day = datetime.fromtimestamp(first, zone).date() - _ONE
    before, start = _midnight(day - _ONE, zone), _midnight(day, zone)
    total = 0
    while start <= last:
        end = _midnight(day + _ONE, zone)
        low, high = max(first, start), min(last, end - 1)
        if low <= high:
            # The day after a change may begin with what the change skipped.
            regular = end - start == start - before == _DAY
            total += _on_day(rule, day, low - start, high - start) if regular else _walk(timetable, low, high)
        day, before, start = day + _ONE, start, end
    return total


def _midnight(day: date, zone: ZoneInfo) -> int:
    return instant(datetime.combine(day, time()), zone)


def _walk(timetable: Timetable, low: int, high: int) -> int:
    found, due = 0, next_due(timetable, low - 1)
    while due is not None and due <= high:
        found, due = found + 1, next_due(timetable, due)
    return found


def _on_day(rule: Cron, day: date, low: int, high: int) -> int:
    if not (rule.months >> day.month & 1 and rule.on(day.day, day.isoweekday() % 7)):
        return 0
    return _times_before(rule, high + 1) - _times_before(rule, low)


def _times_before(rule: Cron, second_of_day: int) -> int:
    hour, rest = divmod(second_of_day, 3600)
    minute, second = divmod(rest, 60)
    in_minute = _below(rule.seconds, second) if rule.minutes >> minute & 1 else 0
    in_hour = _below(rule.minutes, minute) * rule.seconds.bit_count() + in_minute if rule.hours >> hour & 1 else 0
    return _below(rule.hours, hour) * rule.minutes.bit_count() * rule.seconds.bit_count() + in_hour


def _below(mask: int, limit: int) -> int:
    return (mask & ((1 << limit) - 1)).bit_count()
