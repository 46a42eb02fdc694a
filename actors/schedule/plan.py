"""What to do next, given what is known. Pure: one read, one write and one engine call at a time.

Whether something runs is what the engine showed, never what we remember (P24). A claim comes before its container, its
record before the container's removal, and the next due time last; so whatever is cut off, what is there tells how far
it had come.
"""

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import Find, Look, Prepare, Read, Remove, Resume, Send
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import Rest, Unknown
from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.ports.engine import Fresh, Signal
from the0_actors.actors.schedule.effects import (
    Advance,
    Claim,
    Create,
    EngineCall,
    Harvest,
    Keep,
    Pass,
    Recall,
    Settle,
    Start,
    Write,
)
from the0_actors.actors.schedule.ending import record_of
from the0_actors.actors.schedule.slots import decide
from the0_actors.actors.schedule.state import Plan, Run, ScheduleRules, ScheduleState

OTHERS_PACE = 60.0
"""Seconds between looks at a container of the Go runtime that goes on."""


def next_read(state: ScheduleState, now: Now) -> Read | None:
    """Return the read of the document that is due, if any. One of before a write of ours would undo what it told."""
    if state.read_due and not state.reading and state.write is None and state.read_retry.at <= now.monotonic:
        return Read()
    return None


def wanted_spec(state: ScheduleState) -> LaunchSpec | None:
    """Return what a slot whose turn has come is to run, as far as it is not brought to the engine yet."""
    want = state.want
    if not isinstance(want, Plan) or want.spec is None or not is_clear(state):
        return None
    if state.run is None:
        return want.spec if state.drain_until is None and want.next_due == state.granted else None
    return None if state.run.start_sent or state.run.failure else want.spec


def next_preparation(state: ScheduleState, rules: ScheduleRules, now: Now) -> Prepare | None:
    """Return the preparation that is due: before the claim, so that a slow fetch that is cut off costs no slot."""
    spec = wanted_spec(state)
    if spec is None or not state.gate or state.preparing is not None or state.prepare_retry.at > now.monotonic:
        return None
    if state.unlaunchable or (state.prepared is not None and state.prepared[0] == spec):
        return None
    if state.run is None and not isinstance(_about_slots(state, rules, now), Claim):
        return None
    return Prepare(spec)


def next_keep(state: ScheduleState, now: Now) -> Keep | None:
    """Return the result that is to be stored."""
    run = state.run
    if run is None or run.harvest is None or run.harvest.result is None or run.kept is not None or state.keeping:
        return None
    return Keep(run.harvest.result) if state.keep_retry.at <= now.monotonic else None


# writes


def next_write(state: ScheduleState, rules: ScheduleRules, now: Now) -> Write | None:
    """Return the write to make now, if any."""
    if not state.gate or state.write is not None or state.write_retry.at > now.monotonic:
        return None
    if not state.recalled:
        return Recall()
    if state.run is not None:
        return _about_run(state, state.run)
    if not is_clear(state):
        return None
    write = _about_slots(state, rules, now)
    if state.drain_until is not None:
        return write if isinstance(write, Advance) else None
    return write if not isinstance(write, Claim) or _ready(state) else None


def _about_run(state: ScheduleState, run: Run) -> Settle | None:
    if run.settled:
        return None
    ended = run.ended is not None and run.harvest is not None and run.kept is not None
    never = is_clear(state) and not run.to_start
    return Settle(record_of(state.bot_id, run)) if ended or never else None


def _about_slots(state: ScheduleState, rules: ScheduleRules, now: Now) -> Advance | Pass | Claim | None:
    want = state.want
    if not isinstance(want, Plan) or state.doubt or state.read_due or state.reading:
        return None
    trouble = state.prepare_retry.reason if state.prepare_retry.failures else "nobody was there"
    return decide(state, want, rules.late_window, now.wall, trouble)


def _ready(state: ScheduleState) -> bool:
    """Tell whether a slot may be claimed: all is in the engine, or never will be."""
    want = state.want
    if not isinstance(want, Plan) or want.spec is None:
        return False
    return bool(state.unlaunchable) or (state.prepared is not None and state.prepared[0] == want.spec)


def is_recorded(state: ScheduleState, plan: Plan) -> bool:
    """Tell whether the slot that its document says is next stands in a record."""
    return plan.next_due is not None and state.done is not None and plan.next_due <= state.done


def is_clear(state: ScheduleState) -> bool:
    """Tell whether the engine was seen to run nothing of this schedule, and no look is due that could say otherwise."""
    sure = not (state.look_due or state.find_due) and state.call is None
    return state.have is None and sure and not (state.others or state.astray)


# engine calls


def next_call(state: ScheduleState, now: Now) -> EngineCall | None:
    """Return the engine call to make now, if any."""
    if not state.gate or state.call is not None or state.look_retry.at > now.monotonic:
        return None
    run = state.run if state.run is not None and not state.run.settled else None
    if isinstance(state.have, Unknown) or state.look_due or state.find_due:
        return _look(state)
    if not state.recalled:
        return None
    if state.astray:
        return _end(state, state.astray[0], now)
    if isinstance(state.have, Observed):
        return _deal_with(state, run, state.have, now)
    return None if run is None else _create(state, run, now)


