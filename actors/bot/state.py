"""What a bot's actor knows. Frozen; `step` makes the next one. Nothing here is derived that can be derived."""

from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import NamedTuple

from the0_actors.actors.bot.effects import EngineCall
from the0_actors.actors.bot.messages import ContainerHint, ContainersSeen
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.ports.status import Transition

KEPT_TRANSITIONS = 5


class Unknown(Enum):
    """Not asked yet, or no longer sure."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Run:
    """The document wants it to run."""

    spec: LaunchSpec | None
    """None once what runs is what is wanted: it is read again when needed, ten thousand specs cost too much."""
    fingerprint: str = ""
    """What `spec` came to with the code that runs, kept when `spec` is dropped."""
    code_hash: str = ""
    """The code that `fingerprint` was made with."""


@dataclass(frozen=True, slots=True)
class Rest:
    """It must not run."""

    reason: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The document is malformed: what runs goes on, nothing is started."""

    reason: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Code and image are in the engine."""

    spec: LaunchSpec
    code_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """A stop on its way. It is not called off: TERM was sent."""

    container_id: str
    began: float
    """Monotonic time at which TERM was delivered."""
    kill_at: float
    """Monotonic time of the KILL, or of the next."""
    again_at: float = inf
    """Monotonic time at which TERM is sent again to one that may not have heard it."""
    killed_after: float | None = None
    """Seconds from TERM to the first KILL."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Something failed some times and is tried again."""

    failures: int = 0
    at: float = 0.0
    """Monotonic; not before."""
    reason: str = ""


FINE = Retry()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that failed, as often as its `retry` says, and was not made with success since."""

    call: object
    """An effect of the actor's own kind."""
    container_id: str
    retry: Retry


class BotState(NamedTuple):
    """Everything one bot's actor knows."""

    bot_id: str
    name: str
    """The container's one name."""
    title: str = ""
    """What people call the bot."""
    remark: str = ""
    """What of the limits in its config is not understood."""
    state_bytes: int | None = None
    """How much it may keep, where its config says so."""
    too_large: str = ""
    """Why it must not run, whatever its document says: it keeps far more than it may."""

    want: Run | Rest | Unreadable | Unknown = UNKNOWN
    have: Observed | Unknown | None = UNKNOWN
    """None: the engine said that the bot has no container."""
    taken: str = ""
    """Its name, where somebody else has that and was not looked at yet."""
    astray: tuple[Observed, ...] = ()
    """More containers of this bot, beside `have`: they are stopped and removed before anything else is done."""
    predecessors: tuple[Observed, ...] = ()

    gate: bool = False
    """Whether this runtime may act, and the first listing is known."""
    draining: bool = False

    doubt: str = ""
    """What its document says that no event announced: see `doubt`. It goes on until that is believed."""
    believe: bool = False
    """The next read is believed, whatever it says."""
    asked: bool = False
    """What Fleet was told."""

    read_due: bool = True
    reading: bool = False
    look_due: bool = False
    find_due: bool = False
    """There may be more than what is known."""
    call: EngineCall | None = None
    """The engine call in flight."""
    heard: tuple[ContainerHint | ContainersSeen, ...] = ()
    """What was told of its containers during that call."""
    preparing: LaunchSpec | None = None

    prepared: Prepared | None = None
    parked: str = ""
    """Why the wanted spec can never run."""
    rejected: str = ""
    """Fingerprint that could not be started, while the last good one runs on."""
    last_good: Observed | None = None
    """What to go back to while a switch is under way."""
    again: Observed | None = None
    """What to create again, from its own inspect."""
    cycle: str = ""
    """Why the running container must be replaced although it is as wanted."""
    stopping: Stopping | None = None
    refusal: Refusal | None = None
    short_told: str = ""
    short: str = ""
    """A process was killed for lack of memory: see `shortage`."""

    read_retry: Retry = FINE
    look_retry: Retry = FINE
    prepare_retry: Retry = FINE
    launch_retry: Retry = FINE

    ended_id: str = ""
    """The container whose end was counted."""
    incarnation: int = 0
    short_lives: int = 0
    last_end: str = ""
    tail_of: str = ""
    """The container whose last lines are to be fetched."""
    log_tail: str = ""
    launch_reason: str = ""
    version: str = ""
    observed_at: float | None = None
    transitions: tuple[Transition, ...] = ()
    wake_at: float | None = None
    """What the actor's timer is set to."""
