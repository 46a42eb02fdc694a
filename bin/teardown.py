"""Stops what a runtime left running: the work of `down`. Talks to an engine; knows no database and no terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import Gone
from the0_actors.actors.ports.engine import Engine, Signal

_LOOK_EVERY = 0.2
_LIVE = {Status.RUNNING, Status.PAUSED}


@dataclass(frozen=True, slots=True)
class Patience:
    """Time, as the caller measures it."""

    clock: Callable[[], float]
    pause: Callable[[float], None]
    grace: float
    """Seconds between TERM and KILL."""
    after_kill: float = 10.0
    """Seconds until a killed container counts as stuck."""


class Ended(Protocol):
    """Hears of each container that has ended, before it is removed; `stopped` when it ran until now."""

    def __call__(self, container: Observed, *, stopped: bool) -> None:
        """Take what it leaves. What this raises, `stop_all` raises."""
        ...


def stop_all(
    engine: Engine, ours: Sequence[Observed], patience: Patience, say: Callable[[str], None], ended: Ended
) -> tuple[str, ...]:
    """Stop and remove containers; return the ids of bots that may still run.

    All get TERM at once, so the grace is spent once and not for each.
    """
    live = [container for container in ours if container.status in _LIVE]
    _signal(engine, live, Signal.TERM)
    stuck = _until_ended(engine, live, patience, patience.grace)
    if stuck:
        say(f"killing {len(stuck)} that did not end within the grace")
        _signal(engine, stuck, Signal.KILL)
        stuck = _until_ended(engine, stuck, patience, patience.after_kill)
    left = {container.container_id for container in stuck}
    for container in ours:
        if container.container_id not in left:
            ended(container, stopped=container.status in _LIVE)
            _remove(engine, container)
            say(f"stopped {container.bot_id}")
    return tuple(sorted(container.bot_id for container in stuck))


def _signal(engine: Engine, containers: list[Observed], signal: Signal) -> None:
    for container in containers:
        try:
            engine.signal(container.container_id, signal)
            if container.status is Status.PAUSED:
                engine.resume(container.container_id)
        except Gone:
            continue


def _until_ended(engine: Engine, containers: list[Observed], patience: Patience, seconds: float) -> list[Observed]:
    """Wait until none of them lives, or the time is over; return those that still live."""
    deadline = patience.clock() + seconds
    while left := [container for container in containers if _lives(engine, container)]:
        if patience.clock() >= deadline:
            return left
        patience.pause(_LOOK_EVERY)
    return []


def _lives(engine: Engine, container: Observed) -> bool:
    seen = engine.look(container.container_id)
    return seen is not None and seen.status in _LIVE


def _remove(engine: Engine, container: Observed) -> None:
    try:
        engine.remove(container.container_id)
    except Gone:
        return
