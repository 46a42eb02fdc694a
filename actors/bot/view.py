"""Questions about a state that several decisions ask. Pure."""

from the0_actors.actors.bot.rules import Rules
from the0_actors.actors.bot.state import BotState, Rest, Run
from the0_actors.actors.domain.observed import Observed, Status


def wanted(state: BotState) -> Run | Rest | None:
    """Return what is to be: draining, and a state that is too large, override the document; None: nobody knows."""
    if state.draining:
        return Rest("the runtime stops")
    if state.too_large and isinstance(state.want, Run):
        return Rest(state.too_large)
    return state.want if isinstance(state.want, Run | Rest) else None


def subject(state: BotState) -> Observed | None:
    """Return the container to deal with now: one that must go comes first, one after the other."""
    if state.predecessors:
        return state.predecessors[0]
    if state.astray:
        return state.astray[0]
    return state.have if isinstance(state.have, Observed) else None


def shown(state: BotState) -> Observed | None:
    """Return the container that the bot runs in, whoever made it."""
    if state.predecessors:
        return state.predecessors[0]
    return state.have if isinstance(state.have, Observed) else None


def matches(state: BotState, rules: Rules) -> bool:
    """Tell whether the container of that name is what the document wants, given the code that it runs."""
    have, want = state.have, state.want
    if not isinstance(have, Observed) or not isinstance(want, Run):
        return False
    if want.spec is None:
        return have.fingerprint == want.fingerprint
    return have.fingerprint == rules.fingerprint(want.spec, have.code_hash)


def next_is_ready(state: BotState) -> bool:
    """Tell whether the wanted spec is prepared and may be started."""
    want, prepared = state.want, state.prepared
    return (
        isinstance(want, Run)
        and want.spec is not None
        and prepared is not None
        and prepared.spec == want.spec
        and prepared.fingerprint != state.rejected
    )


def runs(container: Observed | None) -> bool:
    """Tell whether a bot's process is alive in it."""
    return container is not None and container.status in {Status.RUNNING, Status.PAUSED}


def may_run_on(state: BotState, rules: Rules) -> bool:
    """Tell whether the container that is there may go on, or again, as it is.

    It may while it is as wanted; while the next one cannot be prepared or started; while the document is unreadable.
    """
    if isinstance(wanted(state), Rest):
        return False
    return matches(state, rules) or bool(state.parked or state.rejected or state.prepare_retry.failures)
