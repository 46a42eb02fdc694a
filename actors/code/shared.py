"""One look for all who ask before it begins: as fresh for each as a look of its own."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedLook(Generic[T]):
    """Looks at one thing at a time per key. Who asks while a look is under way is answered by the next one.

    Thread-safe; calls block. A look that raises raises to all whom it was for.
    """

    def __init__(self, look: Callable[[str], T]) -> None:
        self._look = look
        self._lock = Lock()
        self._under_way: dict[str, Future[T]] = {}
        self._next: dict[str, Future[T]] = {}

    def __call__(self, key: str) -> T:
        """Return what a look shows that began after this call. It lasts two looks at most."""
        return self.ask(key)()

    def ask(self, key: str) -> Callable[[], T]:
        """Put the question now; return what gives the answer, which is to be called."""
        with self._lock:
            before, answer = self._under_way.get(key), self._next.get(key)
            if answer is not None:
                return answer.result
            answer = self._next[key] = Future()
        return partial(self._lead, key, before, answer)

    def _lead(self, key: str, before: "Future[T] | None", answer: Future[T]) -> T:
        if before is not None:
            wait([before])
        with self._lock:
            self._under_way[key] = self._next.pop(key)  # who asks from now on has to wait for the next
        try:
            answer.set_result(self._look(key))
        except BaseException as error:  # noqa: BLE001 - raised again by all whom it was for
            answer.set_exception(error)
        with self._lock:
            if self._under_way.get(key) is answer:
                del self._under_way[key]
        return answer.result()
