"""The engine's event stream, on a thread of its own.

It tells what happens to the bots' containers and says once when the stream is over. It does not connect again, does
not replay, and cannot tell a silent engine from a dead connection: the caller lists, and limits the age of silence.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import structlog
from docker.errors import DockerException
from docker.types import CancellableStream
from requests import Response

from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.ports.engine import EngineEvent, Happening
from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.connection import Connection, documents
from the0_actors.adapters.docker.failures import translated
from the0_actors.adapters.docker.moments import moment

_log = structlog.get_logger(__name__)

_HAPPENINGS: Mapping[str, Happening] = MappingProxyType(
    {
        "start": Happening.STARTED,
        "die": Happening.DIED,
        "pause": Happening.PAUSED,
        "unpause": Happening.RESUMED,
        "destroy": Happening.REMOVED,
        "oom": Happening.SHORT_OF_MEMORY,
        "rename": Happening.OTHER,
    }
)
"""What is asked for: moving files into a container, as `create` does, is an event too and tells nobody anything."""

_JOIN = 5.0
"""Seconds that `close` waits for the thread; it ends by itself once its connection is shut."""


class EventWatch:
    """One subscription. Follows from its construction; raises `Unavailable` if it cannot."""

    def __init__(
        self,
        connection: Connection,
        installation: str,
        emit: Callable[[EngineEvent], None],
        ended: Callable[[str], None],
    ) -> None:
        self._installation = installation
        self._emit = emit
        self._ended = ended
        # Held while the listener is called, so that nothing is emitted once `close` has returned. Reentrant: a
        # listener may close.
        self._lock = threading.RLock()
        self._closed = False
        self._answer = _open(connection)
        self._thread = threading.Thread(target=self._follow, name="docker-events", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it. Returns soon, may be called twice, also by the listener."""
        with self._lock:
            self._closed = True
        _shut(self._answer)
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN)

    def _follow(self) -> None:
        reason = "the engine closed the event stream"
        try:
            with translated("follow events"):
                for document in documents(self._answer):
                    self._take(document)
        except The0ActorsError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a listener's bug must not end the stream without a word
            _log.exception("event_listener_failed")
            reason = f"the listener failed: {error!r}"
        finally:
            self._answer.close()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._ended(reason)

    def _take(self, document: Any) -> None:
        event = _event(document, self._installation)
        with self._lock:
            if event is not None and not self._closed:
                self._emit(event)


def _open(connection: Connection) -> Response:
    """Open the stream from the engine's present moment, since it answers a little before it begins to follow."""
    with translated("watch events"):
        params = {
            "since": f"{moment(connection.quick.info()['SystemTime']) or 0.0:.6f}",
            "filters": json.dumps(
                {"type": ["container"], "label": [labels.MANAGED_FILTER], "event": list(_HAPPENINGS)}
            ),
        }
        return connection.stream("GET", "/events", silence=None, params=params)


def _shut(answer: Response) -> None:
    """Wake the thread that reads.

    docker-py knows where the socket is. An answer at its end has none any more, and over SSH there is none to shut:
    then the thread sleeps on until the connection ends, and says nothing.
    """
    with suppress(OSError, AttributeError, ValueError, DockerException):
        CancellableStream(iter(()), answer).close()


def _event(document: Any, installation: str) -> EngineEvent | None:
    """Return the event if it is about a container of this installation or of the Go runtime."""
    actor = document.get("Actor") or {}
    identity = labels.decode(actor.get("Attributes"))
    if identity is None or identity.installation not in {None, installation}:
        return None
    happening = _HAPPENINGS.get(document.get("Action"), Happening.OTHER)
    ours = identity.installation is not None
    return EngineEvent(bot_id=identity.bot_id, container_id=actor["ID"], happening=happening, ours=ours)
