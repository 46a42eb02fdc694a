"""One piece of work at a time per key: who asks for the same meanwhile waits and shares the outcome."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker.failures import PART


class Flights:
    """Work under way, by key. The work's error is raised to all who waited for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}

    def run(self, key: str, work: Callable[[], None], patience: float) -> None:
        """Do the work, or wait for the one who does it; `patience` in seconds, then `Unavailable`."""
        with self._lock:
            future = self._under_way.get(key)
            mine: Future[None] = Future()
            if future is None:
                self._under_way[key] = mine
        if future is None:
            self._fly(key, mine, work)
            return
        try:
            future.result(patience)
        except TimeoutError as error:
            raise Unavailable(PART, f"{key}: another thread has been at it for {patience:.0f} s") from error

    def _fly(self, key: str, mine: Future[None], work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(None)
        finally:
            with self._lock:
                del self._under_way[key]
