"""Keeps servers of our own running: looks every other second, and starts again who ended.

The first start comes at once. Another one waits for a delay that grows while they keep ending, and is forgotten once
all have run for a while.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import Tick
from the0_actors.actors.ports.servers import Servers
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.retry import Backoff

LOOK_EVERY = 2.0
DEADLINE = 150.0
"""Seconds for a start: a Docker Engine that adopts many containers takes its time."""
STEADY = 60.0
"""Seconds without an end after which the delay is forgotten."""


class Keeper(Actor):
    """Watches over one set of servers, under a name. `parts` may be read from any thread."""

    def __init__(self, name: str, servers: Servers, lane: Lane, revived: tuple[Handle, ...] = ()) -> None:
        """`revived` are told (`Tick`) that a server answers again, so that they need not find out."""
        super().__init__()
        self._name = name
        self._servers = servers
        self._lane = lane
        self._revived = revived
        self._backoff = Backoff(cap=30.0)
        self._not_before = 0.0
        self._started_at = 0.0
        self._timer: Timer | None = None
        self.parts: tuple[PartStatus, ...] = ()
        self._note(ok=True, note="running")

    def on_start(self) -> None:
        """Look at once."""
        self._look()

    def on_receive(self, message: Any) -> Any:
        """Take an answer, or the time."""
        match message:
            case Tick():
                self._look()
            case Completed(overdue=True):
                self._note(ok=False, note="a server takes too long to answer")
            case Completed(token="check"):
                self._checked(message)
            case Completed():
                self._restarted(message)
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Look no more; who started the servers stops them."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._submit(self._servers.check, "check")

    def _submit(self, call: Any, token: str) -> None:
        # Urgent: what occupies the lane's other threads may be waiting for what is started here.
        self._lane.submit(f"keep {self._name}", call, self.handle, token, DEADLINE, urgent=True)

    def _checked(self, done: Completed) -> None:
        now = self.system.clock.monotonic()
        if done.error is not None:
            self._note(ok=False, note=f"cannot look: {done.error}")
            self._later(LOOK_EVERY)
            return
        ended: Mapping[str, str] = done.value  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
        if not ended:
            if now - self._started_at >= STEADY:
                self._backoff.reset()
            self._note(ok=True, note="running")
            self._later(LOOK_EVERY)
            return
        name, how = next(iter(ended.items()))
        if now < self._not_before:
            self._later(self._not_before - now)
            return
        self._not_before = now + self._backoff.next(self.system.rng)
        self._note(ok=False, note=f"{name} {how}; starting it again")
        self._submit(partial(self._servers.restart, name), name)

    def _restarted(self, done: Completed) -> None:
        self._started_at = self.system.clock.monotonic()
        if done.error is None:
            for handle in self._revived:
                handle.tell(Tick())
            self._look()
        else:
            self._note(ok=False, note=f"{done.token} does not start: {done.error}")
            self._later(LOOK_EVERY)

    def _later(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus(self._name, ok=ok, required=False, note=note),)
