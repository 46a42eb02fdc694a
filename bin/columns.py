"""Tables and lengths of time for people. Pure: text in, lines out."""

from collections.abc import Sequence

import click

from the0_actors.actors.domain.durations import format_duration


def sizes(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells in their columns; marks of colour take no room."""
    padded = (cell + " " * (size - len(click.unstyle(cell)) + 2) for cell, size in zip(cells, widths, strict=True))
    return "".join(padded)


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
