"""Frozen answers to "how are you?". Taken from any thread without stopping anybody."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailboxSnapshot:
    """One actor's queue."""

    waiting: int
    """User messages."""
    system: int
    """Messages in the system lane."""
    oldest: float
    """Seconds that the head of the user lane has waited; 0 when empty."""
    busy: float | None
    """Seconds in the present turn; None between turns."""
    handling: str
    """Class name of the message in hand; empty between turns."""
    closed: bool


@dataclass(frozen=True, slots=True)
class HandleSnapshot:
    """One actor by its stable name."""

    path: str
    kind: str
    """Class name of the present (or last) incarnation."""
    alive: bool
    incarnation: int
    """0 before the first start."""
    mailbox: MailboxSnapshot | None


@dataclass(frozen=True, slots=True)
class LaneSnapshot:
    """One lane of blocking calls."""

    name: str
    running: int
    waiting: int
    overdue: int
    """Calls past their deadline that have not come back."""
    late: int
    """Results that came after their deadline, ever."""
