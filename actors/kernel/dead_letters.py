"""Messages that nobody took: counted, the last ones kept, told to whoever listens."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from the0_actors.actors.kernel.messages import Disposable
from the0_actors.actors.kernel.snapshots import DeadLettersSnapshot

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was not handled."""

    path: str
    """The actor it was for."""
    message: str
    """Class name of the message; its content may hold secrets."""
    reason: str
    """`stopped`: the actor had ended; `full`: no room in its mailbox; `absent`: it was never started."""


class DeadLetters:
    """The place they end up in. Thread-safe.

    `listener` hears each one, in the thread of the sender and while the sender may hold locks: it returns at once and
    sends nothing. What it raises is logged and goes no further.
    """

    def __init__(self, keep: int = 100, listener: Callable[[DeadLetter], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._last: deque[DeadLetter] = deque(maxlen=keep)
        self._reasons: Counter[str] = Counter()
        self._listener = listener

    def add(self, path: str, message: object, reason: str) -> None:
        """Count one, and dispose of it when it is `Disposable`."""
        letter = DeadLetter(path, type(message).__name__, reason)
        with self._lock:
            self._reasons[reason] += 1
            self._last.append(letter)
        try:
            if self._listener is not None:
                self._listener(letter)
        except Exception:  # noqa: BLE001 - logged; the sender has no part in it
            _log.exception("dead_letter_listener_failed", path=path)
        try:
            if isinstance(message, Disposable):
                message.dispose()
        except Exception:  # noqa: BLE001 - as above
            _log.exception("dead_letter_not_disposed", path=path, message=letter.message)

    @property
    def count(self) -> int:
        """How many there were."""
        with self._lock:
            return self._reasons.total()

    def last(self) -> tuple[DeadLetter, ...]:
        """Return the last ones, oldest first."""
        with self._lock:
            return tuple(self._last)

    def snapshot(self) -> DeadLettersSnapshot:
        """Return how many there were, and why."""
        with self._lock:
            return DeadLettersSnapshot(self._reasons.total(), dict(self._reasons))