def _look(state: ScheduleState) -> Look | Find:
    """Return how to see what there is.

    What was made or seen is known by its id, in whatever state: a hand may have renamed it. Else all is listed.
    """
    have, run = state.have, state.run
    if state.others and not isinstance(have, Unknown):
        return Look(state.others[0].container_id)
    if state.find_due or state.astray:
        return Find()
    if isinstance(have, Observed):
        return Look(have.container_id)
    made = run.container_id if run is not None and isinstance(have, Unknown) else ""
    return Look(made) if made else Find()


def _deal_with(state: ScheduleState, run: Run | None, container: Observed, now: Now) -> EngineCall | None:
    if container.status is Status.REMOVING:
        return None
    if run is None or not belongs(run, container):
        return _end(state, container, now)
    match container.status:
        case Status.CREATED:
            name = container.container_id
            return Start(name) if _may_start(state, run, now) else Remove(name)
        case Status.EXITED if run.ended is None:
            return Look(container.container_id)
        case Status.EXITED:
            return None if run.harvest is not None else Harvest(container.container_id)
        case _:
            stop = stops.of(state.stopping, container) is not None or why_stop(state, run, now) is not None
            return _end(state, container, now) if stop else _go_on(container)


def _may_start(state: ScheduleState, run: Run, now: Now) -> bool:
    return bool(run.container_id) and run.to_start and why_stop(state, run, now) is None


def belongs(run: Run, container: Observed) -> bool:
    """Tell whether a container is that run's."""
    return run.container_id == container.container_id if run.container_id else run.adopted


def _go_on(container: Observed) -> Resume | None:
    return Resume(container.container_id) if container.status is Status.PAUSED else None


def _end(state: ScheduleState, container: Observed, now: Now) -> EngineCall | None:
    """Stop it, and remove it when it has ended."""
    match container.status:
        case Status.REMOVING:
            return None
        case Status.PAUSED:
            return Resume(container.container_id)
        case Status.RUNNING:
            stopping = stops.of(state.stopping, container)
            if stopping is None:
                return Send(container.container_id, Signal.TERM, container.stop_grace)
            return stops.next_signal(stopping, container, now)
        case _:
            return Remove(container.container_id)


def _create(state: ScheduleState, run: Run, now: Now) -> Create | None:
    want = state.want
    if not run.to_start or state.launch_retry.at > now.monotonic:
        return None
    if not isinstance(want, Plan) or want.spec is None or state.prepared is None or state.prepared[0] != want.spec:
        return None
    if state.others:
        return None
    return Create(Fresh(*state.prepared), Birth(reason=why_born(run)))


def why_born(run: Run) -> str:
    """Return what stands on the container of a run as its reason: it tells the slot."""
    return f"due at {run.due}"


def why_stop(state: ScheduleState, run: Run, now: Now) -> tuple[Outcome, str] | None:
    """Return why a run must not go on: as what its end counts, and in words. An edit is no reason."""
    if isinstance(state.want, Rest):
        return Outcome.STOPPED, state.want.reason
    if state.drain_until is not None and state.drain_until <= now.monotonic:
        return Outcome.STOPPED, "the runtime stops"
    if state.too_large:
        return Outcome.STOPPED, state.too_large
    if run.began is not None and run.began + state.timeout <= now.monotonic:
        return Outcome.TIMED_OUT, f"still running after {format_duration(state.timeout)}"
    return None


# time


def next_wake(state: ScheduleState, rules: ScheduleRules, now: Now) -> float | None:
    """Return the monotonic time at which something becomes due that nobody will tell about."""
    times = [state.keep_retry.at]
    if state.read_due and not state.reading:
        times.append(state.read_retry.at)
    if state.gate:
        times += [state.look_retry.at, state.write_retry.at, state.launch_retry.at, state.prepare_retry.at]
        times += [] if (again := look_again_at(state)) is None else [again]
        times += [] if state.refusal is None else [state.refusal.retry.at]
    if state.stopping is not None and state.call is None:
        times += [state.stopping.kill_at, state.stopping.again_at]
    if state.run is not None and not state.run.settled:
        times += _of_run(state, state.run)
    failing = state.prepare_retry.failures or state.launch_retry.failures
    due = state.run.due if state.run is not None else state.granted
    if failing and due is not None:
        times.append(now.monotonic + due + rules.late_window - now.wall)
    ahead = [time for time in times if time > now.monotonic]
    return min(ahead) if ahead else None


def look_again_at(state: ScheduleState) -> float | None:
    """Return when to look at the Go runtime's container without being told to: listings may never tell of its end."""
    return state.observed_at + OTHERS_PACE if state.others and state.observed_at is not None else None


def _of_run(state: ScheduleState, run: Run) -> list[float]:
    times = [] if run.began is None else [run.began + state.timeout]
    return times if state.drain_until is None else [*times, state.drain_until]
