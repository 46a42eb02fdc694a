"""One field of a cron expression as a set of numbers. Exactly the platform's dialect. Pure.

A set is an `int` with one bit per number, so that a timetable costs a few hundred bytes and a search no loop. What the
platform refuses is refused here too, with the hint what to write instead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from the0_actors.actors.errors import InvalidSchedule

_NUMBER: Final = re.compile(r"\+?[0-9]{1,18}")
_STARS: Final = frozenset("*?")
_FOREIGN: Final = re.compile(r"[0-9]*L|[0-9]+W|LW|[0-9a-zA-Z]+#[0-9]+|[a-zA-Z]+L")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class Field:
    """Name and bounds of a field."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def whole(self) -> int:
        """The set of all its numbers."""
        return bits(self.low, self.high, 1)


SECOND: Final = Field("second", 0, 59)
MINUTE: Final = Field("minute", 0, 59)
HOUR: Final = Field("hour", 0, 23)
DAY: Final = Field("day of month", 1, 31)
MONTH: Final = Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)})
WEEKDAY: Final = Field("weekday", 0, 6, {name: number for number, name in enumerate(_DAYS)})


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a field says: its set, and whether a plain `*` or `?` stands in it."""

    mask: int
    star: bool


def read(text: str, about: Field) -> Numbers:
    """Return what a field says. Raises `InvalidSchedule` with one sentence that names the field."""
    mask, star = 0, False
    for part in text.split(","):
        if part:
            numbers = _part(part, about)
            mask, star = mask | numbers.mask, star or numbers.star
    if not mask:
        raise InvalidSchedule(f"the {about.name} {text!r} names nothing, so it never comes; write * for any")
    return Numbers(mask, star)


def bits(low: int, high: int, step: int) -> int:
    """Return the set of the numbers from `low` to `high`, both included."""
    return sum(1 << number for number in range(low, high + 1, step))


def members(mask: int) -> tuple[int, ...]:
    """Return the numbers of a set, in order."""
    return tuple(number for number in range(mask.bit_length()) if mask >> number & 1)


def _part(text: str, about: Field) -> Numbers:
    span, *steps = text.split("/")
    ends = span.split("-")
    star = ends[0] in _STARS
    # What follows a star up to the step is not looked at, as the platform does not.
    if text.count("/") > 1 or (span.count("-") > 1 and not star):
        raise InvalidSchedule(f"the {about.name} {text!r} has more than one {'/' if text.count('/') > 1 else '-'}")
    if star:
        low, high = about.low, about.high
    else:
        low, high = _number(ends[0], text, about), _number(ends[-1], text, about)
    step = _number(steps[0], text, about, names=False) if steps else 1
    if steps and len(ends) == 1:
        high = about.high
    _check(low, high, step, text, about)
    return Numbers(bits(low, high, step), star and step == 1)


def _number(text: str, part: str, about: Field, *, names: bool = True) -> int:
    named = about.names.get(text.lower()) if names else None
    if named is not None:
        return named
    if _NUMBER.fullmatch(text) is None:
        raise InvalidSchedule(f"the {about.name} {part!r} is not understood{_foreign(part, about)}")
    return int(text)


def _check(low: int, high: int, step: int, part: str, about: Field) -> None:
    if max(low, high) > about.high or low < about.low:
        raise InvalidSchedule(
            f"the {about.name} {part!r} is outside {about.low}-{about.high}{_beyond(low, high, about)}"
        )
    if low > high:
        instead = f"{low}-{about.high},{about.low}-{high}"
        raise InvalidSchedule(f"the {about.name} {part!r} runs backwards; write {instead}")
    if step == 0:
        raise InvalidSchedule(f"the {about.name} {part!r} has the step 0; write a step of 1 or more")


def _beyond(low: int, high: int, about: Field) -> str:
    if about is WEEKDAY and high == about.high + 1:
        instead = "0 or SUN" if low == high else f"{low}-6,0"
        return f"; Sunday is 0, not 7: write {instead}"
    return f"; write {about.low}" if high == about.high + 1 and about.low == 0 and low == high else ""


def _foreign(part: str, about: Field) -> str:
    if not _FOREIGN.fullmatch(part):
        names = ", ".join(name.upper() for name in about.names)
        return f"; write numbers from {about.low} to {about.high}{f' or {names}' if names else ''}, with , - * and /"
    if about is DAY:
        return "; L and W are not known: write 28-31 and let the bot look at the date, or 1 for the day after the last"
    return "; L and # are not known: write the weekday alone and let the bot look at the date"
