"""What a schedule's actor knows, and its rules. Frozen; `step` makes the next one. Nothing here that can be derived."""

from dataclasses import dataclass
from typing import NamedTuple

from the0_actors.actors.bot.messages import ContainerHint, ContainersSeen
from the0_actors.actors.bot.rules import Now, next_retry
from the0_actors.actors.bot.state import FINE, UNKNOWN, Refusal, Rest, Retry, Stopping, Unknown, Unreadable
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.domain.schedules import DEFAULT_TIMEOUT, Basis
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.schedule.effects import EngineCall, Write
from the0_actors.actors.schedule.messages import Harvested
from the0_actors.actors.schedule.timetable import Timetable


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """The rules of one runtime, the same for all its schedules. Seconds."""

    holder: str
    """This process: it stands on what it claims."""
    installation: str = ""
    """What stands on the containers that are made."""
    late_window: float = 3600.0
    """A slot that was missed runs late if it was due within this; the others are recorded."""
    stop_grace: float = 30.0
    kill_again: float = 10.0
    retry_base: float = 1.0
    retry_cap: float = 60.0
    keep_tries: int = 5
    """After so many failures a result is not stored, so that the next run is not held up."""

    def retry(self, before: Retry, now: Now, reason: str) -> Retry:
        """Return the next try after one more failure."""
        return next_retry(before, now, reason, self.retry_base, self.retry_cap)


@dataclass(frozen=True, slots=True)
class Plan:
    """The document wants it to run at times."""

    spec: LaunchSpec | None
    """None while it waits: it is read again when it is due, ten thousand specs cost too much."""
    timetable: Timetable
    timeout: float
    next_due: int | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class Run:
    """A slot that was claimed and is not settled yet."""

    due: int
    adopted: bool = False
    """Claimed by a predecessor: whether it was started, its container tells."""
    container_id: str = ""
    """What was created for it."""
    start_sent: bool = False
    failure: str = ""
    """Why it did not start, or did not for all we know."""
    began: float | None = None
    """When it started, on the monotonic clock."""
    stop: Outcome | None = None
    """As what its end counts, since we asked for it."""
    stop_reason: str = ""
    killed_after: float | None = None
    """Seconds from TERM to the KILL that it needed, if it needed one."""
    ended: Observed | None = None
    """Its container, when it was seen to have ended."""
    harvest: Harvested | None = None
    kept: str | None = None
    """What became of its result; None while that is not known."""
    settled: bool = False
    """Its record is written; its container may still be there."""

    @property
    def to_start(self) -> bool:
        """Whether it is still to be started: claimed by us, and neither sent, given up nor told to stop."""
        return not (self.start_sent or self.adopted or self.failure or self.stop is not None)


class ScheduleState(NamedTuple):
    """Everything one schedule's actor knows."""

    bot_id: str
    name: str
    """The container's one name."""

    want: Plan | Rest | Unreadable | Unknown = UNKNOWN
    have: Observed | Unknown | None = UNKNOWN
    """None: the engine said that the schedule has no container."""
    astray: tuple[Observed, ...] = ()
    """More containers of this schedule, beside `have`: they are stopped and removed before anything else is done."""
    run: Run | None = None
    others: tuple[Observed, ...] = ()
    """Containers of the Go runtime that run this schedule: nothing is started beside them."""

    gate: bool = False
    drain_until: float | None = None
    recalled: bool = False
    """It is known whether an earlier claim is open."""
    granted: int | None = None
    """The slot whose turn has come."""
    armed: int | None = None
    """What the keeper of due times was told."""
    claiming: int | None = None
    """A slot of whose claim the answer was lost; nothing was started for it."""
    done: int | None = None
    """The last slot that stands in a record."""
    busy_until: float = float("-inf")
    """Wall time until which a run was seen to go on: what was due until then is skipped."""
    rejoin: bool = False
    """It was off until now: what was due meanwhile was not wanted."""

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
    """There may be more, or others, than what is known."""
    call: EngineCall | None = None
    heard: tuple[ContainerHint | ContainersSeen, ...] = ()
    """What was told of its containers during that call."""
    write: Write | None = None
    keeping: bool = False
    preparing: LaunchSpec | None = None
    prepared: tuple[LaunchSpec, str] | None = None
    """What was brought to the engine, and its content hash."""
    unlaunchable: str = ""
    """Why what is wanted can never run."""
    stopping: Stopping | None = None
    refusal: Refusal | None = None
    short_told: str = ""
    short: str = ""
    """A process was killed for lack of memory: see `shortage`."""

    read_retry: Retry = FINE
    look_retry: Retry = FINE
    write_retry: Retry = FINE
    prepare_retry: Retry = FINE
    launch_retry: Retry = FINE
    keep_retry: Retry = FINE

    timeout: float = DEFAULT_TIMEOUT
    version: str = ""
    title: str = ""
    """The name that its document gives it."""
    remark: str = ""
    """What of the limits in its config is not understood."""
    state_bytes: int | None = None
    """How much it may keep, where its config says so."""
    too_large: str = ""
    """Why it must not run: it keeps far more than it may."""
    last_end: str = ""
    """How the last run ended, in words."""
    log_tail: str = ""
    """Its last lines, when it ended badly."""
    observed_at: float | None = None
    transitions: tuple[Transition, ...] = ()
    wake_at: float | None = None
