"""One step of a bot's life: `step(state, message, rules, now) -> (state, effects)`. Pure.

learn      what the message teaches
settle     what can be forgotten now
plan       at most one read, one preparation and one engine call, and the next time to wake up
announce   a change of phase
"""

from dataclasses import replace

from the0_actors.actors.bot.doubt import asks, settle
from the0_actors.actors.bot.effects import Announce, Ask, Effect, Find, Look, Retire, Wake
from the0_actors.actors.bot.learn import learn
from the0_actors.actors.bot.messages import Message
from the0_actors.actors.bot.phase import phase_of
from the0_actors.actors.bot.plan import next_call, next_preparation, next_read, next_wake
from the0_actors.actors.bot.refusals import about, held_back
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.state import KEPT_TRANSITIONS, BotState, Rest, Run, Unknown
from the0_actors.actors.bot.troubles import troubles_of
from the0_actors.actors.bot.view import matches, subject
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.ports.status import Transition


def step(state: BotState, message: Message, rules: Rules, now: Now) -> tuple[BotState, list[Effect]]:
    """Take one message; return the new state and what is to be done."""
    state = _settle(_let_go(settle(learn(state, message, rules, now))), rules)
    effects: list[Effect] = []
    state = _plan(state, rules, now, effects)
    return _announce(state, rules, now, effects), effects


def begin(state: BotState, rules: Rules, now: Now) -> tuple[BotState, list[Effect]]:
    """Take the first step of an incarnation, before any message."""
    effects: list[Effect] = []
    return _plan(state, rules, now, effects), effects


def _let_go(state: BotState) -> BotState:
    """Forget what was refused of a container that is not there any more."""
    if state.refusal is None or isinstance(state.have, Unknown):
        return state
    container = subject(state)
    return state._replace(refusal=about(state.refusal, "" if container is None else container.container_id))


def _settle(state: BotState, rules: Rules) -> BotState:
    """Drop what is big once the bot runs as wanted; ask again for what was dropped and is needed."""
    want, have = state.want, state.have
    if not isinstance(want, Run) or isinstance(have, Unknown):
        return state
    if have is None and state.again is None and state.rejected:
        # There is no good one left to run on: the next one is tried again.
        return state._replace(rejected="")
    if have is not None and have.status is Status.RUNNING and matches(state, rules):
        if state.cycle or state.stopping is not None or state.predecessors or state.astray:
            return state
        settled = Run(None, have.fingerprint, have.code_hash)
        slim = replace(have, body=None)
        return state._replace(
            want=settled, have=slim, prepared=None, again=None, last_good=None, parked="", launch_reason=""
        )
    if want.spec is None and state.again is None and not state.reading and not matches(state, rules):
        return state._replace(read_due=True)
    return state


def _plan(state: BotState, rules: Rules, now: Now, effects: list[Effect]) -> BotState:
    read = next_read(state, now)
    if read is not None:
        effects.append(read)
        state = state._replace(read_due=False, reading=True)
    preparation = next_preparation(state, rules, now)
    if preparation is not None:
        effects.append(preparation)
        state = state._replace(preparing=preparation.spec)
    call = next_call(state, rules, now)
    if call is not None and not held_back(state.refusal, call, now):
        effects.append(call)
        state = state._replace(call=call, look_due=state.look_due and not isinstance(call, Look | Find))
        state = state._replace(find_due=state.find_due and not isinstance(call, Find))
    if (asking := asks(state)) != state.asked:
        effects.append(Ask(asking))
        state = state._replace(asked=asking)
    if _is_done(state):
        effects.append(Retire())
    wake = next_wake(state, now)
    if wake != state.wake_at:
        effects.append(Wake(wake))
        state = state._replace(wake_at=wake)
    return state


def _is_done(state: BotState) -> bool:
    gone = state.have is None and not state.predecessors and state.call is None
    gone = gone and not (state.look_due or state.find_due)
    return gone and isinstance(state.want, Rest) and state.want.deleted and not (state.read_due or state.reading)


def _announce(state: BotState, rules: Rules, now: Now, effects: list[Effect]) -> BotState:
    phase, reason = phase_of(state, rules, now)
    troubles = troubles_of(state)
    transition = Transition(now.wall, phase, "; ".join((reason, *troubles)), warns=bool(troubles))
    if state.transitions and replace(state.transitions[-1], at=now.wall) == transition:
        return state
    effects.append(Announce(transition))
    return state._replace(transitions=(*state.transitions, transition)[-KEPT_TRANSITIONS:])
