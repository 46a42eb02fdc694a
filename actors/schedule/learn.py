"""What a message teaches: the state after it, before anything is decided. Pure.

Hints, the gate, the document and the engine's looks are here; answers to calls and writes are `outcomes`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from the0_actors.actors.bot.doubt import allow, doubts
from the0_actors.actors.bot.messages import (
    CallDone,
    Commanded,
    ContainerHint,
    DocumentHint,
    GateMoved,
    LookDone,
    PredecessorFound,
    PrepareDone,
    Seen,
    StopAllowed,
    Woken,
)
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import FINE, UNKNOWN, Rest, Retry, Unknown, Unreadable
from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.schedules import ScheduleAnswer, Scheduled
from the0_actors.actors.errors import Unlaunchable
from the0_actors.actors.schedule.messages import DrainRuns, Due, Message, ReadDone, Rearm
from the0_actors.actors.schedule.outcomes import call_done
from the0_actors.actors.schedule.plan import belongs, look_again_at
from the0_actors.actors.schedule.state import Plan, Run, ScheduleRules, ScheduleState

REMOVAL_PACE = 1.0
"""Seconds between looks at a container that the engine is removing."""
ALIVE = frozenset({Status.RUNNING, Status.PAUSED})


def learn(state: ScheduleState, message: Message, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Return the state after `message`."""
    learner = cast(
        "Callable[[ScheduleState, Any, ScheduleRules, Now], ScheduleState] | None", _LEARNERS.get(type(message))
    )
    if learner is None:
        raise TypeError(f"no learner for {type(message).__name__}")
    return learner(state, message, rules, now)


