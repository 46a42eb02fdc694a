"""What to do next, given what is known. Pure, and one engine call at a time.

Reads top down: first make sure of the facts, then deal with the container that is there, then with its absence.
Whatever interrupts this (a crash of ours, a lost answer, a lie of the engine) is mended by asking again: no decision
depends on how the state came about.
"""

from the0_actors.actors.bot import stops
from the0_actors.actors.bot.effects import EngineCall, Find, Launch, Look, Prepare, Read, Remove, Resume, Send, Tail
from the0_actors.actors.bot.rules import Now, Rules, TakeOver
from the0_actors.actors.bot.state import UNKNOWN, BotState, Rest, Run, Unknown
from the0_actors.actors.bot.view import matches, may_run_on, next_is_ready, runs, subject, wanted
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Again, Fresh, Signal


def next_read(state: BotState, now: Now) -> Read | None:
    """Return the read of the document that is due, if any."""
    if state.read_due and not state.reading and state.read_retry.at <= now.monotonic:
        return Read()
    return None


def next_preparation(state: BotState, rules: Rules, now: Now) -> Prepare | None:
    """Return the preparation that is due: whenever the wanted spec is not what runs and was not prepared."""
    want = wanted(state)
    if not isinstance(want, Run) or want.spec is None or not state.gate or state.preparing is not None:
        return None
    if state.parked or state.have is UNKNOWN or state.prepare_retry.at > now.monotonic:
        return None
    if state.prepared is not None and state.prepared.spec == want.spec:
        return None
    if matches(state, rules) or (state.have is None and state.again is not None):
        return None
    return Prepare(want.spec)


def next_call(state: BotState, rules: Rules, now: Now) -> EngineCall | None:
    """Return the engine call to make now, if any."""
    if not state.gate or state.call is not None or state.look_retry.at > now.monotonic:
        return None
    if isinstance(state.have, Unknown) or state.look_due or state.find_due:
        return _look(state)
    if state.tail_of:
        return Tail(state.tail_of)
    container = subject(state)
    if container is None:
        return _start(state, now)
    return _deal_with(state, container, rules, now)


def _look(state: BotState) -> Look | Find:
    """Return how to see what there is.

    What was seen is known by its id, in whatever state: somebody may have renamed it by hand, and it runs on. Where
    nothing is known of, or more than one, the bot's containers are listed: a name that is free proves nothing.
    """
    have = state.have
    if state.predecessors and not isinstance(have, Unknown):
        return Look(state.predecessors[0].container_id)
    if state.find_due or state.astray or not (state.taken or isinstance(have, Observed)):
        return Find()
    return Look(have.container_id if isinstance(have, Observed) else state.taken)


def _deal_with(state: BotState, container: Observed, rules: Rules, now: Now) -> EngineCall | None:
    """There is a container."""
    if container.status is Status.REMOVING:
        return None
    if state.stopping is not None and state.stopping.container_id == container.container_id:
        return _go_on_stopping(state, container, now)
    if state.predecessors:
        return _replace_predecessor(state, container, rules)
    if state.astray:
        return _begin_stop(container)
    want = wanted(state)
    if isinstance(want, Rest):
        return _begin_stop(container)
    if want is None:
        return Resume(container.container_id) if container.status is Status.PAUSED else None
    return _keep_or_replace(state, container, rules, now)


def _keep_or_replace(state: BotState, container: Observed, rules: Rules, now: Now) -> EngineCall | None:
    if may_run_on(state, rules) and not state.cycle:
        return _keep(state, container, now)
    if state.cycle or (next_is_ready(state) and state.launch_retry.at <= now.monotonic):
        # What is stopped must be known whole: it is what we go back to.
        if runs(container) and container.body is None:
            return Look(container.container_id)
        return _begin_stop(container)
    return Resume(container.container_id) if container.status is Status.PAUSED else None


def _keep(state: BotState, container: Observed, now: Now) -> EngineCall | None:
    match container.status:
        case Status.PAUSED:
            return Resume(container.container_id)
        case Status.CREATED:
            return Remove(container.container_id)
        case Status.EXITED if state.launch_retry.at <= now.monotonic:
            return Remove(container.container_id)
        case _:
            return None


def _replace_predecessor(state: BotState, container: Observed, rules: Rules) -> EngineCall | None:
    if wanted(state) is None:
        return None
    if runs(container):
        ready = isinstance(wanted(state), Rest) or next_is_ready(state) or matches(state, rules)
        if not ready or rules.take_over is TakeOver.WAIT:
            return None
    return _begin_stop(container)


def _begin_stop(container: Observed) -> EngineCall:
    match container.status:
        case Status.PAUSED:
            return Resume(container.container_id)
        case Status.RUNNING:
            return Send(container.container_id, Signal.TERM, container.stop_grace)
        case _:
            return Remove(container.container_id)


def _go_on_stopping(state: BotState, container: Observed, now: Now) -> EngineCall | None:
    stopping = state.stopping
    if container.status is not Status.RUNNING or stopping is None:
        return _begin_stop(container)
    return stops.next_signal(stopping, container, now)


def _start(state: BotState, now: Now) -> EngineCall | None:
    """There is none."""
    want = wanted(state)
    if not isinstance(want, Run) or state.launch_retry.at > now.monotonic:
        return None
    if state.again is not None:
        return Launch(Again(state.again), _birth(state))
    if next_is_ready(state) and state.prepared is not None:
        return Launch(Fresh(state.prepared.spec, state.prepared.code_hash), _birth(state))
    return None


def _birth(state: BotState) -> Birth:
    return Birth(
        incarnation=state.incarnation + 1,
        short_lives=state.short_lives,
        previous_end=state.last_end,
        reason=state.launch_reason or "wanted",
    )


def next_wake(state: BotState, now: Now) -> float | None:
    """Return the monotonic time at which something becomes due that nobody will tell about."""
    times: list[float] = []
    if state.read_due and not state.reading:
        times.append(state.read_retry.at)
    if state.gate:
        times += [state.look_retry.at, state.launch_retry.at]
        times += [] if state.refusal is None else [state.refusal.retry.at]
        if isinstance(wanted(state), Run) and state.preparing is None:
            times.append(state.prepare_retry.at)
        if state.stopping is not None and state.call is None:
            times += [state.stopping.kill_at, state.stopping.again_at]
    ahead = [time for time in times if time > now.monotonic]
    return min(ahead) if ahead else None
