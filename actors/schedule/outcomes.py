"""What the answers to a schedule's engine calls and writes teach. Pure.

An answer is a fact: what was started runs, and what was removed is not there.
"""

from dataclasses import replace
from typing import cast

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import Remove, Resume, Send
from the0_actors.actors.bot.messages import CallDone
from the0_actors.actors.bot.refusals import answered
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.sightings import weigh
from the0_actors.actors.bot.state import FINE, UNKNOWN
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.errors import CodeMissing, Gone, NameTaken, NotActive, Refused, Unlaunchable
from the0_actors.actors.ports.engine import Signal
from the0_actors.actors.schedule.effects import Advance, Claim, Create, Harvest, Keep, Pass, Recall, Settle, Start
from the0_actors.actors.schedule.looks import observe
from the0_actors.actors.schedule.messages import Harvested
from the0_actors.actors.schedule.state import Plan, Run, ScheduleRules, ScheduleState


def call_done(state: ScheduleState, message: CallDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Return the state after an answer, and after what was told of containers while it was waited for."""
    state = _answer(state, message, rules, now)
    return weigh(state) if state.call is None else state


def _answer(state: ScheduleState, message: CallDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    effect, error = message.effect, message.error
    match effect:
        case Recall() | Claim() | Settle() | Pass() | Advance():
            return _write_done(state._replace(write=None), message, rules, now)
        case Keep():
            return _keep_done(state._replace(keeping=False), error, rules, now)
        case Create():
            return _create_done(state._replace(call=None), effect, message, rules, now)
        case Start():
            return _start_done(state._replace(call=None), error, rules, now)
        case Harvest():
            return _harvest_done(state._replace(call=None), message, rules, now)
        case Send():
            return _send_done(state._replace(call=None), effect, error, rules, now)
        case Remove():
            return _remove_done(state._replace(call=None), effect, error, rules, now)
        case Resume():
            return _answered(state._replace(call=None), effect, error, rules, now)
        case _:
            raise TypeError(f"no call: {effect!r}")


# engine calls


def _failed(state: ScheduleState, error: Exception | None, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Pace the looks that follow failures; an answer, even `Gone`, is none."""
    if error is None or isinstance(error, Gone):
        return state
    return state._replace(look_due=True, look_retry=rules.retry(state.look_retry, now, str(error)))


def _answered(
    state: ScheduleState,
    effect: Send | Remove | Resume | Harvest,
    error: Exception | None,
    rules: ScheduleRules,
    now: Now,
) -> ScheduleState:
    """Look what came of a call; one that failed is made again later, and later each time."""
    return state._replace(look_due=True, refusal=answered(state.refusal, effect, error, rules, now))


def _create_done(
    state: ScheduleState, effect: Create, message: CallDone, rules: ScheduleRules, now: Now
) -> ScheduleState:
    error, state = message.error, state._replace(have=UNKNOWN)
    run = state.run
    if run is None:
        return state._replace(look_due=True)
    match error:
        case None:
            made = _made(state, effect, str(message.value), rules)
            run = replace(run, container_id=made.container_id)
            return state._replace(run=run, have=made, launch_retry=FINE)
        case NotActive():
            return _failed(state, error, rules, now)
        case NameTaken():
            state = state._replace(look_due=True)
        case CodeMissing():
            state = state._replace(prepared=None)
        case Refused() | Gone() | Unlaunchable():
            return state._replace(run=replace(run, failure=str(error)))
        case _:
            pass
    # Nothing was started: `Start` is a call of its own.
    return state._replace(launch_retry=rules.retry(state.launch_retry, now, str(error)))


def _made(state: ScheduleState, create: Create, container_id: str, rules: ScheduleRules) -> Observed:
    """Return what was just created, as a listing would have it; nobody asks for its fingerprint."""
    return Observed(
        container_id=container_id,
        name=state.name,
        bot_id=state.bot_id,
        kind=Kind.SCHEDULED,
        installation=rules.installation,
        status=Status.CREATED,
        code_hash=create.blueprint.code_hash,
        birth=create.birth,
        stop_grace=create.blueprint.spec.stop_grace,
    )


def _start_done(state: ScheduleState, error: Exception | None, rules: ScheduleRules, now: Now) -> ScheduleState:
    run, made = state.run, state.have
    if error is None and isinstance(made, Observed):
        return observe(state, replace(made, status=Status.RUNNING, started_at=now.wall), now)
    state = state._replace(have=UNKNOWN, look_due=True)
    if run is not None and isinstance(error, NotActive):
        state = state._replace(run=replace(run, start_sent=False))  # nothing was sent
    if run is not None and isinstance(error, Refused):
        return state._replace(run=replace(run, failure=str(error)))
    return _failed(state, error, rules, now)


def _remove_done(
    state: ScheduleState, effect: Remove, error: Exception | None, rules: ScheduleRules, now: Now
) -> ScheduleState:
    look_due, removed = state.look_due, state.have
    state = _answered(state, effect, error, rules, now)
    if error is not None:
        return state
    if isinstance(removed, Observed) and removed.container_id == effect.container_id and not state.astray:
        return observe(state._replace(look_due=look_due, find_due=state.find_due or not now.followed), None, now)
    return state._replace(look_due=False, find_due=True)


def _harvest_done(state: ScheduleState, message: CallDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    run, found = state.run, message.value
    if message.error is not None and not isinstance(message.error, Gone):
        return _answered(state, cast("Harvest", message.effect), message.error, rules, now)
    state = state._replace(refusal=None)
    if not isinstance(found, Harvested):
        state, found = state._replace(look_due=True), Harvested("", None)
    if run is None or run.ended is None:
        return state._replace(look_due=True)
    kept = found.refused if found.result is None else None
    return state._replace(run=replace(run, harvest=found, kept=kept), keep_retry=FINE)


def _keep_done(state: ScheduleState, error: Exception | None, rules: ScheduleRules, now: Now) -> ScheduleState:
    if state.run is None:
        return state
    if error is None:
        return state._replace(run=replace(state.run, kept="stored"), keep_retry=FINE)
    retry = rules.retry(state.keep_retry, now, str(error))
    if retry.failures < rules.keep_tries and not isinstance(error, Unlaunchable):
        return state._replace(keep_retry=retry)
    return state._replace(run=replace(state.run, kept=f"not stored: {error}"), keep_retry=FINE)


def _send_done(
    state: ScheduleState, effect: Send, error: Exception | None, rules: ScheduleRules, now: Now
) -> ScheduleState:
    look_due, state = state.look_due, _answered(state, effect, error, rules, now)
    if error is not None:
        return state
    look_due = look_due or effect.signal is Signal.KILL
    return state._replace(stopping=stops.delivered(state.stopping, effect, rules, now), look_due=look_due)


# writes


def _write_done(state: ScheduleState, message: CallDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    if message.error is not None:
        reason = f"cannot write: {message.error}"
        state = state._replace(write_retry=rules.retry(state.write_retry, now, reason))
        # Whether it is claimed must be known, also when nobody wants it to run any more.
        effect = message.effect
        return state._replace(recalled=False, claiming=effect.due) if isinstance(effect, Claim) else state
    state = state._replace(write_retry=FINE)
    match message.effect:
        case Recall():
            return _recalled(state, message.value, rules)
        case Claim(due):
            return _claimed(state, due, message.value)
        case Settle(record):
            return _settled(state, record, now)
        case Pass(_, last):
            return state._replace(done=last) if message.value is None else _stands(state, message.value)
        case Advance(_, due):
            return _advanced(state, due, now, written=bool(message.value))
        case _:
            raise TypeError(f"no write: {message.effect!r}")


def _recalled(state: ScheduleState, found: object, rules: ScheduleRules) -> ScheduleState:
    if not state.gate:
        return state  # asked before another runtime may have acted
    claiming, state = state.claiming, state._replace(recalled=True, claiming=None)
    if not isinstance(found, RunRecord):
        return state
    ours = found.due == claiming and found.holder == rules.holder
    run = Run(found.due, failure=state.unlaunchable) if ours else Run(found.due, adopted=True)
    # Which of several containers is the run's was not known before.
    return state._replace(run=run, look_due=True, find_due=bool(state.astray))


def _claimed(state: ScheduleState, due: int, found: object) -> ScheduleState:
    if not state.recalled:
        return state  # what is open is asked for again
    if found is None:
        return state._replace(run=Run(due, failure=state.unlaunchable), granted=due)
    return _stands(state, found)


def _stands(state: ScheduleState, found: object) -> ScheduleState:
    """Go by what stands for a slot already: somebody was cut off before the next due time was written."""
    if not isinstance(found, RunRecord):
        raise TypeError(f"no record: {found!r}")
    if found.outcome is Outcome.OPEN:
        return state._replace(run=Run(found.due, adopted=True), look_due=True)
    return state._replace(done=found.due if found.last is None else found.last)


def _settled(state: ScheduleState, record: RunRecord, now: Now) -> ScheduleState:
    if state.run is None or state.run.due != record.due:
        return state
    finished = now.wall if record.finished_at is None else min(record.finished_at, now.wall)
    bad = record.outcome is not Outcome.SUCCEEDED
    return state._replace(
        run=replace(state.run, settled=True),
        done=record.due,
        granted=None,
        busy_until=max(state.busy_until, finished) if record.started_at is not None else state.busy_until,
        last_end=f"{record.outcome}: {record.reason}",
        log_tail=record.log_tail if bad else "",
        stopping=None if state.have is None else state.stopping,
    )


def _advanced(state: ScheduleState, due: int | None, now: Now, *, written: bool) -> ScheduleState:
    want = state.want
    if not written or not isinstance(want, Plan):
        return state._replace(read_due=True)
    # What comes due while it waits for its turn does not cost the turn: on a busy engine it would never run.
    goes_on = state.granted is not None and state.granted == want.next_due and due is not None and due <= now.wall
    granted = due if goes_on else state.granted
    want = replace(want, next_due=due, basis=replace(want.basis, next=due))
    return state._replace(want=want, granted=granted, rejoin=False)
