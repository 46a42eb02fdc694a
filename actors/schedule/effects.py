"""What a schedule wants done. Values; the actor carries them out. What a bot wants too is `actors.bot.effects`'."""

from dataclasses import dataclass

from the0_actors.actors.bot.effects import Announce, Ask, Find, Look, Prepare, Read, Remove, Resume, Retire, Send, Wake
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import Basis
from the0_actors.actors.ports.engine import Fresh


@dataclass(frozen=True, slots=True)
class Arm:
    """Tell `Due` at this time (Unix seconds), in its turn; it replaces an earlier wish. None: no longer."""

    due: int | None


@dataclass(frozen=True, slots=True)
class Create:
    """Create the container of a run, not started."""

    blueprint: Fresh
    birth: Birth


@dataclass(frozen=True, slots=True)
class Start:
    """Start it. Sent once per run: a start that comes late would run it a second time."""

    container_id: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """Read what a run that ended left: its last lines, its result, and what its wrapper says happened."""

    container_id: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store a run's result."""

    result: bytes


@dataclass(frozen=True, slots=True)
class Recall:
    """Find a claim that nobody settled."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim a slot."""

    due: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Record how a run ended."""

    record: RunRecord


@dataclass(frozen=True, slots=True)
class Pass:
    """Record slots in a row that do not run."""

    first: int
    last: int
    count: int
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Advance:
    """Write the next due time, if what it was computed from still stands."""

    basis: Basis
    due: int | None


EngineCall = Find | Look | Create | Start | Send | Resume | Remove | Harvest
"""At most one of these is in flight per schedule."""

Write = Recall | Claim | Settle | Pass | Advance
"""At most one of these is in flight per schedule."""

Effect = Read | Prepare | EngineCall | Write | Keep | Arm | Wake | Ask | Retire | Announce
