"""What a message teaches: the state after it, before anything is decided. Pure.

Hints, the gate and the document are here; what looks show is `looks`, answers to calls and writes are `outcomes`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from the0_actors.actors.bot.doubt import allow, doubts
from the0_actors.actors.bot.messages import (
    CallDone,
    Commanded,
    ContainerHint,
    ContainersSeen,
    DocumentHint,
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
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.shortage import told
from the0_actors.actors.bot.sightings import Sighting, hear
from the0_actors.actors.bot.state import FINE, UNKNOWN, Rest, Unreadable
from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed
from the0_actors.actors.domain.schedules import ScheduleAnswer, Scheduled
from the0_actors.actors.errors import Unlaunchable
from the0_actors.actors.schedule.looks import ALIVE, find_done, found, look_done
from the0_actors.actors.schedule.messages import DrainRuns, Due, Message, ReadDone, Rearm
from the0_actors.actors.schedule.outcomes import call_done
from the0_actors.actors.schedule.plan import is_clear, look_again_at
from the0_actors.actors.schedule.state import Plan, ScheduleRules, ScheduleState


def learn(state: ScheduleState, message: Message, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Return the state after `message`."""
    learner = cast(
        "Callable[[ScheduleState, Any, ScheduleRules, Now], ScheduleState] | None", _LEARNERS.get(type(message))
    )
    if learner is None:
        raise TypeError(f"no learner for {type(message).__name__}")
    return learner(state, message, rules, now)


