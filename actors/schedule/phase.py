"""Where a schedule is in its life, and why, in words. Pure, derived from the state."""

from datetime import UTC, datetime

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import Rest, Unknown, Unreadable
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.schedule.effects import Claim
from the0_actors.actors.schedule.plan import is_recorded
from the0_actors.actors.schedule.state import Plan, Run, ScheduleState


def phase_of(state: ScheduleState, now: Now) -> tuple[Phase, str]:
    """Return the phase and its reason."""
    have = state.have
    if isinstance(have, Observed):
        return _with_container(state, have)
    if state.run is not None and not state.run.settled:
        return _of_run(state, state.run, now)
    want = state.want
    if state.drain_until is not None and have is None:
        return _draining(state)
    if isinstance(want, Rest):
        return (Phase.UNKNOWN, want.reason) if isinstance(have, Unknown) else (Phase.IDLE, want.reason)
    if isinstance(want, Unreadable):
        return Phase.PARKED, f"malformed document: {want.reason}"
    if isinstance(have, Unknown) or not isinstance(want, Plan):
        return Phase.UNKNOWN, _why_unknown(state)
    return _waiting(state, want, now)


def _draining(state: ScheduleState) -> tuple[Phase, str]:
    """Tell what is left to do without a container: it is not at rest before."""
    if isinstance(state.write, Claim):
        return Phase.STARTING, f"the run due at {moment(state.write.due)}"
    want = state.want
    if isinstance(want, Rest):
        return Phase.IDLE, want.reason
    if not isinstance(want, Plan) or want.next_due is None:
        return Phase.IDLE, "the runtime stops"
    if state.gate and is_recorded(state, want):
        return Phase.STOPPING, "writing when it is next due"
    return Phase.IDLE, f"due at {moment(want.next_due)}"  # as before: ten thousand have nothing to announce


def _with_container(state: ScheduleState, have: Observed) -> tuple[Phase, str]:
    run, lives = state.run, have.status in {Status.RUNNING, Status.PAUSED}
    if stops.of(state.stopping, have) is not None or (lives and run is not None and run.stop is not None):
        return Phase.STOPPING, run.stop_reason if run is not None and run.stop_reason else "not a run of this schedule"
    if lives and run is not None:
        return Phase.RUNNING, f"the run due at {moment(run.due)}"
    if have.status is Status.CREATED:
        return Phase.STARTING, "starting" if run is not None else "removing what never started"
    return Phase.STOPPING, "reading what the run left"


def _of_run(state: ScheduleState, run: Run, now: Now) -> tuple[Phase, str]:
    if isinstance(state.have, Unknown) and run.adopted:
        return Phase.UNKNOWN, "looking for the run that a runtime before began"
    if state.launch_retry.at > now.monotonic:
        return Phase.BACKOFF, state.launch_retry.reason
    return Phase.STARTING, f"the run due at {moment(run.due)}"


def _waiting(state: ScheduleState, want: Plan, now: Now) -> tuple[Phase, str]:
    for retry in (state.prepare_retry, state.write_retry):
        if retry.at > now.monotonic:
            return Phase.BACKOFF, retry.reason
    if state.doubt:
        return Phase.IDLE, f"not run until it is confirmed that it is off: {state.doubt}"
    if want.next_due is None:
        return Phase.IDLE, "never due again"
    if state.granted == want.next_due:
        return Phase.PREPARING, f"the run due at {moment(want.next_due)}"
    if state.too_large:
        return Phase.PARKED, state.too_large
    if state.done is not None and want.next_due <= state.done:
        return Phase.IDLE, "writing when it is next due"
    waits = want.next_due <= now.wall
    due = f"due since {moment(want.next_due)}, waiting for its turn" if waits else f"due at {moment(want.next_due)}"
    return Phase.IDLE, f"{due}, but {state.remark}" if state.remark else due


def _why_unknown(state: ScheduleState) -> str:
    if not state.gate:
        return "waiting until this runtime may act"
    return state.look_retry.reason or state.read_retry.reason or "looking"


def moment(due: int) -> str:
    """Write a time: `2026-01-02T09:00:00Z`."""
    return datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
