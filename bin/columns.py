"""Tables and lengths of time for people. Pure: text in, lines out.

A terminal gives some letters two cells and some none; widths here are counted in cells.
"""

import unicodedata
from collections.abc import Sequence

import click

from the0_actors.actors.domain.durations import format_duration


def cells(text: str) -> int:
    """Return how many cells a terminal gives a text; marks of colour take none."""
    return sum(map(_cells, click.unstyle(text)))


def fit(text: str, room: int) -> str:
    """Return a text in one line, cut with an ellipsis where it takes more cells than there are."""
    text = " ".join(text.split())
    if cells(text) <= room:
        return text
    taken, kept = 1, ""
    for letter in text:
        taken += _cells(letter)
        if taken > room:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def sizes(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is."""
    return [max(map(cells, column)) for column in zip(*rows, strict=True)]


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells in their columns."""
    return "".join(cell + " " * (size - cells(cell) + 2) for cell, size in zip(row, widths, strict=True))


def age(seconds: float) -> str:
    """Return a duration as coarse as people need it: milliseconds below a second, at most two units above."""
    if seconds < 1:
        return format_duration(round(seconds, 3))
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    first = next(place for place, (count, _) in enumerate(units) if count)
    return "".join(f"{count}{unit}" for count, unit in units[first : first + 2] if count)


def printable(text: str) -> str:
    """Keep a bot's output and names from steering the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