def _document_hint(state: ScheduleState, _message: DocumentHint, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return state._replace(read_due=True)


def _sighted(state: ScheduleState, message: Sighting, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return hear(state, message)


def _woken(state: ScheduleState, _message: Woken, _rules: ScheduleRules, now: Now) -> ScheduleState:
    again = look_again_at(state)
    return state._replace(wake_at=None, look_due=state.look_due or (again is not None and again <= now.monotonic))


def _seen(state: ScheduleState, message: Seen, _rules: ScheduleRules, now: Now) -> ScheduleState:
    others = tuple(container for container in message.predecessors if container.status in ALIVE)
    state = state._replace(gate=True, have=UNKNOWN, astray=(), others=others, look_due=True)
    return found(state._replace(look_due=bool(others)), message.containers, now) if message.known else state


def _short(state: ScheduleState, message: ShortOfMemory, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return told(state, message.container_id)


def _predecessor(state: ScheduleState, message: PredecessorFound, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    if message.container.status not in ALIVE:
        return state
    others = tuple(c for c in state.others if c.container_id != message.container.container_id)
    return state._replace(others=(*others, message.container), look_due=True)


def _gate(state: ScheduleState, message: GateMoved, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    if message.open == state.gate:
        return state
    # Another runtime may act meanwhile: what we remember of a run is nothing to go by.
    forgotten = state._replace(gate=message.open, recalled=False, run=None, have=UNKNOWN, granted=None, stopping=None)
    forgotten = forgotten._replace(astray=())
    return forgotten._replace(read_due=True, done=None, claiming=None)


def _commanded(state: ScheduleState, _message: Commanded, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    state = state._replace(read_due=True, read_retry=FINE, look_retry=FINE, write_retry=FINE)
    return state._replace(
        prepare_retry=FINE, launch_retry=FINE, keep_retry=FINE, unlaunchable="", refusal=None, too_large=""
    )


def _stop_allowed(state: ScheduleState, _message: StopAllowed, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return allow(state)


def _too_large(state: ScheduleState, message: TooLarge, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return state._replace(too_large=message.reason, unlaunchable=message.reason)


def _drain(state: ScheduleState, message: DrainRuns, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return state._replace(drain_until=message.until, refusal=None)


def _due(state: ScheduleState, message: Due, _rules: ScheduleRules, now: Now) -> ScheduleState:
    """Its turn: act on a read that begins now, as an edit may not have been told; of a container it is, or it looks."""
    if not isinstance(state.want, Plan) or state.want.next_due != message.due or state.run is not None:
        return state._replace(armed=None)
    clear = is_clear(state) and now.followed
    state = state._replace(granted=message.due, read_due=True, look_due=not clear, unlaunchable=state.too_large)
    return state._replace(prepare_retry=FINE, launch_retry=FINE)


def _rearm(state: ScheduleState, _message: Rearm, _rules: ScheduleRules, _now: Now) -> ScheduleState:
    return state._replace(armed=None, granted=None)


# the document


def _read_done(state: ScheduleState, message: ReadDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    state = state._replace(reading=False)
    if message.answer is None:
        reason = f"cannot read the document: {message.error}"
        return state._replace(read_due=True, read_retry=rules.retry(state.read_retry, now, reason))
    before, state = state.want, _want(state._replace(read_retry=FINE), message.answer, now)
    return state if type(before) is type(state.want) else state._replace(refusal=None)


def _want(state: ScheduleState, answer: ScheduleAnswer, now: Now) -> ScheduleState:
    if doubt := doubts(state, answer):
        return state._replace(doubt=doubt, granted=None)
    state = state._replace(doubt="", believe=False)
    match answer:
        case Scheduled():
            return _want_runs(state, answer, now)
        case Disabled(name):
            want: Rest | Unreadable = Rest("disabled")
            state = state._replace(title=name)
        case Deleted():
            want = Rest("deleted", deleted=True)
        case Held(reason, name):
            want = Rest(reason)
            state = state._replace(title=name)
        case Malformed(reason):
            want = Unreadable(reason)
    return state._replace(want=want, granted=None, prepared=None, unlaunchable="", prepare_retry=FINE)


def _want_runs(state: ScheduleState, answer: Scheduled, now: Now) -> ScheduleState:
    before = state.want
    plan = Plan(answer.spec, answer.timetable, answer.timeout, answer.next_due, answer.basis)
    was_off = isinstance(before, Rest) and plan.next_due is not None and plan.next_due <= now.wall
    asked = answer.spec.code_version, answer.spec.state_bytes
    if (state.version, state.state_bytes) != asked:
        state = state._replace(too_large="")
    state = state._replace(want=plan, timeout=plan.timeout, version=asked[0], state_bytes=asked[1])
    state = state._replace(title=answer.spec.name, remark=answer.spec.remark)
    if isinstance(before, Plan) and before.timetable != plan.timetable:
        state = state._replace(done=None)
    if not isinstance(before, Plan) or before.spec != plan.spec:
        state = state._replace(unlaunchable=state.too_large, prepare_retry=FINE)
    return state._replace(rejoin=state.rejoin or was_off)


def _prepare_done(state: ScheduleState, message: PrepareDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    spec, state = state.preparing, state._replace(preparing=None)
    if spec is None or not isinstance(state.want, Plan) or state.want.spec != spec:
        return state
    if message.error is None:
        return state._replace(prepared=(spec, message.code_hash), prepare_retry=FINE)
    if isinstance(message.error, Unlaunchable):
        state = state._replace(unlaunchable=str(message.error))
        run = state.run
        return state if run is None else state._replace(run=replace(run, failure=str(message.error)))
    return state._replace(prepare_retry=rules.retry(state.prepare_retry, now, str(message.error)))


_LEARNERS: dict[type, object] = {
    DocumentHint: _document_hint,
    ContainerHint: _sighted,
    Woken: _woken,
    Seen: _seen,
    PredecessorFound: _predecessor,
    ContainersSeen: _sighted,
    ShortOfMemory: _short,
    GateMoved: _gate,
    Commanded: _commanded,
    StopAllowed: _stop_allowed,
    TooLarge: _too_large,
    DrainRuns: _drain,
    Due: _due,
    Rearm: _rearm,
    ReadDone: _read_done,
    PrepareDone: _prepare_done,
    LookDone: look_done,
    FindDone: find_done,
    CallDone: call_done,
}
