"""Sweeps what nobody uses any more: code of old versions, and the state of bots that were deleted long ago.

The engine is the one owner of its volumes and refuses to remove what a container has; what is prepared and not yet
created is told here. A sweep that comes between a preparation and its create costs one more preparation.

State goes by tombstones alone: a bot that is merely absent keeps it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from the0_actors.actors.errors import Refused
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, Tick
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.store import DesiredState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What the janitor works with."""

    engine: Callable[[], Engine]
    """The engine, once this runtime is active."""
    in_use: Callable[[], frozenset[str]]
    """Hashes of code that is prepared for a bot and may not be in a container yet."""
    store: DesiredState
    lane: Lane
    lease: Handle
    keep_state: float
    """Seconds from a bot's deletion to the removal of its state."""
    every: float = 3600.0
    """Seconds between sweeps."""
    deadline: float = 600.0


class Janitor(Actor):
    """Sweeps one engine. `removed` may be read from any thread."""

    def __init__(self, sweeping: Sweeping) -> None:
        super().__init__()
        self._sweeping = sweeping
        self._active = False
        self._timer: Timer | None = None
        self.removed = 0
        """Code volumes removed so far."""

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._sweeping.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take the time, or an answer."""
        match message:
            case ActiveMoved(active):
                self._active = active
                self._later()
            case Tick():
                self._sweep()
            case Completed(overdue=True):
                return None
            case Completed(value=int() as count):
                self.removed += count
                self._later()
            case Completed():
                self._later()
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Sweep no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _sweep(self) -> None:
        if self._active:
            sweeping, engine = self._sweeping, self._sweeping.engine()

            def sweep() -> int:
                removed = engine.sweep_code(sweeping.in_use())
                remove_states(engine, sweeping.store, sweeping.keep_state)
                return removed

            sweeping.lane.submit("sweep", sweep, self.handle, "sweep", sweeping.deadline)

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(self._sweeping.every, self.handle, Tick()) if self._active else None


def remove_states(engine: Engine, store: DesiredState, age: float) -> None:
    """Remove the state of the bots that were deleted at least `age` seconds ago. Raises what the ports raise.

    One that has a container still is left for the next time.
    """
    for bot_id in store.buried(age):
        try:
            engine.purge(bot_id)
        except Refused as refusal:
            log.info("state_kept", bot_id=bot_id, reason=str(refusal))
            continue
        store.forgotten(bot_id)
        log.info("state_removed", bot_id=bot_id)