def _document_hint(state: ScheduleState, _message: DocumentHint, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return replace(state, read_due=True)


def _container_hint(state: ScheduleState, _message: ContainerHint, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return replace(state, look_due=True)


def _woken(state: ScheduleState, _message: Woken, _rules: ScheduleRules, now: Now) -> ScheduleState:
    again = look_again_at(state)
    return replace(state, wake_at=None, look_due=state.look_due or (again is not None and again <= now.monotonic))


def _seen(state: ScheduleState, message: Seen, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    # A listing tells neither when a container started nor how it ended.
    have: Observed | Unknown | None = message.container if message.known else UNKNOWN
    others = tuple(container for container in message.predecessors if container.status in ALIVE)
    return replace(state, gate=True, have=have, others=others, look_due=have is not None or bool(others))


def _predecessor(state: ScheduleState, message: PredecessorFound, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    if message.container.status not in ALIVE:
        return state
    others = tuple(c for c in state.others if c.container_id != message.container.container_id)
    return replace(state, others=(*others, message.container), look_due=True)


def _gate(state: ScheduleState, message: GateMoved, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    if message.open == state.gate:
        return state
    # Another runtime may act meanwhile: what we remember of a run is nothing to go by.
    forgotten = replace(state, gate=message.open, recalled=False, run=None, have=UNKNOWN, granted=None, stopping=None)
    return replace(forgotten, read_due=True, done=None, claiming=None)


def _commanded(state: ScheduleState, _message: Commanded, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    state = replace(state, read_due=True, read_retry=FINE, look_retry=FINE, write_retry=FINE)
    return replace(state, prepare_retry=FINE, launch_retry=FINE, keep_retry=FINE, unlaunchable="", refusal=None)


def _stop_allowed(state: ScheduleState, _message: StopAllowed, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return allow(state)


def _drain(state: ScheduleState, message: DrainRuns, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return replace(state, drain_until=message.until, refusal=None)


def _due(state: ScheduleState, message: Due, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    """Its turn: act on a read and a look that begin now, as neither an edit nor a container may have been told."""
    if not isinstance(state.want, Plan) or state.want.next_due != message.due or state.run is not None:
        return replace(state, armed=None)
    state = replace(state, granted=message.due, read_due=True, look_due=True, unlaunchable="")
    return replace(state, prepare_retry=FINE, launch_retry=FINE)


def _rearm(state: ScheduleState, _message: Rearm, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return replace(state, armed=None, granted=None)


# the document


def _read_done(state: ScheduleState, message: ReadDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    state = replace(state, reading=False)
    if message.answer is None:
        reason = f"cannot read the document: {message.error}"
        return replace(state, read_due=True, read_retry=rules.retry(state.read_retry, now, reason))
    before, state = state.want, _want(replace(state, read_retry=FINE), message.answer, now)
    return state if type(before) is type(state.want) else replace(state, refusal=None)


def _want(state: ScheduleState, answer: ScheduleAnswer, now: Now) -> ScheduleState:
    if doubt := doubts(state, answer):
        return replace(state, doubt=doubt, granted=None)
    state = replace(state, doubt="", believe=False)
    match answer:
        case Scheduled():
            return _want_runs(state, answer, now)
        case Disabled(name):
            want: Rest | Unreadable = Rest("disabled")
            state = replace(state, title=name)
        case Deleted():
            want = Rest("deleted", deleted=True)
        case Held(reason, name):
            want = Rest(reason)
            state = replace(state, title=name)
        case Malformed(reason):
            want = Unreadable(reason)
    return replace(state, want=want, granted=None, prepared=None, unlaunchable="", prepare_retry=FINE)


def _want_runs(state: ScheduleState, answer: Scheduled, now: Now) -> ScheduleState:
    before = state.want
    plan = Plan(answer.spec, answer.timetable, answer.timeout, answer.next_due, answer.basis)
    was_off = isinstance(before, Rest) and plan.next_due is not None and plan.next_due <= now.wall
    state = replace(state, want=plan, timeout=plan.timeout, version=answer.spec.code_version)
    state = replace(state, title=answer.spec.name, remark=answer.spec.remark)
    if isinstance(before, Plan) and before.timetable != plan.timetable:
        state = replace(state, done=None)
    if not isinstance(before, Plan) or before.spec != plan.spec:
        state = replace(state, unlaunchable="", prepare_retry=FINE)
    return replace(state, rejoin=state.rejoin or was_off)


def _prepare_done(state: ScheduleState, message: PrepareDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    spec, state = state.preparing, replace(state, preparing=None)
    if spec is None or not isinstance(state.want, Plan) or state.want.spec != spec:
        return state
    if message.error is None:
        return replace(state, prepared=(spec, message.code_hash), prepare_retry=FINE)
    if isinstance(message.error, Unlaunchable):
        state = replace(state, unlaunchable=str(message.error))
        run = state.run
        return state if run is None else replace(state, run=replace(run, failure=str(message.error)))
    return replace(state, prepare_retry=rules.retry(state.prepare_retry, now, str(message.error)))


# the container


def _look_done(state: ScheduleState, message: LookDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    effect: Any = message.effect
    state = replace(state, call=None)
    if message.error is not None:
        retry = rules.retry(state.look_retry, now, str(message.error))
        return replace(state, look_due=True, look_retry=retry)
    state = replace(state, look_retry=FINE, observed_at=now.monotonic)
    if state.others and effect.name_or_id == state.others[0].container_id:
        return _observe_other(state, message.container)
    if message.container is None and effect.name_or_id != state.name:
        return replace(state, have=UNKNOWN, stopping=None)  # that one is gone; whether there is another, the name tells
    return _observe(state, message.container, now)


def _observe_other(state: ScheduleState, container: Observed | None) -> ScheduleState:
    if container is not None and container.status in ALIVE:
        # The hint may have been about ours.
        return state if state.have is None else replace(state, have=UNKNOWN)
    return replace(state, others=state.others[1:], look_due=True)


def _observe(state: ScheduleState, container: Observed | None, now: Now) -> ScheduleState:
    state = replace(state, have=container)
    if container is None:
        return replace(state, stopping=None)
    if state.stopping is not None and state.stopping.container_id != container.container_id:
        state = replace(state, stopping=None)
    if container.status is Status.REMOVING:
        return replace(state, look_due=True, look_retry=Retry(0, now.monotonic + REMOVAL_PACE, "being removed"))
    if state.run is not None and not state.run.settled and belongs(state.run, container):
        run = _see(state.run, container, now)
        if state.stopping is not None:
            run = replace(run, killed_after=state.stopping.killed_after)
        return replace(state, run=run)
    return state


def _see(run: Run, container: Observed, now: Now) -> Run:
    if container.status in ALIVE and run.began is None:
        started = now.wall if container.started_at is None else container.started_at
        return replace(run, began=now.monotonic - max(0.0, now.wall - started))
    if container.status is Status.EXITED and container.exit is not None:
        return replace(run, ended=replace(container, body=None))
    if container.status is Status.CREATED and run.start_sent and not run.failure:
        return replace(run, failure="the engine did not start it")
    return run


_LEARNERS: dict[type, object] = {
    DocumentHint: _document_hint,
    ContainerHint: _container_hint,
    Woken: _woken,
    Seen: _seen,
    PredecessorFound: _predecessor,
    GateMoved: _gate,
    Commanded: _commanded,
    StopAllowed: _stop_allowed,
    DrainRuns: _drain,
    Due: _due,
    Rearm: _rearm,
    ReadDone: _read_done,
    PrepareDone: _prepare_done,
    LookDone: _look_done,
    CallDone: call_done,
}
