"""JSON exactly as Go's `encoding/json` prints a decoded map: the text of `BOT_CONFIG`.

Typed bots read this text and fingerprints are made of it, so every byte matters: members sorted, no spaces, HTML
characters escaped, integral doubles without a fraction. It prints plain Python values only; what is foreign to JSON
is turned into one of them by whoever decoded it, or refused here.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from the0_actors.actors.errors import MalformedDocument

MAX_DEPTH: Final = 180
"""Levels of nesting; MongoDB's own limit is of this size. Deeper values are refused rather than overflow the stack."""

# All that does not stand for itself inside a string. A lone surrogate is how Python holds a byte that is no UTF-8.
_SPECIAL: Final = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_SHORT: Final[Mapping[str, str]] = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def encode(value: Any) -> str:
    """Print a value as Go does. What was printed and read again, numbers as doubles, prints the same.

    Takes None, bool, int, float, str, list, tuple, Mapping with text keys, and what stands for a BSON type:
    datetime (an RFC 3339 string in UTC) and Decimal (its digits as a string). Raises `MalformedDocument` for
    anything else, for NaN and infinities (Go refuses them), and for nesting deeper than `MAX_DEPTH`.
    """
    return _encode(value, MAX_DEPTH)


def _encode(value: Any, depth: int) -> str:
    # The exact type decides first, since nearly every value is one of these.
    write = _WRITERS.get(type(value))
    if write is None:
        write = next((known for kind, known in _WRITERS.items() if isinstance(value, kind)), None)
    if write is None:
        raise MalformedDocument(f"a value of type {type(value).__name__} has no JSON form")
    if depth == 0:
        raise MalformedDocument(f"nested deeper than {MAX_DEPTH} levels")
    return write(value, depth - 1)


def _object(value: Mapping[Any, Any], depth: int) -> str:
    if not all(isinstance(key, str) for key in value):
        raise MalformedDocument("a member name is not a text")
    # Python compares texts by code point, which is the byte order of UTF-8.
    return "{" + ",".join([f"{_string(key)}:{_encode(value[key], depth)}" for key in sorted(value)]) + "}"


def _array(value: list[Any], depth: int) -> str:
    return "[" + ",".join([_encode(item, depth) for item in value]) + "]"


def _string(value: str, _depth: int = 0) -> str:
    return f'"{_SPECIAL.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def _float(value: float, _depth: int) -> str:
    if not math.isfinite(value):
        raise MalformedDocument(f"the number {value} has no JSON form")
    size = abs(value)
    digits = repr(float(value))
    if size and (size < 1e-6 or size >= 1e21):  # noqa: PLR2004 - Go's own bounds of the exponent form
        return _exponent(digits)
    if "e" in digits:  # Python turns to the exponent form earlier than Go does
        digits = format(Decimal(digits), "f")
    return digits.removesuffix(".0")


def _exponent(digits: str) -> str:
    # Python writes 1e-07 and 1e+21, Go 1e-7 and 1e+21. Between the bounds and its own form Python has no gap.
    mantissa, _, exponent = digits.partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def _time(value: datetime, _depth: int) -> str:
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f'"{moment.strftime("%Y").zfill(4)}{moment.strftime("-%m-%dT%H:%M:%S")}{fraction}Z"'


# A bool is an int to Python: it stands first, for the look-up of subclasses.
_WRITERS: Final[Mapping[type, Callable[[Any, int], str]]] = {
    bool: lambda value, _: "true" if value else "false",
    str: _string,
    float: _float,
    int: lambda value, _: int.__repr__(value),
    type(None): lambda _value, _: "null",
    dict: _object,
    list: _array,
    tuple: _array,
    datetime: _time,
    Decimal: lambda value, _: f'"{value}"',
    Mapping: _object,
}
