"""Durations as Go writes and reads them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("+0", 0.0),
        ("30s", 30.0),
        ("1h30m", 5400.0),
        ("2m0s", 120.0),
        ("100ms", 0.1),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("5.s", 5.0),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("1μs", 1e-6),
        ("1ns", 1e-9),
        ("-1.5s", -1.5),
        ("1m1m", 120.0),
        ("2562047h47m16.854775807s", 9223372036.854775807),
    ],
)
def test_parsing(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "3", "s", "1", "1x", "1 s", " 1s", "1s ", ".s", "1d", "\u0661s", "1s2", "--1s", "2562048h", "1e3s"],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (1e-9, "1ns"),
        (1.1e-6, "1.1µs"),
        (2.2e-3, "2.2ms"),
        (0.25, "250ms"),
        (1, "1s"),
        (3.3, "3.3s"),
        (120, "2m0s"),
        (245, "4m5s"),
        (245.001, "4m5.001s"),
        (18367, "5h6m7s"),
        (3600, "1h0m0s"),
        (-90, "-1m30s"),
    ],
)
def test_printing(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(-(10**15), 10**15))
def test_what_is_printed_can_be_parsed(nanoseconds: int) -> None:
    seconds = nanoseconds / 10**9
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_duration(text), float)
