"""Who runs ready mailboxes: a pool of threads that makes up for workers that wait or are stuck.

Turns of actors that go ahead (`Actor.ahead`) do not queue behind the others. They cannot starve them: a worker takes
at most one of them for each other turn.

A worker that waits in an `ask`, or that the watchdog found stuck, has a spare one in its place, up to a cap; when it
goes on, one worker too many leaves after its turn. Every time the cap forbade a spare one is counted.
"""

import queue
import threading
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.kernel.future import work_for
from the0_actors.actors.kernel.snapshots import DispatcherSnapshot

_log = structlog.get_logger(__name__)


class Turn(Protocol):
    """Something that can take a turn: a mailbox, or a job in a simulation."""

    def turn(self) -> None:
        """Do some work; return soon."""
        ...


class Dispatcher(Protocol):
    """Gives turns to whoever is submitted, each submission once."""

    def submit(self, turn: Turn, *, ahead: bool = False) -> None:
        """Run `turn.turn()` some time soon, `ahead` of others if it can. Never blocks, callable from any thread."""
        ...


@runtime_checkable
class Observable(Protocol):
    """A dispatcher that answers how it is."""

    def snapshot(self) -> DispatcherSnapshot:
        """Return how it is."""
        ...


class _Look:
    """Wakes up a worker for what is ahead. Nothing to do by itself."""

    def turn(self) -> None:
        """Do nothing."""


_LOOK = _Look()


class Worker:
    """One thread of the pool, and what it does at the moment."""

    __slots__ = ("_dispatcher", "stuck", "thread", "turn", "turns", "waits")

    def __init__(self, dispatcher: "PooledDispatcher", name: str) -> None:
        self._dispatcher = dispatcher
        self.thread = threading.Thread(target=dispatcher.work, args=(self,), name=name, daemon=True)
        self.turn: Turn | None = None
        """What it runs; None when it has nothing to do."""
        self.turns = 0
        self.waits = False
        """It is in an `ask`."""
        self.stuck = False
        """It has a spare worker in its place, for another reason than waiting."""

    def blocked(self) -> None:
        """Take note that it starts to wait."""
        self._dispatcher.blocked(self)

    def unblocked(self) -> None:
        """Take note that it goes on."""
        self._dispatcher.unblocked(self)


@dataclass(frozen=True, slots=True)
class Running:
    """A turn in progress."""

    worker: Worker
    turn: Turn


