"""How many tests were left out because what they need is not here, told to whoever started several runs of pytest."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.parts import waiting

TALLY = "THE0_TEST_LEFT_OUT"
"""Environment variable: the file that each run adds a line to."""


def note(reports: Iterable[pytest.TestReport]) -> None:
    """Add those of the skipped tests that `waiting.missing` ended."""
    if tally := os.environ.get(TALLY):
        with Path(tally).open("a") as lines:
            lines.write(f"{sum(_ended_there(report) for report in reports)}\n")


def left_out(tally: Path) -> int:
    """Return the sum of all runs."""
    return sum(int(line) for line in tally.read_text().split()) if tally.exists() else 0


def _ended_there(report: pytest.TestReport) -> bool:
    where = report.longrepr
    return isinstance(where, tuple | list) and Path(where[0]) == Path(waiting.__file__)
