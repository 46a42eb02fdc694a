"""Stops what a runtime left running: the work of `down`. Talks to an engine; knows no database and no terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from the0_actors.actors.bot.stops import in_words
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
    """Seconds between TERM and KILL of a bot that has none of its own."""
    after_kill: float = 10.0
    """Seconds until a killed container counts as stuck."""


class Ended(Protocol):
    """Hears of each container that has ended, before it is removed; `stopped` when it ran until now.

    `killed_after`: seconds from TERM to the KILL that it needed.
    """

    def __call__(self, container: Observed, *, stopped: bool, killed_after: float | None) -> None:
        """Take what it leaves. What this raises, `stop_all` raises."""
        ...


def stop_all(
    engine: Engine, ours: Sequence[Observed], patience: Patience, say: Callable[[str], None], ended: Ended
) -> tuple[str, ...]:
    """Stop and remove containers; return the ids of bots that may still run.

    All get TERM at once, so graces are spent side by side: each its own, where it was born with one.
    """
    live = [container for container in ours if container.status in _LIVE]
    _signal(engine, live, Signal.TERM)
    stuck, killed = _until_ended(engine, live, patience, say)
    left = {container.container_id for container in stuck}
    for container in ours:
        if container.container_id not in left:
            killed_after = killed.get(container.container_id)
            ended(container, stopped=container.status in _LIVE, killed_after=killed_after)
            _remove(engine, container)
            how = "" if killed_after is None else f": {in_words(killed_after)}"
            say(f"stopped {container.bot_id}{how}")
    return tuple(sorted(container.bot_id for container in stuck))


def _signal(engine: Engine, containers: list[Observed], signal: Signal) -> None:
    for container in containers:
        try:
            engine.signal(container.container_id, signal)
            if container.status is Status.PAUSED:
                engine.resume(container.container_id)
        except Gone:
            continue


def _until_ended(
    engine: Engine, containers: list[Observed], patience: Patience, say: Callable[[str], None]
) -> tuple[list[Observed], dict[str, float]]:
    """Wait until none lives, killing each after its grace; return those that live on, and after how long which was."""
    began, left = patience.clock(), containers
    killed: dict[str, float] = {}
    while left := [container for container in left if _lives(engine, container)]:
        waited = patience.clock() - began
        late = [one for one in left if one.container_id not in killed and waited >= _grace(one, patience)]
        if late:
            say(f"killing {len(late)} that did not end within the grace")
            _signal(engine, late, Signal.KILL)
            killed |= {one.container_id: waited for one in late}
        elif all(waited - killed.get(one.container_id, waited) >= patience.after_kill for one in left):
            break
        patience.pause(_LOOK_EVERY)
    return left, killed


def _grace(container: Observed, patience: Patience) -> float:
    return patience.grace if container.stop_grace is None else container.stop_grace


def _lives(engine: Engine, container: Observed) -> bool:
    seen = engine.look(container.container_id)
    return seen is not None and seen.status in _LIVE


def _remove(engine: Engine, container: Observed) -> None:
    try:
        engine.remove(container.container_id)
    except Gone:
        return
