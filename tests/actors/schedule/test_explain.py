"""Words that an operator can check an expression with."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from the0_actors.actors.schedule.explain import explain, words
from the0_actors.actors.schedule.timetable import read_timetable

WORDS = {
    "* * * * *": "every minute",
    "*/5 * * * *": "every 5 minutes",
    "*/7 * * * *": "minute 0, 7, 14, 21, 28, 35, 42, 49, 56 of every hour",
    "0 9 * * *": "at 09:00 every day",
    "30 0 9 * * *": "at 09:00:30 every day",
    "0 9 * * 1-5": "at 09:00 on Monday-Friday",
    "0 9 1,15 * *": "at 09:00 on day 1, 15 of the month",
    "0 9 13 * 5": "at 09:00 on day 13 of the month or on Friday",
    "0 0 1 1,JUL *": "at 00:00 on day 1 of the month in January, July",
    "*/10 9-17 * * *": "every 10 minutes of hour 9-17 every day",
    "* * * * * *": "every second",
    "* */15 * * * *": "every second of minute 0, 15, 30, 45 of every hour",
    "@hourly": "minute 0 of every hour",
    "@every 90s": "every 1m30s",
}


@pytest.mark.parametrize("expression", WORDS)
def test_words(expression: str) -> None:
    assert words(read_timetable(expression)) == WORDS[expression]


def test_the_next_five_are_in_the_zone() -> None:
    told = explain(read_timetable("0 9 * * *", "Asia/Tokyo"), datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert told.zone == "Asia/Tokyo"
    assert [run.isoformat() for run in told.runs] == [f"2026-01-0{day}T09:00:00+09:00" for day in range(2, 7)]
    assert all(run.tzinfo == ZoneInfo("Asia/Tokyo") for run in told.runs)


def test_p22_six_fields_that_run_many_times_a_minute_are_told() -> None:
    assert "60 times in each minute" in explain(read_timetable("* */15 * * * *"), 0).warning
    assert not explain(read_timetable("*/15 * * * *"), 0).warning
