"""The future of an `ask`: pykka's, with a wait that does not starve the pool.

A `get` inside an actor's turn tells the dispatcher that this worker is blocked, so that another takes its place.
"""

import threading
from typing import Any, Protocol

import pykka


class Blockable(Protocol):
    """A dispatcher that wants to know when one of its workers blocks."""

    def blocked(self) -> None:
        """Take note that one worker starts to wait."""
        ...

    def unblocked(self) -> None:
        """Let it go on."""
        ...


class _Worker(threading.local):
    dispatcher: Blockable | None = None


_worker = _Worker()
"""Which dispatcher the present thread works for: a property of the thread, not state of the module."""


def work_for(dispatcher: Blockable | None) -> None:
    """Mark the present thread as a worker of `dispatcher`."""
    _worker.dispatcher = dispatcher


class Future(pykka.ThreadingFuture[Any]):
    """Result of an `ask`."""

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the result. Raises what the handler raised, or `pykka.Timeout`."""
        dispatcher = _worker.dispatcher
        if dispatcher is None or self._result is not None:
            return super().get(timeout=timeout)
        dispatcher.blocked()
        try:
            return super().get(timeout=timeout)
        finally:
            dispatcher.unblocked()
