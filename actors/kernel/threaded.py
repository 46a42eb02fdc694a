"""An actor system on real threads and real time, opened and closed as one."""

import random
from types import TracebackType
from typing import Self

from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.kernel.dead_letters import DeadLetters
from the0_actors.actors.kernel.dispatcher import PooledDispatcher
from the0_actors.actors.kernel.system import DEFAULT_THROUGHPUT, ActorSystem
from the0_actors.actors.kernel.timers import Timers, TimerThread


class ThreadedSystem(ActorSystem):
    """Workers, clock and timers with the system that uses them. A context manager, or call `close`."""

    def __init__(
        self,
        workers: int = 4,
        spare: int = 32,
        *,
        name: str = "actors",
        rng: random.Random | None = None,
        dead_letters: DeadLetters | None = None,
        throughput: int = DEFAULT_THROUGHPUT,
    ) -> None:
        clock = SystemClock()
        self.pool = PooledDispatcher(workers, spare, name)
        super().__init__(
            self.pool,
            clock,
            Timers(clock),
            rng=rng or random.Random(),  # noqa: S311 - jitter, not a secret
            dead_letters=dead_letters,
            throughput=throughput,
        )
        self._timer_thread = TimerThread(self.timers, f"{name}-timers")

    def close(self, timeout: float = 10.0) -> bool:
        """End all threads; actors that still live take no more turns. False when a turn did not end in time."""
        self._timer_thread.close()
        return self.pool.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
