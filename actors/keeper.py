"""Keeps the embedded servers running: looks every other second, and starts again who ended, with backoff."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import Tick
from the0_actors.actors.ports.servers import Servers
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.retry import Backoff

LOOK_EVERY = 2.0
DEADLINE = 90.0


class Keeper(Actor):
    """Watches over one set of servers. `parts` may be read from any thread."""

    def __init__(self, servers: Servers, lane: Lane) -> None:
        super().__init__()
        self._servers = servers
        self._lane = lane
        self._backoff = Backoff(cap=30.0)
        self._timer: Timer | None = None
        self.parts: tuple[PartStatus, ...] = (PartStatus("embedded", ok=True, required=False, note="running"),)

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
        self._lane.submit("servers", self._servers.check, self.handle, "check", DEADLINE)

    def _checked(self, done: Completed) -> None:
        if done.error is not None:
            self._again(f"cannot look: {done.error}")
            return
        ended: Mapping[str, str] = done.value  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
        if not ended:
            self._backoff.reset()
            self._note(ok=True, note="running")
            self._later(LOOK_EVERY)
            return
        name, how = next(iter(ended.items()))
        self._note(ok=False, note=f"{name} {how}; starting it again")
        self._lane.submit("servers", partial(self._servers.restart, name), self.handle, name, DEADLINE)

    def _restarted(self, done: Completed) -> None:
        if done.error is None:
            self._look()
        else:
            self._again(f"{done.token} does not start: {done.error}")

    def _again(self, note: str) -> None:
        self._note(ok=False, note=note)
        self._later(self._backoff.next(self.system.rng))

    def _later(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus("embedded", ok=ok, required=False, note=note),)
