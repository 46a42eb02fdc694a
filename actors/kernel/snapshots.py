"""Frozen answers to "how are you?". Taken from any thread without stopping anybody."""

from collections.abc import Mapping
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
    """Class name of the message in hand; empty between turns and in `on_start`."""
    closed: bool
    coalesced: int = 0
    """Messages dropped because one of their key was waiting, ever."""


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
    threads: int = 0
    """Threads made so far, reserved ones included."""
    limit: int = 0
    """Threads it may make, reserved ones included; 0 for a simulation's, which has none."""


@dataclass(frozen=True, slots=True)
class DispatcherSnapshot:
    """Who runs the actors."""

    workers: int
    """Threads alive, spare ones included."""
    target: int
    """Threads that should be free to work."""
    blocked: int
    """Workers that wait in an `ask`, each with a spare one in its place while there are any."""
    stuck: int
    """Workers in a turn that the watchdog reported, each with a spare one in its place while there are any."""
    spare: int
    """How many spare workers there may be."""
    capped: int
    """How often a spare worker was due and not made, ever: above 0, the pool has run below its target."""
    waiting: int
    """Turns that are ready and wait for a worker."""
    turns: int
    """Turns taken, ever."""


@dataclass(frozen=True, slots=True)
class TimersSnapshot:
    """The heap of timers."""

    active: int
    """Timers that will still fire."""
    cancelled: int
    """Cancelled ones that still take room."""
    lateness: float
    """Seconds since the earliest was due: how far behind whoever drives the timers is."""


@dataclass(frozen=True, slots=True)
class DeadLettersSnapshot:
    """Messages that nobody took."""

    count: int
    reasons: Mapping[str, int]
    """How many for each reason."""


@dataclass(frozen=True, slots=True)
class SystemSnapshot:
    """A whole actor system."""

    dispatcher: DispatcherSnapshot | None
    """None for a dispatcher that does not tell."""
    timers: TimersSnapshot
    dead_letters: DeadLettersSnapshot
    handles: tuple[HandleSnapshot, ...]
    """All actors, in the order their names were first used."""
