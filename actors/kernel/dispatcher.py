"""Who runs ready mailboxes: a pool of threads, with compensation for workers that wait for another actor."""

import queue
import threading
from typing import Protocol

from the0_actors.actors.kernel.future import work_for


class Turn(Protocol):
    """Something that can take a turn: a mailbox, or a job in a simulation."""

    def turn(self) -> None:
        """Do some work; return soon."""
        ...


class Dispatcher(Protocol):
    """Gives turns to whoever is submitted, each submission once."""

    def submit(self, turn: Turn) -> None:
        """Run `turn.turn()` some time soon. Never blocks, callable from any thread."""
        ...


class PooledDispatcher:
    """N worker threads over one queue; up to `spare` more while workers are blocked in `ask`."""

    def __init__(self, workers: int = 4, spare: int = 32, name: str = "actors") -> None:
        self._ready: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._name = name
        self._spare = spare
        self._target = workers
        self._blocked = 0
        self._threads: set[threading.Thread] = set()
        self._made = 0
        self._open = True
        for _ in range(workers):
            self._add_worker()

    def submit(self, turn: Turn) -> None:
        """Queue one turn."""
        self._ready.put(turn)

    @property
    def workers(self) -> int:
        """Threads alive, spare ones included."""
        return len(self._threads)

    @property
    def waiting(self) -> int:
        """Turns in the queue."""
        return self._ready.qsize()

    def blocked(self) -> None:
        """Let another worker take the place of one that waits, up to the cap."""
        with self._lock:
            self._blocked += 1
            if self._open and len(self._threads) - self._blocked < self._target and self._blocked <= self._spare:
                self._add_worker()

    def unblocked(self) -> None:
        """Take note that a worker goes on; a surplus one leaves after its turn."""
        with self._lock:
            self._blocked -= 1

    def close(self) -> None:
        """Let each worker finish its turn and end. What is queued does not run."""
        with self._lock:
            self._open = False
            threads = list(self._threads)
        for _ in threads:
            self._ready.put(None)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

    def _add_worker(self) -> None:
        self._made += 1
        thread = threading.Thread(target=self._work, name=f"{self._name}-{self._made}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        work_for(self)
        try:
            while self._open and (turn := self._ready.get()) is not None:
                turn.turn()
                if self._surplus():
                    return
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _surplus(self) -> bool:
        with self._lock:
            if len(self._threads) - self._blocked <= self._target:
                return False
            self._threads.discard(threading.current_thread())
            return True
