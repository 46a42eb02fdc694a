"""What supervisors tell: structured, one per thing that happened, for logs and for whoever watches."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class What(StrEnum):
    """What happened to a child."""

    STARTED = "started"
    ENDED = "ended"
    FAILED = "failed"
    RESTARTING = "restarting"
    GIVEN_UP = "given-up"
    """It did not stop within its budget."""
    ESCALATED = "escalated"
    """Too many restarts: the supervisor itself fails."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event in the life of a child."""

    supervisor: str
    """Path of the supervisor."""
    child: str
    """Path of the child."""
    what: What
    reason: str = ""
    trace: str = ""
    delay: float = 0.0
    """Seconds until the restart, when RESTARTING."""


class Reporter(Protocol):
    """Takes reports; returns at once; called from actors' turns."""

    def __call__(self, report: Report, /) -> None:
        """Take one."""
        ...


def silent(_report: Report) -> None:
    """Take a report and do nothing."""
