"""What the engine's answers about containers teach: which there are, which is the bot's one, how it ended. Pure.

A bot's one container is known by its id. When there are more (a hand renamed one, or left one with our labels), the one
that lives is kept, before the one whose name is right, before the one that is as wanted; the others are astray. So a
renamed one that runs alone is simply the bot's: it is not stopped for its name, and nothing is started beside it.
"""

from collections.abc import Iterable
from dataclasses import replace

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import Look
from the0_actors.actors.bot.messages import FindDone, LookDone
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.shortage import looked
from the0_actors.actors.bot.state import FINE, UNKNOWN, BotState, Retry, Run
from the0_actors.actors.bot.view import matches, runs, wanted
from the0_actors.actors.domain.observed import Exit, Observed, Status
from the0_actors.actors.domain.restart_policy import decide

REMOVED = "its container was removed by somebody else"
OUTDATED = "what ran was not what is wanted any more"
NEVER_STARTED = "never started"
REMOVAL_PACE = 1.0
"""Seconds between looks at a container that the engine is removing."""


def look_done(state: BotState, message: LookDone, rules: Rules, now: Now) -> BotState:
    """Learn what a look showed."""
    state = state._replace(call=None)
    if message.error is not None:
        reason = f"cannot look at the container: {message.error}"
        return state._replace(look_due=True, look_retry=rules.retry(state.look_retry, now, reason))
    state, container = state._replace(look_retry=FINE), message.container
    if state.predecessors and message.effect == Look(state.predecessors[0].container_id):
        return _observe_predecessor(state, container, now)
    if container is not None and container.bot_id != state.bot_id:
        reason = f"a container of {container.bot_id} has the name {state.name}: rename or remove it"
        return state._replace(look_due=True, look_retry=rules.retry(state.look_retry, now, reason))
    state = state._replace(taken="")
    if container is None:
        return _vanished(state)._replace(have=UNKNOWN)  # that one is gone; whether there is another is to be found out
    return observe(state, container, rules, now)


def find_done(state: BotState, message: FindDone, rules: Rules, now: Now) -> BotState:
    """Learn all that there are."""
    state = state._replace(call=None)
    if message.containers is None:
        reason = f"cannot list the containers: {message.error}"
        return state._replace(find_due=True, look_retry=rules.retry(state.look_retry, now, reason))
    return found(state._replace(look_retry=FINE), message.containers, rules, now)


def found(state: BotState, containers: Iterable[Observed], rules: Rules, now: Now) -> BotState:
    """Learn that there are these and no more. A listing tells neither how one ended nor what it was made of."""

    def rank(one: Observed) -> tuple[bool, bool, bool, int]:
        fits = matches(state._replace(have=one), rules)
        return runs(one), one.name == state.name, fits, one.birth.incarnation

    ranked, have = sorted(containers, key=rank, reverse=True), state.have
    own, astray = (ranked[0] if ranked else None), tuple(ranked[1:])
    if (
        own is not None
        and isinstance(have, Observed)
        and (have.container_id, have.status) == (own.container_id, own.status)
    ):
        own = replace(have, name=own.name)  # looked at before, so more is known of it
    state = observe(state._replace(taken="", astray=astray), own, rules, now)
    if any(one.status is Status.REMOVING for one in astray):
        return _look_again(state, now)
    return state._replace(look_due=state.look_due or not (own is None or runs(own) or astray))


def _observe_predecessor(state: BotState, container: Observed | None, now: Now) -> BotState:
    rest = state.predecessors[1:]
    if container is None:
        state = state._replace(launch_reason="taken over from the runtime that ran it before")
        return state._replace(predecessors=rest, stopping=None, look_due=True)
    state = state._replace(predecessors=(container, *rest))
    return _look_again(state, now) if container.status is Status.REMOVING else state


def _look_again(state: BotState, now: Now) -> BotState:
    """Ask again in a while: the engine is removing it, which ends without an event that we could count on."""
    return state._replace(look_due=True, look_retry=Retry(0, now.monotonic + REMOVAL_PACE, "being removed"))


def observe(state: BotState, container: Observed | None, rules: Rules, now: Now) -> BotState:
    """Learn that this is its one container; None: that it has none."""
    state = (_vanished(state) if container is None else state)._replace(have=container, observed_at=now.monotonic)
    if container is None:
        return state._replace(stopping=None, cycle="")
    kept = {one.container_id for one in (container, *state.astray)}
    if state.stopping is not None and state.stopping.container_id not in kept:
        state = state._replace(stopping=None)
    state = looked(state, container)
    state = state._replace(incarnation=max(state.incarnation, container.birth.incarnation))
    if container.status is Status.REMOVING:
        return _look_again(state, now)
    if container.status is Status.RUNNING:
        return _running(state, container)
    if container.status is Status.EXITED and container.exit is not None:
        return _ended(state, container, container.exit, rules, now)
    if container.status is Status.CREATED and state.last_end == "":
        # Somebody was killed between creating and starting it: its successor is there for the same reason.
        birth = container.birth
        end, reason = birth.previous_end or NEVER_STARTED, state.launch_reason or birth.reason
        return state._replace(last_end=end, short_lives=birth.short_lives, launch_reason=reason)
    return state


def _vanished(state: BotState) -> BotState:
    """Remember why there will be another container: it was not us who removed this one."""
    alive = isinstance(state.have, Observed) and state.have.status in {Status.RUNNING, Status.PAUSED, Status.REMOVING}
    return state._replace(launch_reason=REMOVED) if alive and not (state.stopping or state.launch_reason) else state


def _running(state: BotState, container: Observed) -> BotState:
    state = state._replace(short_lives=container.birth.short_lives, launch_retry=FINE, again=None)
    if state.last_end == "":
        return state._replace(last_end=container.birth.previous_end)
    return state


def _ended(state: BotState, container: Observed, exit_: Exit, rules: Rules, now: Now) -> BotState:
    """Count an end once, unless it was ours."""
    if state.ended_id == container.container_id:
        return state
    state, stopping = state._replace(ended_id=container.container_id), stops.of(state.stopping, container)
    if stopping is not None or container.started_at is None:
        reason = "stopped by the runtime" if stopping is not None else NEVER_STARTED
        again = (state.launch_reason or state.cycle or OUTDATED) if isinstance(wanted(state), Run) else ""
        killed = stops.how_it_ended(exit_, stopping.killed_after) if stopping is not None else ""
        end = "; ".join(words for words in (state.cycle, killed) if words)
        return state._replace(last_end=end or reason, launch_reason=again)
    lived = max(exit_.finished_at - container.started_at, 0.0)
    decision = decide(rules.policy, container.birth.short_lives, exit_, lived, now.chance)
    remaining = min(max(exit_.finished_at + decision.delay - now.wall, 0.0), decision.delay)
    return state._replace(
        short_lives=decision.short_lives,
        last_end=decision.reason,
        launch_reason=f"restarted: {decision.reason}",
        launch_retry=Retry(decision.short_lives, now.monotonic + remaining, decision.reason),
        tail_of=container.container_id,
    )
