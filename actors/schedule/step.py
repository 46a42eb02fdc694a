"""One step of a schedule's life: `step(state, message, rules, now) -> (state, effects)`. Pure.

learn      what the message teaches
settle     what follows from it by itself, and what can be forgotten
plan       at most one read, one preparation, one write, one engine call; when to be told and when to wake up
announce   a change of phase
"""

from dataclasses import replace

from the0_actors.actors.bot.doubt import asks, settle
from the0_actors.actors.bot.effects import Announce, Ask, Find, Look, Retire, Send, Wake
from the0_actors.actors.bot.refusals import about, held_back
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.state import KEPT_TRANSITIONS, Rest, Unknown
from the0_actors.actors.bot.troubles import troubles_of
from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.schedule.effects import Arm, Effect, EngineCall, Start
from the0_actors.actors.schedule.learn import learn
from the0_actors.actors.schedule.messages import Message
from the0_actors.actors.schedule.phase import phase_of
from the0_actors.actors.schedule.plan import (
    is_clear,
    is_recorded,
    next_call,
    next_keep,
    next_preparation,
    next_read,
    next_wake,
    next_write,
    why_stop,
)
from the0_actors.actors.schedule.state import Plan, Run, ScheduleRules, ScheduleState


def step(state: ScheduleState, message: Message, rules: ScheduleRules, now: Now) -> tuple[ScheduleState, list[Effect]]:
    """Take one message; return the new state and what is to be done."""
    state = _settle(settle(learn(state, message, rules, now)), rules, now)
    effects: list[Effect] = []
    state = _plan(state, rules, now, effects)
    return _announce(state, now, effects), effects


def begin(state: ScheduleState, rules: ScheduleRules, now: Now) -> tuple[ScheduleState, list[Effect]]:
    """Take the first step of an incarnation, before any message."""
    effects: list[Effect] = []
    return _plan(state, rules, now, effects), effects


# settle


def _settle(state: ScheduleState, rules: ScheduleRules, now: Now) -> ScheduleState:
    if state.refusal is not None and not isinstance(state.have, Unknown):
        container = state.astray[0] if state.astray else state.have
        state = state._replace(refusal=about(state.refusal, "" if container is None else container.container_id))
    if state.run is not None and state.run.settled and is_clear(state):
        state = state._replace(run=None)
    if state.run is not None and not state.run.settled:
        state = state._replace(run=_give_up(state, state.run, rules, now))
    if state.run is None and state.granted is not None and state.granted > now.wall:
        # The clock was set back since its turn came: whoever keeps the due times tells again.
        state = state._replace(granted=None, armed=None)
    return _slim(state)


def _give_up(state: ScheduleState, run: Run, rules: ScheduleRules, now: Now) -> Run:
    """Decide that a claimed run will not start: it must not, or not any more."""
    if not run.to_start:
        return run
    reason = why_stop(state, run, now)
    if reason is not None:
        return replace(run, stop=reason[0], stop_reason=reason[1])
    if now.wall - run.due > rules.late_window:
        trouble = state.launch_retry.reason or state.prepare_retry.reason or "the engine was not ready"
        return replace(run, failure=f"not within {format_duration(rules.late_window)}: {trouble}")
    return run


def _slim(state: ScheduleState) -> ScheduleState:
    """Drop what is big while it waits."""
    want = state.want
    if not isinstance(want, Plan) or want.spec is None or state.run is not None or state.granted == want.next_due:
        return state
    return state._replace(want=replace(want, spec=None), prepared=None)


# plan


def _plan(state: ScheduleState, rules: ScheduleRules, now: Now, effects: list[Effect]) -> ScheduleState:
    if (read := next_read(state, now)) is not None:
        effects.append(read)
        state = state._replace(read_due=False, reading=True)
    if (preparation := next_preparation(state, rules, now)) is not None:
        effects.append(preparation)
        state = state._replace(preparing=preparation.spec)
    if (keep := next_keep(state, now)) is not None:
        effects.append(keep)
        state = state._replace(keeping=True)
    if (write := next_write(state, rules, now)) is not None:
        effects.append(write)
        state = state._replace(write=write)
    state = _call(state, now, effects)
    state = _arm(state, effects)
    if (asking := asks(state)) != state.asked:
        effects.append(Ask(asking))
        state = state._replace(asked=asking)
    if _is_done(state):
        effects.append(Retire())
    if (wake := next_wake(state, rules, now)) != state.wake_at:
        effects.append(Wake(wake))
        state = state._replace(wake_at=wake)
    return state


def _call(state: ScheduleState, now: Now, effects: list[Effect]) -> ScheduleState:
    call = next_call(state, now)
    if call is None or held_back(state.refusal, call, now):
        return state
    effects.append(call)
    state = state._replace(call=call, look_due=state.look_due and not _is_all_to_see(state, call))
    state = state._replace(find_due=state.find_due and not isinstance(call, Find))
    run = state.run
    if run is None or run.settled:
        return state
    if isinstance(call, Start):
        return state._replace(run=replace(run, start_sent=True))
    about_run = isinstance(call, Send) and not state.astray
    reason = why_stop(state, run, now) if about_run and run.stop is None else None
    return state if reason is None else state._replace(run=replace(run, stop=reason[0], stop_reason=reason[1]))


def _is_all_to_see(state: ScheduleState, call: EngineCall) -> bool:
    """Tell whether a call is the look that is due: with the Go runtime's beside ours, ours alone is not."""
    if state.others:
        return call == Look(state.others[0].container_id)
    return isinstance(call, Look | Find)


def _arm(state: ScheduleState, effects: list[Effect]) -> ScheduleState:
    due = _due_to_arm(state)
    if due == state.armed:
        return state
    effects.append(Arm(due))
    return state._replace(armed=due)


def _due_to_arm(state: ScheduleState) -> int | None:
    want, run = state.want, state.run
    if not state.gate or not state.recalled or state.drain_until is not None or not isinstance(want, Plan):
        return None
    if state.doubt:
        return None
    if run is not None:
        # Its turn lasts until it is started, or is known not to be.
        return state.armed if run.to_start or isinstance(state.call, Start) else None
    if state.granted is not None and state.granted == want.next_due:
        return state.armed
    return None if is_recorded(state, want) or state.rejoin else want.next_due


def _is_done(state: ScheduleState) -> bool:
    busy = state.run is not None or state.write is not None or state.read_due or state.reading
    return is_clear(state) and isinstance(state.want, Rest) and state.want.deleted and state.recalled and not busy


def _announce(state: ScheduleState, now: Now, effects: list[Effect]) -> ScheduleState:
    phase, reason = phase_of(state, now)
    troubles = troubles_of(state)
    transition = Transition(now.wall, phase, "; ".join((reason, *troubles)), warns=bool(troubles))
    if state.transitions and replace(state.transitions[-1], at=now.wall) == transition:
        return state
    effects.append(Announce(transition))
    return state._replace(transitions=(*state.transitions, transition)[-KEPT_TRANSITIONS:])
