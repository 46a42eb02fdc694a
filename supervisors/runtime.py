"""The Runtime: the tree with everything it needs, started and stopped. What a service embeds.

It touches nothing global: no signal handlers, no root logger, no registry of pykka's. Two runtimes in one process do
not know each other.

    with Runtime(ports) as runtime:
        print(runtime.status())
"""

import math
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from the0_actors.actors.bot.stepping import Lanes
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.domain.runs import RunRecord
from the0_actors.actors.errors import Gone, NotActive
from the0_actors.actors.kernel.actor import End
from the0_actors.actors.kernel.clock import Clock, SystemClock
from the0_actors.actors.kernel.dead_letters import DeadLetters
from the0_actors.actors.kernel.dispatcher import Dispatcher, PooledDispatcher
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.kernel.thread_lane import ThreadLane
from the0_actors.actors.kernel.timers import Timers, TimerThread
from the0_actors.actors.lease import lane_key
from the0_actors.actors.messages import OperatorCommand
from the0_actors.actors.ports.servers import Servers
from the0_actors.actors.ports.status import Command, PartStatus, Phase, RuntimeStatus
from the0_actors.supervisors.journal import Journal
from the0_actors.supervisors.schedules import ScheduleTree
from the0_actors.supervisors.status import StatusMaker
from the0_actors.supervisors.tree import Ports, Tree, TreeSettings

CLOSE = 20.0
"""Seconds for the tree to stop, beyond what draining takes."""
LISTEN = 10.0
"""Seconds that a start waits for the subscriptions to events: longer than a server that is hung is tried."""
RELEASE = 3.0
"""Seconds for giving lock and lease back. A database that does not answer sees the lease end by its term."""
GUARDS = 4
"""Threads for the engine's lock and the lease of both kinds of bots: each call has one to itself."""


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads do what."""

    workers: int = 2
    """Take the actors' turns; turns never block, so a few are enough."""
    store: int = 8
    engine: int = 8
    """Calls to the engine at once: the budget of a mass start."""
    engine_reserved: int = 4
    """More of them, for stops, removals and listings alone."""
    objects: int = 4
    objects_reserved: int = 2
    """More of them, for what must not wait behind archives: servers of our own, and looks at what we depend on."""


