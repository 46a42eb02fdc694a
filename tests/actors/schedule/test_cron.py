"""The dialect: the contract's vectors, refusals with their hints, random expressions against two other readers."""

from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from the0_actors.actors.errors import InvalidSchedule
from the0_actors.actors.schedule.cron import Cron, parse
from the0_actors.actors.schedule.timetable import next_due, read_timetable

BASE = datetime(2026, 1, 1, 12, 30, 30, 500000, UTC).timestamp()

# What the platform's own scheduler says of each.
VECTORS = {
    "* * * * *": "2026-01-01T12:31:00Z",
    "*/5 * * * *": "2026-01-01T12:35:00Z",
    "5/15 * * * *": "2026-01-01T12:35:00Z",
    "0 9 * * *": "2026-01-02T09:00:00Z",
    "  0 9 * * * ": "2026-01-02T09:00:00Z",
    "0 0 13 * 5": "2026-01-02T00:00:00Z",
    "0 0 */2 * 1": "2026-01-03T00:00:00Z",
    "0 0 * * SUN": "2026-01-04T00:00:00Z",
    "0 0 ? * MON": "2026-01-05T00:00:00Z",
    "0 0 1 JAN *": "2027-01-01T00:00:00Z",
    "0 0 29 2 *": "2028-02-29T00:00:00Z",
    "*/10 * * * * *": "2026-01-01T12:30:40Z",
    "30 0 9 * * *": "2026-01-02T09:00:30Z",
    "@hourly": "2026-01-01T13:00:00Z",
    "@daily": "2026-01-02T00:00:00Z",
    "@midnight": "2026-01-02T00:00:00Z",
    "@weekly": "2026-01-04T00:00:00Z",
    "@monthly": "2026-02-01T00:00:00Z",
    "@yearly": "2027-01-01T00:00:00Z",
    "@annually": "2027-01-01T00:00:00Z",
    "@every 90s": "2026-01-01T12:32:00Z",
    "@every 1h30m": "2026-01-01T14:00:30Z",
    "@every 100ms": "2026-01-01T12:30:31Z",
    "CRON_TZ=America/New_York 0 9 * * *": "2026-01-01T14:00:00Z",
    "TZ=America/New_York 0 9 * * *": "2026-01-01T14:00:00Z",
    "TZ=Asia/Tokyo @daily": "2026-01-01T15:00:00Z",
}

REFUSED = {
    "0 0 * * 7": "write 0 or SUN",
    "0 0 * * 5-7": "write 5-6,0",
    "* * * * * * *": "leave the last one out",
    "0 0 L * *": "28-31",
    "0 0 15W * *": "28-31",
    "0 0 * * 5L": "write the weekday alone",
    "0 0 * * 5#2": "write the weekday alone",
    "0 22-2 * * *": "write 22-23,0-2",
    "60 * * * *": "outside 0-59; write 0",
    "0 24 * * *": "outside 0-23; write 0",
    "0 0 0 * *": "outside 1-31",
    "0 0 * 13 *": "outside 1-12",
    "0 0 * FOO *": "JAN, FEB",
    "*/0 * * * *": "step of 1 or more",
    "*/-1 * * * *": "not understood",
    "1/2/3 * * * *": "more than one /",
    "1-2-3 * * * *": "more than one -",
    "1-JAN * * * *": "not understood",
    "* * * *": "4 fields; write five",
    "": "empty; write five fields",
    "   ": "empty; write five fields",
    "@reboot": "@hourly",
    "@every soon": "not a duration",
    "@every -1m": "negative",
    " @hourly": "1 fields",
    "0 0 30 2 *": "never comes",
    "0 0 31 4,6,9,11 *": "never comes",
    ", * * * *": "never comes",
    "TZ=Mars/Olympus 0 9 * * *": "zone 'Mars/Olympus' is not known",
    "TZ=../../etc/passwd 0 9 * * *": "is not known",
    "CRON_TZ=UTC": "write CRON_TZ=UTC 0 9 * * *",
    "9" * 600: "512 are allowed",
}


@pytest.mark.parametrize("expression", VECTORS)
def test_utl_01_the_platforms_vectors(expression: str) -> None:
    due = next_due(read_timetable(expression), BASE)
    assert due is not None
    assert datetime.fromtimestamp(due, UTC) == datetime.fromisoformat(VECTORS[expression])


@pytest.mark.parametrize("expression", REFUSED)
def test_p22_what_the_platform_refuses_is_refused_with_a_hint(expression: str) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        read_timetable(expression)
    assert REFUSED[expression] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_five_fields_are_six_with_second_zero() -> None:
    assert parse("*/7 3-5 * feb-APR mon") == parse("0 */7 3-5 * feb-APR mon")


