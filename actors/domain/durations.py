"""Durations as Go writes them: `30s`, `2m0s`, `1h30m`, `250ms`. Used by settings and for display.

Exact to the nanosecond while parsing and printing; the values handed out are seconds.
"""

import re
from fractions import Fraction
from typing import Final

_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE: Final = re.compile(rf"[+-]?(?:0|(?:{_PART.pattern})+)")
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LARGEST: Final = 2**63 - 1


def parse_duration(text: str) -> float:
    """Return the seconds of a Go duration. Raises `ValueError` for anything else, and beyond 2^63-1 nanoseconds."""
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    total = sum(int(Fraction(number.removesuffix(".")) * _NANOSECONDS[unit]) for number, unit in _PART.findall(text))
    if total > _LARGEST:
        raise ValueError(f"{text!r} is longer than 290 years")
    return (-total if text.startswith("-") else total) / 10**9


def format_duration(seconds: float) -> str:
    """Print seconds as Go prints a duration: `0s`, `1.5s`, `2m0s`, `1h0m0s`, `250ms`."""
    total = round(seconds * 10**9)
    sign, total = ("-", -total) if total < 0 else ("", total)
    if total < 10**9:
        return sign + _below_a_second(total)
    minutes, rest = divmod(total, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    parts = f"{hours}h" if hours else ""
    parts += f"{minutes}m" if hours or minutes else ""
    return f"{sign}{parts}{_decimal(rest, 10**9)}s"


def _below_a_second(total: int) -> str:
    if total == 0:
        return "0s"
    unit, size = next((unit, size) for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)) if total >= size)
    return f"{_decimal(total, size)}{unit}"


def _decimal(total: int, size: int) -> str:
    whole, part = divmod(total, size)
    digits = len(str(size)) - 1
    fraction = f"{part:0{digits}d}".rstrip("0") if digits else ""
    return f"{whole}.{fraction}" if fraction else str(whole)
