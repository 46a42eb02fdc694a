"""Runs of schedules as they are recorded: each slot (a schedule and a due time) stands in exactly one record.

A slot is claimed before it runs; a claim that nobody settled is a run whose end is not known yet. Slots in a row that
did not run share one record.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a slot."""

    OPEN = "open"
    """Claimed: it runs, or nobody has found out yet how it ended."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It ran and ended badly, or could not be started; the reason says which."""
    TIMED_OUT = "timed-out"
    """It was stopped at its deadline."""
    STOPPED = "stopped"
    """It was stopped because it was switched off, deleted, held by hand, or the runtime stopped."""
    LOST = "lost"
    """It was claimed and may have run; its container is gone. It does not run again."""
    MISSED = "missed"
    """Nobody was there when it was due."""
    SKIPPED = "skipped"
    """The run before it was still going on."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One record. Times are Unix seconds; None means that it is not known or never came to it."""

    bot_id: str
    due: int
    """When it was due; of a row of slots, the first."""
    outcome: Outcome
    holder: str = ""
    """Which process claimed it."""
    claimed_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    exit_code: int | None = None
    reason: str = ""
    """One line for an operator."""
    log_tail: str = ""
    """The last lines of its output."""
    result: str = ""
    """`stored`, or why there is none; empty when the bot left none."""
    last: int | None = None
    """Of a row of slots, when the last one was due."""
    count: int = 1
    """How many slots it stands for."""
