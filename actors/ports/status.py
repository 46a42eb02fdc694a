"""What a running runtime tells about itself: the one source of `status`, `/status`, `/readyz` and metrics.

Frozen values made from the actors' own snapshots; `dataclasses.asdict` of a `RuntimeStatus` is the JSON document.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from the0_actors.actors.domain.runs import RunRecord


class Phase(StrEnum):
    """Where a bot is in its life. Derived from what is known, never stored."""

    IDLE = "idle"
    PREPARING = "preparing"
    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    CRASH_LOOPING = "crash-looping"
    PARKED = "parked"
    STOPPING = "stopping"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of phase."""

    at: float
    """Unix seconds."""
    phase: Phase
    reason: str
    warns: bool = False
    """Whether the reason tells of something that somebody should act on, whatever the phase."""


@dataclass(frozen=True, slots=True)
class BotStatus:
    """One bot."""

    bot_id: str
    name: str
    """`config.name`; empty when there is none, or it is not known yet. Not unique."""
    phase: Phase
    reason: str
    """Why it is in this phase, as a sentence an operator reads."""
    container_id: str
    code_version: str
    incarnation: int
    short_lives: int
    last_exit: str
    """How the previous incarnation ended; empty when there was none."""
    log_tail: str
    """The last lines of the incarnation that crashed; empty otherwise."""
    retry_in: float | None
    """Seconds to the next try, or None."""
    observed_age: float | None
    """Seconds since the engine was last asked or told about it; None when never."""
    transitions: tuple[Transition, ...]
    """The last few, oldest first."""


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One dependency or source."""

    name: str
    """`engine`, `mongodb`, `nats`, `lease`, …"""
    ok: bool
    required: bool
    """Readiness needs it."""
    note: str
    measured: str = ""
    """Figures that change from moment to moment, in words."""


@dataclass(frozen=True, slots=True)
class ActorStatus:
    """One actor of the tree."""

    path: str
    """`/bots/fleet`, …"""
    kind: str
    """Class name."""
    alive: bool
    restarts: int
    mailbox: int
    """Messages waiting."""
    oldest: float
    """Seconds that the oldest of them has waited."""
    busy: float | None
    """Seconds in the present turn, or None."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How well a right is kept up that runs out. Seconds."""

    name: str
    """`lock` (the engine's) or `lease` (the database's); with `schedules: ` before it for that side's."""
    age: float | None
    """Since the last renewal began that found it ours; None while it is not."""
    slowest: float
    """From the moment a renewal was due to the moment its answer was taken: the worst so far, of those answered."""
    ran_out: int
    """How often it was renewed only after it had run out: nothing was done meanwhile."""


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """The whole."""

    version: str
    mode: str
    """`docker` or `process`."""
    installation: str
    role: str
    """`active`, `standby` or `starting`."""
    ready: bool
    uptime: float
    parts: tuple[PartStatus, ...]
    bots: tuple[BotStatus, ...]
    tree: tuple[ActorStatus, ...]
    quarantined: dict[str, str]
    """Documents that nobody can read: id to reason."""
    alarms: tuple[str, ...]
    held: tuple[str, ...]
    """Ids of bots that are to stop though no event said so, and run on until time or an operator confirms it."""
    dead_letters: int
    timers: int = 0
    """Timers that have not fired or been cancelled."""
    renewals: tuple[Renewal, ...] = ()
    """What gives the right to act."""
    strangers: tuple[str, ...] = ()
    """A line for each other installation that has containers on the engine, with what to do."""


class Command(StrEnum):
    """What an operator may tell one bot."""

    RESTART = "restart"
    RESUME = "resume"
    STOP = "stop"


class RuntimeControl(Protocol):
    """What the HTTP server needs of the runtime. Callable from any thread; all but `runs` return at once."""

    def alive(self) -> bool:
        """Tell whether the actors take turns (liveness: never depends on a dependency)."""
        ...

    def ready(self) -> bool:
        """Tell the same as `status().ready`, without making the whole: probes ask every few seconds."""
        ...

    def status(self) -> RuntimeStatus:
        """Return the present status."""
        ...

    def command(self, bot_id: str, command: Command) -> bool:
        """Pass a command to a bot; False when there is no such bot.

        Raises `NotActive`, with the reason, when it cannot be carried out now.
        """
        ...

    def confirm_stops(self, bots: frozenset[str]) -> tuple[str, ...]:
        """Let those of the bots stop whose stop is held; return them, sorted."""
        ...

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...] | None:
        """Read a schedule's latest records, the newest first; None when there is no such schedule.

        Asks the database; raises `Unavailable`.
        """
        ...
