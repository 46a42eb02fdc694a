"""What a message teaches: the state after it, before anything is decided. Pure.

Hints, the gate, commands and the document are here; what looks at containers show is `looks`, answers to other calls
are `outcomes`.
"""

from collections.abc import Callable
from typing import Any, cast

from the0_actors.actors.bot.doubt import allow, doubts
from the0_actors.actors.bot.looks import find_done, found, look_done
from the0_actors.actors.bot.messages import (
    CallDone,
    Commanded,
    ContainerHint,
    ContainersSeen,
    DocumentHint,
    Drain,
    FindDone,
    GateMoved,
    LookDone,
    Message,
    PredecessorFound,
    PrepareDone,
    ReadDone,
    Seen,
    ShortOfMemory,
    StopAllowed,
    TooLarge,
    Woken,
)
from the0_actors.actors.bot.outcomes import call_done
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.shortage import told
from the0_actors.actors.bot.sightings import Sighting, hear
from the0_actors.actors.bot.state import (
    FINE,
    UNKNOWN,
    BotState,
    Prepared,
    Rest,
    Run,
    Unreadable,
)
from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Held, Malformed, Wanted
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.errors import Unlaunchable
from the0_actors.actors.ports.status import Command


def learn(state: BotState, message: Message, rules: Rules, now: Now) -> BotState:
    """Return the state after `message`."""
    learner = cast("Callable[[BotState, Any, Rules, Now], BotState] | None", _LEARNERS.get(type(message)))
    if learner is None:
        raise TypeError(f"no learner for {type(message).__name__}")
    return learner(state, message, rules, now)


def _document_hint(state: BotState, _message: DocumentHint, _rules: Rules, _now: Now) -> BotState:
    return state._replace(read_due=True)


def _sighted(state: BotState, message: Sighting, _rules: Rules, _now: Now) -> BotState:
    return hear(state, message)


def _woken(state: BotState, _message: Woken, _rules: Rules, _now: Now) -> BotState:
    return state._replace(wake_at=None)


def _seen(state: BotState, message: Seen, rules: Rules, now: Now) -> BotState:
    state = state._replace(gate=True, predecessors=message.predecessors, have=UNKNOWN, taken="", astray=())
    # What a call under way makes is known by its answer; whether there is more is not.
    state = state._replace(find_due=state.find_due or state.call is not None)
    return found(state._replace(look_due=False), message.containers, rules, now) if message.known else state


def _short(state: BotState, message: ShortOfMemory, _rules: Rules, _now: Now) -> BotState:
    return told(state, message.container_id)


def _predecessor(state: BotState, message: PredecessorFound, _rules: Rules, _now: Now) -> BotState:
    others = tuple(c for c in state.predecessors if c.container_id != message.container.container_id)
    return state._replace(predecessors=(*others, message.container), look_due=True)


def _gate(state: BotState, message: GateMoved, _rules: Rules, _now: Now) -> BotState:
    if message.open == state.gate:
        return state
    return state._replace(gate=message.open, look_due=state.look_due or message.open)


def _commanded(state: BotState, message: Commanded, _rules: Rules, _now: Now) -> BotState:
    state = state._replace(read_due=True, read_retry=FINE, prepare_retry=FINE, launch_retry=FINE, look_retry=FINE)
    state = state._replace(parked="", rejected="", too_large="", prepared=None, short_lives=0, refusal=None)
    if message.command is not Command.STOP:
        state = state._replace(launch_reason=f"{message.command} by hand")
    if message.command is Command.RESTART and isinstance(state.have, Observed):
        return state._replace(cycle="restart by hand")
    return state


def _stop_allowed(state: BotState, _message: StopAllowed, _rules: Rules, _now: Now) -> BotState:
    return allow(state)


def _too_large(state: BotState, message: TooLarge, _rules: Rules, _now: Now) -> BotState:
    return state._replace(too_large=message.reason)


def _drain(state: BotState, _message: Drain, _rules: Rules, _now: Now) -> BotState:
    return state._replace(draining=True, refusal=None)


# the document


def _read_done(state: BotState, message: ReadDone, rules: Rules, now: Now) -> BotState:
    state = state._replace(reading=False)
    if message.answer is None:
        reason = f"cannot read the document: {message.error}"
        return state._replace(read_due=True, read_retry=rules.retry(state.read_retry, now, reason))
    before, state = state.want, _want(state._replace(read_retry=FINE), message.answer, rules)
    return state if type(before) is type(state.want) else state._replace(refusal=None)


def _want(state: BotState, answer: DocumentAnswer, rules: Rules) -> BotState:
    if doubt := doubts(state, answer):
        return state._replace(doubt=doubt)
    state = state._replace(doubt="", believe=False)
    match answer:
        case Wanted(spec):
            return _want_run(state, spec, rules)
        case Disabled(name):
            want: Run | Rest | Unreadable = Rest("disabled")
            state = state._replace(title=name)
        case Deleted():
            want = Rest("deleted", deleted=True)
        case Held(reason, name):
            want = Rest(reason)
            state = state._replace(title=name)
        case Malformed(reason):
            want = Unreadable(reason)
    return state._replace(want=want, prepared=None, parked="", rejected="", again=None, prepare_retry=FINE)


def _want_run(state: BotState, spec: LaunchSpec, rules: Rules) -> BotState:
    before = state.want
    state = state._replace(want=Run(spec), version=spec.code_version, title=spec.name)
    state = state._replace(remark=spec.remark, state_bytes=spec.state_bytes)
    if isinstance(before, Run) and _same(before, spec, rules):
        return state
    state = state._replace(parked="", rejected="", too_large="", prepare_retry=FINE)
    if isinstance(before, Run):
        return state._replace(launch_reason=_what_changed(before, spec), launch_retry=FINE, again=None)
    return state


def _what_changed(before: Run, spec: LaunchSpec) -> str:
    """Say it for an operator. Of what a runtime before us started, no more is known than that it was different."""
    was = before.spec
    if was is not None and (was.code_key, was.code_version) == (spec.code_key, spec.code_version):
        return "config changed" if was.config_json != spec.config_json else "settings changed"
    return f"changed to version {spec.code_version}" if spec.code_version else "changed"


def _same(before: Run, spec: LaunchSpec, rules: Rules) -> bool:
    if before.spec is None:
        return rules.fingerprint(spec, before.code_hash) == before.fingerprint
    return before.spec == spec


def _prepare_done(state: BotState, message: PrepareDone, rules: Rules, now: Now) -> BotState:
    spec, state = state.preparing, state._replace(preparing=None)
    if spec is None or not isinstance(state.want, Run) or state.want.spec != spec:
        return state
    if message.error is None:
        prepared = Prepared(spec, message.code_hash, rules.fingerprint(spec, message.code_hash))
        return state._replace(prepared=prepared, prepare_retry=FINE)
    if isinstance(message.error, Unlaunchable):
        return state._replace(parked=str(message.error))
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
    Drain: _drain,
    ReadDone: _read_done,
    PrepareDone: _prepare_done,
    LookDone: look_done,
    FindDone: find_done,
    CallDone: call_done,
}
