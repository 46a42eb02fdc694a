"""Messages that nobody took: counted, the last ones kept, told to whoever listens."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was not handled."""

    path: str
    """The actor it was for."""
    message: str
    """Class name of the message; its content may hold secrets."""
    reason: str
    """`stopped`, `full`, `restarting`."""


class DeadLetters:
    """The place they end up in. Thread-safe."""

    def __init__(self, keep: int = 100, listener: Callable[[DeadLetter], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._last: deque[DeadLetter] = deque(maxlen=keep)
        self._count = 0
        self._listener = listener

    def add(self, path: str, message: object, reason: str) -> None:
        """Count one."""
        letter = DeadLetter(path, type(message).__name__, reason)
        with self._lock:
            self._count += 1
            self._last.append(letter)
        if self._listener is not None:
            self._listener(letter)

    @property
    def count(self) -> int:
        """How many there were."""
        return self._count

    def last(self) -> tuple[DeadLetter, ...]:
        """Return the last ones, oldest first."""
        with self._lock:
            return tuple(self._last)