def test_odd_spellings_that_the_platform_takes_are_taken() -> None:
    assert parse("*-9 +5 1,,2 * *") == parse("* 5 1-2 * *")
    assert parse("*/1 * 1 * 1") != parse("*/1 * */2 * 1")


def test_utl_04_and_05_the_next_day_and_the_next_weekday() -> None:
    sunday_noon = datetime(2023, 1, 1, 12, tzinfo=UTC).timestamp()
    for expression, hour in (("0 9 * * *", 9), ("0 10 * * 1", 10)):
        due = next_due(read_timetable(expression), sunday_noon)
        assert due == datetime(2023, 1, 2, hour, tzinfo=UTC).timestamp()


def test_29_february_is_found_across_a_century_without_one() -> None:
    due = next_due(read_timetable("0 0 29 2 *"), datetime(2097, 1, 1, tzinfo=UTC).timestamp())
    assert due == datetime(2104, 2, 29, tzinfo=UTC).timestamp()


def test_time_ends_in_the_year_9999() -> None:
    assert next_due(read_timetable("* * * * *"), 253402300799) is None
    assert next_due(read_timetable("@every 1h"), 253402300799) is None


# random expressions


def _values(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    single = number.map(str)
    # Not 3-3, which croniter takes for all weekdays.
    span = pair.filter(lambda ends: ends[0] < ends[1]).map(lambda ends: f"{ends[0]}-{ends[1]}")
    stepped = st.tuples(span, st.integers(1, high)).map(lambda got: f"{got[0]}/{got[1]}")
    return st.lists(single | span | stepped, min_size=1, max_size=3).map(",".join)


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.just("*") | st.integers(2, high).map("*/{}".format) | _values(low, high)


days = (
    st.tuples(_values(1, 28), st.just("*"))
    | st.tuples(st.just("*"), _values(0, 5))
    | st.tuples(_values(1, 30), _values(0, 5))
    | st.just(("*", "*"))
)
"""Day and weekday, where all readers agree on what a star means: neither lists all that there is."""


@st.composite
def expressions(draw: st.DrawFn) -> str:
    day, weekday = draw(days)
    return f"{draw(_field(0, 59))} {draw(_field(0, 23))} {day} {draw(st.just('*') | _values(1, 12))} {weekday}"


moments = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
)


@settings(max_examples=300, deadline=None)
@given(expressions(), moments)
def test_random_expressions_agree_with_croniter(expression: str, moment: int) -> None:
    ours, timetable = float(moment), read_timetable(expression)
    theirs = croniter(expression, datetime.fromtimestamp(moment, UTC))
    for _ in range(4):
        due = next_due(timetable, ours)
        assert due == theirs.get_next(float)
        ours = float(due or 0)


@settings(max_examples=200, deadline=None)
@given(_field(0, 59), expressions(), moments)
def test_random_expressions_with_seconds_agree_with_croniter(second: str, rest: str, moment: int) -> None:
    theirs = croniter(f"{second} {rest}", datetime.fromtimestamp(moment, UTC), second_at_beginning=True)
    due = next_due(read_timetable(f"{second} {rest}"), moment)
    assert due == theirs.get_next(float)


@settings(max_examples=150, deadline=None)
@given(expressions(), moments)
def test_random_expressions_agree_with_a_scan_of_every_minute(expression: str, moment: int) -> None:
    rule = parse(expression)
    assert isinstance(rule, Cron)
    wall = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)
    minute = wall.replace(second=0) + timedelta(minutes=1)
    limit = minute + timedelta(days=40)
    while minute < limit and not _matches(rule, minute):
        minute += timedelta(minutes=1)
    found = rule.after(wall)
    assert found is not None
    assert found == minute if minute < limit else found >= limit


def _matches(rule: Cron, wall: datetime) -> bool:
    in_month = bool(rule.months >> wall.month & 1)
    in_time = bool(rule.hours >> wall.hour & 1 and rule.minutes >> wall.minute & 1)
    day = bool(rule.days >> wall.day & 1)
    weekday = bool(rule.weekdays >> (wall.weekday() + 1) % 7 & 1)
    return in_month and in_time and (day or weekday if rule.either else day and weekday)


@given(st.text(alphabet="0123456789*/-,?LW#@ JANSUN", max_size=30) | st.text(max_size=30))
def test_p19_any_text_is_either_understood_or_refused(text: str) -> None:
    try:
        timetable = read_timetable(text)
    except InvalidSchedule:
        return
    due = next_due(timetable, BASE)
    assert due is not None
    assert due > BASE
