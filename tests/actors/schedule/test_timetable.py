"""Zones and changes of clocks: every change of 2020 to 2030 in six zones, against a scan of every minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from the0_actors.actors.schedule.counting import count_due
from the0_actors.actors.schedule.cron import Cron
from the0_actors.actors.schedule.timetable import Timetable, is_due, last_due, next_due, read_timetable

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Scoresbysund",  # its gap ends at midnight since 2024
    "Australia/Lord_Howe",  # half an hour
    "Africa/Cairo",  # at midnight
    "America/Santiago",
    "Africa/Casablanca",  # around Ramadan
)
EXPRESSIONS = (
    "30 2 * * *",
    "0 0 * * *",
    "30 23 * * *",
    "15,45 * * * *",
    "0 */2 * * *",
    "*/20 0-3 * * *",
    "7 1 * * 0",
    "59 23 * * 6",
    "* * * * *",
)
MINUTE = 60
HOUR = 3600


def changes(zone: str) -> Iterator[int]:
    """Yield the instants of 2020 to 2030 at which the zone's clocks change."""
    place, at = ZoneInfo(zone), datetime(2020, 1, 1, tzinfo=UTC)
    while at.year < 2031:
        after = at + timedelta(minutes=15)
        if at.astimezone(place).utcoffset() != after.astimezone(place).utcoffset():
            yield int(after.timestamp())
        at = after


CHANGES = [(zone, change) for zone in ZONES for change in changes(zone)]


Minute = tuple[int, list[datetime]]
"""An instant, and the wall times that are due then: its own if it is the first of that name, and what was skipped."""


def minutes(zone: str, start: int, end: int) -> list[Minute]:
    """Walk every minute and remember which wall times were there."""
    place, seen, found = ZoneInfo(zone), set[datetime](), list[Minute]()
    before = datetime.fromtimestamp(start - 26 * HOUR - MINUTE, place).replace(tzinfo=None)
    for at in range(start - 26 * HOUR, end, MINUTE):
        wall = datetime.fromtimestamp(at, place).replace(tzinfo=None, fold=0)
        due, passed = [] if wall in seen else [wall], before + timedelta(minutes=1)
        while passed < wall:
            due, passed = [*due, passed], passed + timedelta(minutes=1)
        seen.add(wall)
        before = max(before, wall)
        if at >= start:
            found.append((at, due))
    return found


def scanned(rule: object, scan: list[Minute]) -> list[int]:
    assert isinstance(rule, Cron)
    return [at for at, walls in scan if any(_matches(rule, wall) for wall in walls)]


def _matches(rule: Cron, wall: datetime) -> bool:
    in_time = rule.hours >> wall.hour & 1 and rule.minutes >> wall.minute & 1 and rule.months >> wall.month & 1
    return bool(in_time) and rule.on(wall.day, wall.isoweekday() % 7)


def walked(timetable: Timetable, start: int, end: int) -> list[int]:
    """Return what `next_due` says, step by step."""
    found, due = list[int](), next_due(timetable, start - 1)
    while due is not None and due < end:
        found.append(due)
        due = next_due(timetable, due)
    return found


def test_there_are_enough_changes_to_speak_of() -> None:
    assert len(CHANGES) > 7 * 15


@pytest.mark.parametrize("zone", ZONES)
def test_p20_every_change_of_clocks_runs_each_time_once(zone: str) -> None:
    for change in (change for of, change in CHANGES if of == zone):
        start, end = change - 5 * HOUR, change + 30 * HOUR
        scan = minutes(zone, start, end)
        for expression in EXPRESSIONS:
            timetable = read_timetable(expression, zone)
            expected = scanned(timetable.rule, scan)
            assert walked(timetable, start, end) == expected
            assert not expected or count_due(timetable, expected[0], end - 1) == len(expected)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.lists(st.integers(0, 59), min_size=1, max_size=3),
    st.lists(st.integers(0, 23), min_size=1, max_size=4),
)
def test_p20_random_times_around_a_change(at: tuple[str, int], of_hour: list[int], hours: list[int]) -> None:
    zone, change = at
    timetable = read_timetable(f"{','.join(map(str, of_hour))} {','.join(map(str, hours))} * * *", zone)
    start, end = change - 26 * HOUR, change + 26 * HOUR
    assert walked(timetable, start, end) == scanned(timetable.rule, minutes(zone, start, end))


