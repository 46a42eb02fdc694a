"""What a schedule's actor is told. Hints, the gate and commands are the same as a bot's."""

from dataclasses import dataclass

from the0_actors.actors.bot.messages import (
    CallDone,
    Commanded,
    ContainerHint,
    ContainersSeen,
    DocumentHint,
    Draining,
    FindDone,
    GateMoved,
    LookDone,
    PredecessorFound,
    PrepareDone,
    Seen,
    ShortOfMemory,
    StopAllowed,
    TooLarge,
    Woken,
)
from the0_actors.actors.domain.schedules import ScheduleAnswer


@dataclass(frozen=True, slots=True)
class Due:
    """A slot's time has come, and it is this schedule's turn to start."""

    due: int


@dataclass(frozen=True, slots=True)
class Rearm:
    """Whoever keeps the due times has forgotten them."""


@dataclass(frozen=True, slots=True)
class DrainRuns(Draining):
    """Begin no more runs, because the runtime stops; what runs may end until then (monotonic), and is stopped after."""

    until: float


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Answer to `Read`."""

    answer: ScheduleAnswer | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Harvested:
    """What a run left in its container; the value of a `Harvest`."""

    log_tail: str
    result: bytes | None
    """None when there is none, or it was refused."""
    refused: str = ""
    """Why its result is not taken."""
    raised: str = ""
    """What its program raised, where the exit code hides it."""


Message = (
    DocumentHint
    | ContainerHint
    | Seen
    | PredecessorFound
    | ShortOfMemory
    | ContainersSeen
    | GateMoved
    | Commanded
    | StopAllowed
    | TooLarge
    | DrainRuns
    | Due
    | Rearm
    | Woken
    | ReadDone
    | PrepareDone
    | LookDone
    | FindDone
    | CallDone
)
