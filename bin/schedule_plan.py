"""What a start would do with scheduled bots: the other half of the answer of `run --dry-run`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from the0_actors.actors.domain.answers import Disabled, Held, Malformed
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.schedules import ScheduleAnswer, Scheduled
from the0_actors.actors.schedule.phase import moment
from the0_actors.actors.schedule.timetable import Timetable, is_due, last_due, next_due
from the0_actors.bin.plan import Deed, Step, why_stop


@dataclass(frozen=True, slots=True)
class Clock:
    """What a plan of schedules depends on beside documents and containers."""

    now: float
    """Unix seconds."""
    late_window: float
    """Seconds within which a missed slot runs late."""


def plan_schedules(
    wanted: Mapping[str, ScheduleAnswer], containers: Sequence[Observed], clock: Clock
) -> tuple[Step, ...]:
    """Return one step for each schedule that is enabled or has a container, by id."""
    ours = {found.bot_id: found for found in containers if found.installation is not None}
    theirs = {found.bot_id for found in containers if found.installation is None}
    steps = (
        _step(bot_id, wanted.get(bot_id), ours.get(bot_id), clock, beside=bot_id in theirs)
        for bot_id in sorted({*wanted, *ours})
    )
    return tuple(step for step in steps if step is not None)


def _step(
    bot_id: str, answer: ScheduleAnswer | None, container: Observed | None, clock: Clock, *, beside: bool
) -> Step | None:
    match answer:
        case Malformed(reason):
            return Step(bot_id, Deed.LEAVE, f"its document cannot be understood: {reason}")
        case Scheduled() if container is not None:
            return Step(bot_id, Deed.ADOPT, _of_run(container))
        case Scheduled() if beside:
            return Step(bot_id, Deed.LEAVE, "runs in a container of the Go runtime, until that ends")
        case Scheduled():
            return Step(bot_id, *_of_times(answer, clock))
        case None if container is not None:
            return Step(bot_id, Deed.STOP, "not in the desired state")
        case Disabled() | Held() if container is not None:
            return Step(bot_id, Deed.STOP, why_stop(answer))
        case _:
            return None


def _of_run(container: Observed) -> str:
    if container.status in {Status.RUNNING, Status.PAUSED}:
        return "its run goes on"
    return "its run never started, or ended and is to be recorded"


def _of_times(answer: Scheduled, clock: Clock) -> tuple[Deed, str]:
    table, due = answer.timetable, answer.next_due
    if due is None or not is_due(table, due):
        return Deed.WAIT, _coming(table, clock.now)
    if due > clock.now:
        return Deed.WAIT, f"due at {moment(due)}"
    last = last_due(table, due, clock.now)
    if clock.now - last <= clock.late_window:
        return Deed.START, f"was due at {moment(last)} and runs late"
    return Deed.WAIT, f"missed at {moment(last)}, too long ago to run late; {_coming(table, clock.now)}"


def _coming(table: Timetable, now: float) -> str:
    due = next_due(table, now)
    return "never due again" if due is None else f"due at {moment(due)}"
