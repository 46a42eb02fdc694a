"""Draws a schedule's records for people. Pure: text in, lines out."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.bin.columns import age, fit, line, printable, sizes

_COLOURS = {
    Outcome.OPEN: "cyan",
    Outcome.SUCCEEDED: "green",
    Outcome.FAILED: "red",
    Outcome.TIMED_OUT: "red",
    Outcome.LOST: "magenta",
    Outcome.MISSED: "yellow",
    Outcome.SKIPPED: "yellow",
}
_HEADS = ("DUE", "OUTCOME", "SLOTS", "LATE", "TOOK", "CODE", "RESULT")
_NARROWEST = 30


def render_runs(records: Sequence[RunRecord], width: int) -> Iterator[str]:
    """Yield the lines: one record each, its reason beside it or, on a narrow terminal, below."""
    if not records:
        yield "no slot was due yet"
        return
    rows = [_row(record) for record in records]
    widths = sizes([_HEADS, *rows])
    room = width - sum(widths) - 2 * len(widths)
    beside = room >= _NARROWEST
    yield click.style((line(_HEADS, widths) + ("REASON" if beside else "")).rstrip(), bold=True)
    for record, row in zip(records, rows, strict=True):
        cells = [click.style(cell, fg=_COLOURS.get(record.outcome)) if cell == record.outcome else cell for cell in row]
        reason = printable(record.reason)
        if beside:
            yield (line(cells, widths) + fit(reason, room)).rstrip()
        else:
            yield line(cells, widths).rstrip()
            yield from textwrap.wrap(reason, max(width, _NARROWEST), initial_indent="  ", subsequent_indent="  ")


def _row(record: RunRecord) -> tuple[str, ...]:
    late = "" if record.started_at is None else age(max(record.started_at - record.due, 0.0))
    ended, began = record.finished_at, record.started_at
    took = "" if ended is None or began is None else age(max(ended - began, 0.0))
    code = "" if record.exit_code is None else str(record.exit_code)
    return (_due(record), str(record.outcome), str(record.count), late, took, code, printable(record.result))


def _due(record: RunRecord) -> str:
    first = _moment(record.due)
    return first if record.last in {None, record.due} else f"{first} to {_moment(record.last or 0)}"


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