class PooledDispatcher:
    """N worker threads over one queue; up to `spare` more in the place of those that wait or are stuck."""

    def __init__(self, workers: int = 4, spare: int = 32, name: str = "actors") -> None:
        self._ready: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._ahead: queue.SimpleQueue[Turn] = queue.SimpleQueue()
        """Taken first. For each there is, or was, a `_LOOK` among the others, so that somebody wakes up for it."""
        self._lock = threading.Lock()
        self._name = name
        self._spare = spare
        self._target = workers
        self._workers: set[Worker] = set()
        self._away = 0
        self._capped = self._made = self._turns = 0
        self._open = True
        for _ in range(workers):
            self._add_worker()

    def submit(self, turn: Turn, *, ahead: bool = False) -> None:
        """Queue one turn."""
        if ahead:
            self._ahead.put(turn)
            turn = _LOOK
        self._ready.put(turn)

    @property
    def workers(self) -> int:
        """Threads alive, spare ones included."""
        return len(self._workers)

    @property
    def waiting(self) -> int:
        """Turns in the queue."""
        return self._ready.qsize() + self._ahead.qsize()

    def running(self) -> tuple[Running, ...]:
        """Return the turns in progress."""
        with self._lock:
            workers = tuple(self._workers)
        found = ((worker, worker.turn) for worker in workers)
        return tuple(Running(worker, turn) for worker, turn in found if turn is not None)

    def blocked(self, worker: Worker) -> None:
        """Let another worker take the place of one that waits, up to the cap. For `Worker`."""
        with self._lock:
            worker.waits = True
            if not worker.stuck:
                self._away += 1
                self._fill_place()

    def unblocked(self, worker: Worker) -> None:
        """Take note that a worker goes on; a surplus one leaves after its turn. For `Worker`."""
        with self._lock:
            worker.waits = False
            if not worker.stuck:
                self._away -= 1

    def stuck(self, running: Running) -> None:
        """Let another worker take the place of one whose turn does not end, up to the cap. For the watchdog."""
        worker = running.worker
        with self._lock:
            if worker.turn is running.turn and not worker.stuck and not worker.waits:
                worker.stuck = True
                self._away += 1
                self._fill_place()

    def close(self, timeout: float = 10.0) -> bool:
        """Let each worker finish its turn and end; what is queued does not run.

        Returns False when some turn did not end within `timeout` seconds: its thread is left behind.
        """
        with self._lock:
            self._open = False
            threads = [worker.thread for worker in self._workers]
        for _ in threads:
            self._ready.put(None)
        until = SystemClock.monotonic() + timeout
        others = [thread for thread in threads if thread is not threading.current_thread()]
        for thread in others:
            thread.join(max(until - SystemClock.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in others)

    def snapshot(self) -> DispatcherSnapshot:
        """Return how it is."""
        with self._lock:
            workers = tuple(self._workers)
            return DispatcherSnapshot(
                workers=len(workers),
                target=self._target,
                blocked=sum(worker.waits for worker in workers),
                stuck=sum(worker.stuck for worker in workers),
                spare=self._spare,
                capped=self._capped,
                waiting=self._ready.qsize() + self._ahead.qsize(),
                turns=self._turns + sum(worker.turns for worker in workers),
            )

    def work(self, worker: Worker) -> None:
        """Take turns until there are enough others to do it. For `Worker`."""
        work_for(worker)
        try:
            while self._open and (turn := self._ready.get()) is not None:
                if not self._ahead.empty():
                    self._take_ahead(worker)
                if turn is not _LOOK:
                    self._take(worker, turn)
                turn = None
                if len(self._workers) - self._away > self._target and self._leaves(worker):
                    return
        finally:
            with self._lock:
                self._remove(worker)

    def _take_ahead(self, worker: Worker) -> None:
        try:
            turn = self._ahead.get_nowait()
        except queue.Empty:  # another worker was quicker
            return
        self._take(worker, turn)

    def _take(self, worker: Worker, turn: Turn) -> None:
        worker.turn = turn
        try:
            turn.turn()
        except BaseException:  # noqa: BLE001 - logged; the worker has others to serve
            _log.exception("turn_failed", worker=worker.thread.name)
        worker.turn = None
        worker.turns += 1
        if worker.stuck:
            self._came_back(worker)

    def _fill_place(self) -> None:
        if not self._open or len(self._workers) - self._away >= self._target:
            return
        if len(self._workers) - self._target < self._spare and self._add_spare():
            return
        self._capped += 1
        if self._capped & (self._capped - 1) == 0:  # the first, and each time their number doubled
            _log.warning("dispatcher_below_target", spare=self._spare, away=self._away, times=self._capped)

    def _add_spare(self) -> bool:
        try:
            self._add_worker()
        except RuntimeError:  # the machine has no thread left
            return False
        return True

    def _add_worker(self) -> None:
        worker = Worker(self, f"{self._name}-{self._made + 1}")
        self._workers.add(worker)
        try:
            worker.thread.start()
        except RuntimeError:
            self._workers.remove(worker)
            raise
        self._made += 1

    def _came_back(self, worker: Worker) -> None:
        with self._lock:
            worker.stuck = False
            self._away -= 1

    def _leaves(self, worker: Worker) -> bool:
        with self._lock:
            if len(self._workers) - self._away <= self._target:
                return False
            self._remove(worker)
            return True

    def _remove(self, worker: Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            self._turns += worker.turns
