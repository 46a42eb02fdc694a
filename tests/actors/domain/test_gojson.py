"""Byte-exact vectors of the platform's encoder and what must hold for every value."""

import hashlib
import json
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.gojson import MAX_DEPTH, encode
from the0_actors.actors.errors import MalformedDocument

THIRD = (
    '{"b":1,"a":{"z":[1,2.5,-0.0],"y":"<x>&\'q\'"},"e":1e21,"f":1e-7,"g":0.000001,'
    '"h":123456789012345678,"u":"é\\u2028","n":null,"t":true}'
)
THIRD_ENCODED = (
    '{"a":{"y":"\\u003cx\\u003e\\u0026\'q\'","z":[1,2.5,-0]},"b":1,"e":1e+21,"f":1e-7,"g":0.000001,'
    '"h":123456789012345680,"n":null,"t":true,"u":"é\\u2028"}'
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("given_text", "encoded", "sha256"),
    [
        ("{}", "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
        (
            '{"symbol":"BTC/USD","amount":100}',
            '{"amount":100,"symbol":"BTC/USD"}',
            "0efbe933f1d5f53031c18441b7e3c8da62bb70193a57470281e84fc6a3c8e8de",
        ),
        (THIRD, THIRD_ENCODED, "d8b6440a81d74f776cea340b5bb738618cb39527cb976875090d493e39a38c4f"),
    ],
)
def test_the_platforms_vectors(given_text: str, encoded: str, sha256: str) -> None:
    printed = encode(json.loads(given_text, parse_int=float))
    assert printed == encoded
    assert hashlib.sha256(printed.encode()).hexdigest() == sha256


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (100.0, "100"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (9.9e-7, "9.9e-7"),
        (1.5e-10, "1.5e-10"),
        (5e-324, "5e-324"),
        (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"),
        (9.99e20, "999000000000000000000"),
        (1e21, "1e+21"),
        (-1.25e100, "-1.25e+100"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (123456789012345678.0, "123456789012345680"),
        (7, "7"),
        (2**63 - 1, "9223372036854775807"),
        (True, "true"),
    ],
)
def test_numbers(number: float, printed: str) -> None:
    assert encode(number) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"'),
        ('"\\/', '"\\"\\\\/"'),
        ("\u2027\u2028\u2029\u202a", '"\u2027\\u2028\\u2029\u202a"'),
        ("a\ud800b", '"a\\ufffdb"'),
        ("\ufffd", '"\ufffd"'),
        ("\U0001f600", '"\U0001f600"'),
    ],
)
def test_texts(text: str, printed: str) -> None:
    assert encode(text) == printed


def test_members_are_sorted_by_the_bytes_of_their_names() -> None:
    assert encode({"\U0001f600": 1, "\uffff": 2, "é": 3, "z": 4, "Z": 5, "": 6}) == (
        '{"":6,"Z":5,"z":4,"é":3,"\uffff":2,"\U0001f600":1}'
    )


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (datetime(2026, 1, 2, 10, 0, tzinfo=UTC), '"2026-01-02T10:00:00Z"'),
        (datetime(2026, 1, 2, 10, 0, 0, 120000), '"2026-01-02T10:00:00.12Z"'),  # noqa: DTZ001 - BSON dates are naive
        (datetime(2026, 1, 2, 10, 0, tzinfo=timezone(timedelta(hours=2))), '"2026-01-02T08:00:00Z"'),
        (datetime(1, 1, 1, tzinfo=UTC), '"0001-01-01T00:00:00Z"'),
        (Decimal("1.50"), '"1.50"'),
        ((1.0, 2.0), "[1,2]"),
    ],
)
def test_what_stands_for_a_bson_type(value: Any, printed: str) -> None:
    assert encode(value) == printed


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, b"x", {1: 2}, {"a": [object()]}, {"a"}])
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedDocument):
        encode(value)


def test_depth_is_bounded() -> None:
    def nested(levels: int) -> Any:
        value: Any = 1.0
        for _ in range(levels):
            value = [value]
        return value

    assert encode(nested(MAX_DEPTH - 1)) == "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    with pytest.raises(MalformedDocument, match="nested deeper"):
        encode(nested(100_000))


@given(VALUES)
def test_any_json_reader_gets_the_value_back(value: Any) -> None:
    assert json.loads(encode(value), parse_int=float) == value


@given(VALUES)
def test_printing_what_was_printed_changes_nothing(value: Any) -> None:
    once = encode(value)
    assert encode(json.loads(once, parse_int=float)) == once


@given(VALUES)
def test_only_what_go_leaves_alone_is_left_alone(value: Any) -> None:
    assert not set(encode(value)) & set("<>&\u2028\u2029\n\r\t\0")