def test_p20_a_skipped_time_runs_at_the_next_valid_minute_and_a_repeated_one_once() -> None:
    timetable = read_timetable("30 2 * * *", "Europe/Berlin")
    spring = walked(timetable, _at(2026, 3, 28), _at(2026, 3, 31))
    assert [datetime.fromtimestamp(due, ZoneInfo("Europe/Berlin")).strftime("%d %H:%M%z") for due in spring] == [
        "28 02:30+0100",
        "29 03:00+0200",
        "30 02:30+0200",
    ]
    autumn = walked(timetable, _at(2026, 10, 24), _at(2026, 10, 27))
    assert [datetime.fromtimestamp(due, ZoneInfo("Europe/Berlin")).strftime("%d %H:%M%z") for due in autumn] == [
        "24 02:30+0200",
        "25 02:30+0200",
        "26 02:30+0100",
    ]


def test_p20_seconds_are_skipped_and_repeated_like_minutes() -> None:
    timetable = read_timetable("*/30 59 * * * *", "Australia/Lord_Howe")
    for zone, change in CHANGES:
        if zone == timetable.zone:
            dues = walked(timetable, change - 3 * HOUR, change + 3 * HOUR)
            assert len(dues) == len(set(dues))
            assert dues == sorted(dues)


def test_p21_the_zone_stands_in_the_expression_else_in_the_config_else_it_is_utc() -> None:
    assert read_timetable("0 9 * * *").zone == "UTC"
    assert read_timetable("0 9 * * *", "Asia/Tokyo").zone == "Asia/Tokyo"
    assert read_timetable("CRON_TZ=Europe/Paris 0 9 * * *", "Asia/Tokyo").zone == "Europe/Paris"
    assert read_timetable("TZ= 0 9 * * *", "Asia/Tokyo").zone == "UTC"


def test_p21_the_machines_zone_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert next_due(read_timetable("0 9 * * *"), _at(2026, 1, 1)) == _at(2026, 1, 1) + 9 * HOUR


expressions = st.sampled_from((*EXPRESSIONS, "*/7 * * * * *", "@every 90s", "@hourly", "0 12 1 * *", "13 13 * * 1-5"))
moments = st.integers(_at_start := int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), _at_start + 10 * 365 * 86400)


@settings(max_examples=200, deadline=None)
@given(expressions, st.sampled_from(ZONES), moments, st.floats(0, 40 * HOUR))
def test_the_last_and_the_count_agree_with_a_walk(expression: str, zone: str, moment: int, gap: float) -> None:
    timetable = read_timetable(expression, zone)
    first = next_due(timetable, moment)
    assert first is not None
    now = first + gap
    dues = list[int]()
    due: int | None = first
    while due is not None and due <= now:
        dues.append(due)
        due = next_due(timetable, due)
    assert last_due(timetable, first, now) == dues[-1]
    assert count_due(timetable, first, dues[-1]) == len(dues)
    assert all(is_due(timetable, due) for due in dues[:5])


def test_p23_ten_years_are_counted_in_a_moment() -> None:
    timetable = read_timetable("* * * * *", "Europe/Berlin")
    first, last = _at(2020, 1, 1), _at(2030, 1, 1)
    assert count_due(timetable, first, last) == (last - first) // 60 + 1 - 10 * 60
    assert last_due(timetable, first, last + 59.9) == last


def test_a_time_between_two_is_none() -> None:
    timetable = read_timetable("0 9 * * *")
    assert is_due(timetable, _at(2026, 1, 1) + 9 * HOUR)
    assert not is_due(timetable, _at(2026, 1, 1) + 9 * HOUR + 1)


def _at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())
