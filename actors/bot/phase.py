"""Where a bot is in its life, and why, in words. Pure, derived from the state."""

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import Launch, Remove
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.state import BotState, Rest, Run, Unknown, Unreadable
from the0_actors.actors.bot.view import matches, runs, shown, wanted
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.ports.status import Phase

WANTED = "wanted"
"""Why a bot starts of which nothing else is to be said."""


def phase_of(state: BotState, rules: Rules, now: Now) -> tuple[Phase, str]:
    """Return the phase and its reason."""
    container = shown(state)
    if container is not None and stops.of(state.stopping, container) is not None:
        return Phase.STOPPING, _why_stopping(state)
    want = wanted(state)
    if isinstance(want, Rest):
        if container is None and isinstance(state.call, Launch):
            return Phase.STOPPING, want.reason  # it will be there in a moment: not at rest
        if container is None and not isinstance(state.have, Unknown):
            return (Phase.PARKED if want.reason == state.too_large else Phase.IDLE), want.reason
        return (Phase.STOPPING, want.reason) if container is not None else (Phase.UNKNOWN, want.reason)
    if runs(container):
        return Phase.RUNNING, _why_running(state, rules)
    if want is None and isinstance(state.want, Unreadable):
        return Phase.PARKED, f"malformed document: {state.want.reason}"
    if want is None or (isinstance(state.have, Unknown) and state.prepared is None and state.again is None):
        return Phase.UNKNOWN, _why_unknown(state)
    return _not_running(state, now, rules)


def _not_running(state: BotState, now: Now, rules: Rules) -> tuple[Phase, str]:
    if isinstance(state.call, Launch | Remove):
        return Phase.STARTING, state.launch_reason or WANTED
    if state.parked and state.again is None:
        return Phase.PARKED, state.parked
    if state.look_retry.failures and state.look_retry.at > now.monotonic:
        return Phase.BACKOFF, state.look_retry.reason
    if state.launch_retry.at > now.monotonic:
        looping = state.short_lives >= rules.policy.loop_after
        return (Phase.CRASH_LOOPING if looping else Phase.BACKOFF), state.launch_retry.reason
    if state.prepare_retry.failures and state.preparing is None:
        return Phase.BACKOFF, state.prepare_retry.reason
    if state.again is None and state.prepared is None:
        return Phase.PREPARING, state.prepare_retry.reason or "fetching code and image"
    return Phase.STARTING, state.launch_reason or WANTED


def _why_stopping(state: BotState) -> str:
    want = wanted(state)
    if isinstance(want, Rest):
        return want.reason
    if state.predecessors:
        return "taking over from the runtime that ran it before"
    return state.cycle or state.launch_reason or "to be replaced"


def _why_running(state: BotState, rules: Rules) -> str:
    container = shown(state)
    if container is not None and container.status is Status.PAUSED:
        return "paused by hand, resuming"
    if state.predecessors:
        return "still run by the runtime before"
    if state.doubt:
        return f"runs on until it is confirmed that it is to stop: {state.doubt}"
    if isinstance(state.want, Unreadable):
        return f"runs on; its document is malformed: {state.want.reason}"
    if matches(state, rules):
        renamed = container is not None and container.name != state.name
        where = f", in a container that somebody renamed to {container.name}" if container and renamed else ""
        return f"as wanted{where}" + (f", but {state.remark}" if state.remark else "")
    if state.rejected:
        return f"{state.launch_reason}" if state.launch_reason else "the wanted version could not be started"
    if state.parked:
        return f"runs on; the wanted version cannot: {state.parked}"
    if state.prepare_retry.failures:
        return f"runs on; the wanted version is not ready: {state.prepare_retry.reason}"
    return "runs on while the wanted version is prepared" if isinstance(state.want, Run) else "not checked yet"


def _why_unknown(state: BotState) -> str:
    if not state.gate:
        return "waiting until this runtime may act"
    return state.look_retry.reason or state.read_retry.reason or "looking"
