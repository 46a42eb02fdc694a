"""The same actors on one thread, in an order that a seed decides: same seed, same trace.

Drives a whole system in virtual time: `run` takes turns until nothing is ready, then moves the clock to the next
timer. There are no threads here and nothing waits.
"""

import random

from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.kernel.dead_letters import DeadLetters
from the0_actors.actors.kernel.dispatcher import Turn
from the0_actors.actors.kernel.errors import WouldWaitForEver
from the0_actors.actors.kernel.future import work_for
from the0_actors.actors.kernel.snapshots import DispatcherSnapshot
from the0_actors.actors.kernel.system import DEFAULT_THROUGHPUT, ActorSystem
from the0_actors.actors.kernel.timers import Timers


class StepDispatcher:
    """Runs one ready turn at a time, picked by the seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._ready: list[Turn] = []
        self.steps = 0
        """Turns taken so far."""

    def submit(self, turn: Turn, *, ahead: bool = False) -> None:  # noqa: ARG002 - no order is promised, so all are tried
        """Queue one turn."""
        self._ready.append(turn)

    def blocked(self) -> None:
        """Refuse: who waits in a turn waits for something that runs only after it."""
        raise WouldWaitForEver("an answer was waited for in a turn of a simulation")

    def unblocked(self) -> None:
        """Nothing waits here."""

    @property
    def waiting(self) -> int:
        """Turns that are ready."""
        return len(self._ready)

    def step(self) -> bool:
        """Take one turn; False when none is ready."""
        if not self._ready:
            return False
        index = self._random.randrange(len(self._ready))
        self._ready[index], self._ready[-1] = self._ready[-1], self._ready[index]
        turn = self._ready.pop()
        self.steps += 1
        before = work_for(self)
        try:
            turn.turn()
        finally:
            work_for(before)
        return True

    def snapshot(self) -> DispatcherSnapshot:
        """Return how it is."""
        return DispatcherSnapshot(
            workers=1, target=1, blocked=0, stuck=0, spare=0, capped=0, waiting=len(self._ready), turns=self.steps
        )


class Stepper:
    """Dispatcher, virtual clock and timers driven together."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.dispatcher = StepDispatcher(seed)
        self.clock = VirtualClock()
        self.timers = Timers(self.clock)

    def system(self, *, dead_letters: DeadLetters | None = None, throughput: int = DEFAULT_THROUGHPUT) -> ActorSystem:
        """Return an actor system that this drives; its randomness too follows from the seed."""
        rng = random.Random(self._seed)  # noqa: S311 - jitter, not a secret
        return ActorSystem(
            self.dispatcher, self.clock, self.timers, rng=rng, dead_letters=dead_letters, throughput=throughput
        )

    def settle(self, limit: int = 1_000_000) -> None:
        """Take turns until nothing is ready, without moving the clock. Raises `RuntimeError` beyond `limit` turns."""
        for _ in range(limit):
            if not self.dispatcher.step():
                return
        raise RuntimeError(f"still busy after {limit} turns: a message loop")

    def run(self, seconds: float, limit: int = 1_000_000) -> None:
        """Let `seconds` of virtual time pass. Raises `RuntimeError` when the clock stands still `limit` times."""
        until = self.clock.monotonic() + seconds
        self.settle()
        stood = 0
        while (due := self.timers.next_due()) is not None and due <= until:
            stood = 0 if due > self.clock.monotonic() else stood + 1
            if stood > limit:
                raise RuntimeError(f"time stands still after {limit} timers: one that starts itself again at once")
            self.clock.advance_to(due)
            self.timers.fire_due()
            self.settle()
        self.clock.advance_to(until)