class Runtime:
    """One runtime. `start` and `stop` once each, or as a context manager (which leaves the bots running)."""

    def __init__(
        self,
        ports: Ports,
        settings: TreeSettings | None = None,
        *,
        mode: str = "docker",
        clock: Clock | None = None,
        dispatcher: Dispatcher | None = None,
        rng: random.Random | None = None,
        threads: Threads | None = None,
        journal: Journal | None = None,
        servers: Mapping[str, Servers] | None = None,
    ) -> None:
        self._threads = threads or Threads()
        self._clock = clock or SystemClock()
        self._timers = Timers(self._clock)
        self._pool: PooledDispatcher | None = None
        if dispatcher is None:
            dispatcher = self._pool = PooledDispatcher(self._threads.workers)
        self._journal = journal or Journal()
        self._drained = threading.Event()
        self._ended = threading.Event()
        self._end: End | None = None
        self._stopping = False
        self._timer_thread: TimerThread | None = None
        self._system = ActorSystem(
            dispatcher,
            self._clock,
            self._timers,
            rng=rng or random.Random(),  # noqa: S311 - each step draws a jitter from it: no system call for that
            dead_letters=DeadLetters(listener=self._journal.dead_letter),
        )
        self._lanes = self._make_lanes()
        self._tree = Tree(
            self._system,
            ports,
            Lanes(*self._lanes),
            settings or TreeSettings(),
            reporter=self._journal.supervisor,
            announce=self._journal.bot,
            drained=self._drained.set,
            servers=servers,
        )
        self._status = StatusMaker(self._system, self._tree, mode)

    def _make_lanes(self) -> tuple[ThreadLane, ThreadLane, ThreadLane, ThreadLane]:
        threads, clock, timers = self._threads, self._clock, self._timers
        return (
            ThreadLane("store", clock, timers, threads=threads.store),
            ThreadLane("engine", clock, timers, threads=threads.engine, reserved=threads.engine_reserved),
            ThreadLane("objects", clock, timers, threads=threads.objects, reserved=threads.objects_reserved),
            ThreadLane("guard", clock, timers, threads=GUARDS, manned=True),
        )

    # life

    def start(self, patience: float = LISTEN) -> None:
        """Start the tree, and wait until events are heard: see `listen`.

        Dependencies that are not there yet are waited for by their own actors.
        """
        self._timer_thread = TimerThread(self._timers, "timers")
        self._tree.start(self._on_end)
        self.listen(patience)

    def listen(self, patience: float, pace: float = 0.02) -> bool:
        """Wait until the server has our subscriptions, so that no event that is sent from now on is lost.

        False when they do not stand: after `patience` seconds, when NATS does not answer, and on a standby. They come
        to stand later then; `parts` says why they do not. True at once without NATS.
        """
        for _ in range(round(patience / pace)):
            if self._status.listens() or self.status_role() == "standby" or self._ended.wait(pace):
                break
        return self._status.listens() and not self.deaf()

    def deaf(self) -> str:
        """Return why events are not heard; empty when they are, or when there is no NATS."""
        return next((part.note for part in self.parts() if part.name.endswith("nats") and not part.ok), "")

    def drain(
        self, timeout: float, progress: Callable[[int], None], pace: float = 0.5, patience: float = math.inf
    ) -> bool:
        """Stop every bot's container and wait until all are observed gone.

        False when `timeout` seconds were not enough, or when the engine was away for `patience` seconds in a row: what
        does not answer stops nobody. `progress` hears every `pace` seconds how many there still are. Does nothing on a
        standby.
        """
        if self.status_role() != "active":
            return True
        self._tree.drain()
        seen = now = self._clock.monotonic()
        until = now + timeout
        while not self._drained.wait(min(pace, max(until - now, 0.0))):
            now = self._clock.monotonic()
            seen = seen if self.engine_fault() else now
            if now >= until or now - seen >= patience:
                return False
            progress(self.not_at_rest())
        return True

    def settle(self, timeout: float, pace: float = 0.05) -> bool:
        """Have schedules begin no more runs, and wait until what they claimed is started: cut off, it would be lost.

        False when `timeout` seconds were not enough. Does nothing on a standby.
        """
        schedules = self._tree.schedules
        if schedules is None or self.status_role() != "active":
            return True
        schedules.begin_no_more()
        until = self._clock.monotonic() + timeout
        while schedules.is_beginning():
            if self._clock.monotonic() >= until or self._ended.wait(pace):
                return False
        return True

    def stop(self, timeout: float = CLOSE) -> bool:
        """Stop the tree; containers stay as they are. False when something did not end within `timeout` seconds."""
        self._stopping = True
        until = self._clock.monotonic() + timeout
        self._tree.stop()
        ended = self._ended.wait(timeout)
        self._let_release()
        lanes = [lane.close(max(until - self._clock.monotonic(), 0.1)) for lane in self._lanes]
        if self._timer_thread is not None:
            self._timer_thread.close()
        if self._pool is not None:
            self._pool.close()
        return ended and all(lanes)

    def _let_release(self) -> None:
        """Wait for the calls that give lock and lease back, which the lease's actors left to their lane."""
        until = self._clock.monotonic() + RELEASE
        for side in self._tree.sides():
            released = threading.Event()
            self._lanes[-1].submit(lane_key(side.lease), released.set, self._tree.root, "released", RELEASE)
            released.wait(max(until - self._clock.monotonic(), 0.0))

    def wait(self, timeout: float | None = None) -> str | None:
        """Block until the tree has ended; return why.

        The empty string after `stop`; None when `timeout` seconds passed first.
        """
        if not self._ended.wait(timeout):
            return None
        return "" if self._stopping or self._end is None else self._end.reason

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; the bots go on."""
        self.stop()

    def _on_end(self, end: End) -> None:
        self._end = end
        self._ended.set()

    # RuntimeControl

    def alive(self) -> bool:
        """Tell whether the actors take turns."""
        return self._status.alive()

    def ready(self) -> bool:
        """Tell whether it is active and every required part fine."""
        return self._status.ready()

    def status(self) -> RuntimeStatus:
        """Return the present status."""
        return self._status.status()

    def status_role(self) -> str:
        """Return `active`, `standby` or `starting`."""
        return self._status.role()

    def not_at_rest(self) -> int:
        """Return how many bots have, or are about to have, a container."""
        return self._status.not_at_rest()

    def engine_fault(self) -> str:
        """Return why the engine cannot be asked; empty while it answers."""
        return self._status.engine_fault()

    def parts(self) -> tuple[PartStatus, ...]:
        """Return how the dependencies and sources are."""
        return self._status.parts()

    def holding(self, phases: Collection[Phase]) -> tuple[str, ...]:
        """Return the ids of the bots that are in one of these phases."""
        return tuple(bot.bot_id for bot in self._status.bots() if bot.phase in phases)

    def longest_grace(self) -> float | None:
        """Return the longest grace, in seconds, that a bot's container has of its own; None when none has one."""
        return self._status.longest_grace()

    def command(self, bot_id: str, command: Command) -> bool:
        """Pass a command to a bot; False when there is no such bot. Raises `NotActive` when it cannot be done now."""
        hindrance = self._status.hindrance(bot_id, command)
        if hindrance:
            raise NotActive(hindrance)
        side = self._status.side_of(bot_id)
        return side is not None and side.fleet.tell(OperatorCommand(bot_id, command))

    def confirm_stops(self, bots: frozenset[str]) -> tuple[str, ...]:
        """Let those of the bots stop whose stop is held; return them."""
        return self._tree.confirm_stops(bots)

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...] | None:
        """Read a schedule's latest records; None when there is no such schedule. Raises `Unavailable`."""
        side = self._status.side_of(bot_id)
        return side.runs(bot_id, limit) if isinstance(side, ScheduleTree) else None

    def logs(self, bot_id: str, tail: int, follow: bool) -> Iterator[bytes] | None:  # noqa: FBT001 - LogSource
        """Yield a bot's output; None when there is no such bot. Raises `Gone` when it has no container."""
        side, state = self._status.side_of(bot_id), self._status.bot(bot_id)
        if side is None or state is None:
            return None
        if not isinstance(state.have, Observed):
            more = "; the records of its runs keep the last lines of each" if isinstance(side, ScheduleTree) else ""
            raise Gone(f"{bot_id} has no container now{more}")
        return side.the_engine().logs(state.have.container_id, tail, follow=follow)
