"""What the engine's answers about containers teach: which there are, and how a run goes on. Pure.

A container is known by its id, whatever its name and state: one that ended and was renamed still tells how. Of several
the run's own is kept, before one that lives; the others are astray.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.messages import FindDone, LookDone
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.shortage import looked
from the0_actors.actors.bot.state import FINE, UNKNOWN, Retry
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.schedule.plan import belongs, why_born
from the0_actors.actors.schedule.state import Run, ScheduleRules, ScheduleState

REMOVAL_PACE = 1.0
"""Seconds between looks at a container that the engine is removing."""
ALIVE = frozenset({Status.RUNNING, Status.PAUSED})


def look_done(state: ScheduleState, message: LookDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Learn what a look showed."""
    effect: Any = message.effect
    state = state._replace(call=None)
    if message.error is not None:
        retry = rules.retry(state.look_retry, now, str(message.error))
        return state._replace(look_due=True, look_retry=retry)
    state = state._replace(look_retry=FINE, observed_at=now.monotonic)
    if state.others and effect.name_or_id == state.others[0].container_id:
        return _observe_other(state, message.container)
    if message.container is None:
        return state._replace(have=UNKNOWN, find_due=True)  # that one is gone; whether there is another is to be seen
    return observe(state, message.container, now)


def find_done(state: ScheduleState, message: FindDone, rules: ScheduleRules, now: Now) -> ScheduleState:
    """Learn all that there are."""
    state = state._replace(call=None)
    if message.containers is None:
        retry = rules.retry(state.look_retry, now, str(message.error))
        return state._replace(find_due=True, look_retry=retry)
    return found(state._replace(look_retry=FINE, observed_at=now.monotonic), message.containers, now)


def found(state: ScheduleState, containers: Iterable[Observed], now: Now) -> ScheduleState:
    """Learn that there are these and no more. A listing tells neither when one started nor how it ended."""
    run = state.run

    def rank(one: Observed) -> tuple[bool, bool, bool, bool]:
        born = run is not None and one.birth.reason == why_born(run)
        its = run is not None and run.container_id == one.container_id
        return its, born, one.status in ALIVE, one.name == state.name

    ranked = sorted(containers, key=rank, reverse=True)
    own, astray = (ranked[0] if ranked else None), tuple(ranked[1:])
    state = observe(state._replace(astray=astray), own, now)
    if any(one.status is Status.REMOVING for one in astray):
        return _look_again(state, now)
    return state._replace(look_due=state.look_due or (own is not None and not astray))


def _observe_other(state: ScheduleState, container: Observed | None) -> ScheduleState:
    if container is not None and container.status in ALIVE:
        # The hint may have been about ours.
        return state if state.have is None else state._replace(have=UNKNOWN)
    return state._replace(others=state.others[1:], look_due=True)


def observe(state: ScheduleState, container: Observed | None, now: Now) -> ScheduleState:
    """Learn that this is its one container; None: that it has none."""
    state = state._replace(have=container)
    if container is None:
        return state._replace(stopping=None)
    kept = {one.container_id for one in (container, *state.astray)}
    if state.stopping is not None and state.stopping.container_id not in kept:
        state = state._replace(stopping=None)
    state = looked(state, container)
    if container.status is Status.REMOVING:
        return _look_again(state, now)
    if state.run is not None and not state.run.settled and belongs(state.run, container):
        run = _see(state.run, container, now)
        if (stopping := stops.of(state.stopping, container)) is not None:
            run = replace(run, killed_after=stopping.killed_after)
        return state._replace(run=run)
    return state


def _look_again(state: ScheduleState, now: Now) -> ScheduleState:
    return state._replace(look_due=True, look_retry=Retry(0, now.monotonic + REMOVAL_PACE, "being removed"))


def _see(run: Run, container: Observed, now: Now) -> Run:
    if container.status in ALIVE and run.began is None:
        started = now.wall if container.started_at is None else container.started_at
        return replace(run, began=now.monotonic - max(0.0, now.wall - started))
    if container.status is Status.EXITED and container.exit is not None:
        return replace(run, ended=replace(container, body=None))
    if container.status is Status.CREATED and run.start_sent and not run.failure:
        return replace(run, failure="the engine did not start it")
    return run
