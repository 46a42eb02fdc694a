"""What the answers to a bot's engine calls teach. Pure.

An answer is a fact: what was launched runs, and what was removed is not there. Only where an answer failed, or does not
tell (a signal), it is looked at what came of the call.
"""

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import Launch, Remove, Resume, Send, Tail
from the0_actors.actors.bot.looks import observe
from the0_actors.actors.bot.messages import CallDone
from the0_actors.actors.bot.refusals import answered
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.sightings import weigh
from the0_actors.actors.bot.state import FINE, BotState, Retry, Run
from the0_actors.actors.bot.view import matches, next_is_ready, wanted
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import CodeMissing, Gone, NameTaken, NotActive, Refused
from the0_actors.actors.ports.engine import Again, Fresh, Signal


def call_done(state: BotState, message: CallDone, rules: Rules, now: Now) -> BotState:
    """Return the state after an answer, and after what was told while it was waited for."""
    return weigh(_answer(state._replace(call=None), message, rules, now))


def _answer(state: BotState, message: CallDone, rules: Rules, now: Now) -> BotState:
    match message.effect:
        case Launch():
            return _launch_done(state, message.effect, message, rules, now)
        case Tail():
            tail = message.value if isinstance(message.value, str) else ""
            return state._replace(tail_of="", log_tail=tail)
        case Send():
            return _send_done(state, message.effect, message.error, rules, now)
        case Remove():
            return _remove_done(state, message.effect, message.error, rules, now)
        case Resume():
            return _answered(state, message.effect, message.error, rules, now)
        case _:
            raise TypeError(f"no engine call: {message.effect!r}")


def _answered(
    state: BotState, effect: Send | Remove | Resume, error: Exception | None, rules: Rules, now: Now
) -> BotState:
    """Look what came of a call; one that failed is made again later, and later each time."""
    return state._replace(look_due=True, refusal=answered(state.refusal, effect, error, rules, now))


def _send_done(state: BotState, effect: Send, error: Exception | None, rules: Rules, now: Now) -> BotState:
    look_due, state = state.look_due, _answered(state, effect, error, rules, now)
    if error is not None:
        return state
    look_due = look_due or effect.signal is Signal.KILL
    return state._replace(stopping=stops.delivered(state.stopping, effect, rules, now), look_due=look_due)


def _remove_done(state: BotState, effect: Remove, error: Exception | None, rules: Rules, now: Now) -> BotState:
    look_due, removed = state.look_due, state.have
    state = _answered(state, effect, error, rules, now)
    if error is not None or not isinstance(removed, Observed) or removed.container_id != effect.container_id:
        return state
    if removed.status is Status.EXITED and _still_good(state, rules):
        state = state._replace(again=removed)
    elif removed.status is Status.EXITED and next_is_ready(state):
        state = state._replace(last_good=removed)
    # One that nobody told of is to be found where not all is told.
    return observe(state._replace(look_due=look_due, find_due=not now.followed), None, rules, now)


def _still_good(state: BotState, rules: Rules) -> bool:
    """Tell whether the container that was just removed is to be created again as it was."""
    if not isinstance(wanted(state), Run) or not isinstance(state.have, Observed) or state.have.body is None:
        return False
    return matches(state, rules) or not next_is_ready(state)


def _launch_done(state: BotState, effect: Launch, message: CallDone, rules: Rules, now: Now) -> BotState:
    error = message.error
    if error is None:
        state = state._replace(last_good=None, taken="", look_retry=FINE)
        return observe(state, _born(state, effect, str(message.value), rules, now), rules, now)
    state = state._replace(look_due=True)
    if isinstance(error, NameTaken):
        return state._replace(taken=state.name)
    state = state._replace(launch_retry=rules.retry(state.launch_retry, now, str(error)))
    if isinstance(error, CodeMissing):
        return state._replace(prepared=None, again=None, read_due=True)
    if isinstance(error, NotActive):
        return state
    if isinstance(effect.blueprint, Again):
        known = isinstance(error, Gone | Refused)
        return state._replace(again=None, read_due=True) if known else state
    return _go_back(state, error)


def _born(state: BotState, launch: Launch, container_id: str, rules: Rules, now: Now) -> Observed:
    """Return what was just created and started, as a listing would have it."""
    match launch.blueprint:
        case Fresh(spec, code_hash):
            fingerprint, grace = rules.fingerprint(spec, code_hash), spec.stop_grace
        case Again(before):
            fingerprint, code_hash, grace = before.fingerprint, before.code_hash, before.stop_grace
    return Observed(
        container_id=container_id,
        name=state.name,
        bot_id=state.bot_id,
        kind=Kind.REALTIME,
        installation=rules.installation,
        status=Status.RUNNING,
        fingerprint=fingerprint,
        code_hash=code_hash,
        birth=launch.birth,
        started_at=now.wall,
        stop_grace=grace,
    )


def _go_back(state: BotState, error: Exception) -> BotState:
    """Create the last good one again, since the next could not be started; the next is not tried again."""
    if not isinstance(error, Refused | Gone) or state.last_good is None or state.prepared is None:
        return state
    return state._replace(
        again=state.last_good,
        last_good=None,
        rejected=state.prepared.fingerprint,
        launch_reason=f"back to the last good one: {error}",
        launch_retry=Retry(state.launch_retry.failures, 0.0, str(error)),
    )
