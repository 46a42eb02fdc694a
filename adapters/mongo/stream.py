"""The change stream: hints about single bots between two polls.

It begins afresh each time and keeps no resume point of its own: when the stream is over, for whatever reason, the
caller lists and begins another (P18). Within a connection's hiccup the driver resumes by itself. A document that
somebody else deletes is noticed by the next poll, since such a change does not say which bot it was about.
"""

from collections.abc import Callable, Mapping
from threading import RLock, Thread
from typing import Any, Final

from pymongo.change_stream import DatabaseChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from the0_actors.adapters.mongo.failures import describe
from the0_actors.adapters.mongo.tables import HOLDS, POSITIONS, Tables

_AWAIT_MS: Final = 2000
"""How long the server holds an empty answer back, and so how long the thread may outlive `close`."""
_NO_STREAMS: Final = frozenset({40573, 40324, 136, 304})
"""Server codes for: no replica set, no such stage, not possible on this collection or view."""
_ENDINGS: Final = frozenset({"drop", "rename", "dropDatabase", "invalidate"})


def follow(tables: Tables, changed: Callable[[str], None], ended: Callable[[str], None]) -> "Follower | None":
    """Begin to follow. None when the server offers no change streams; raises what the driver raises."""
    try:
        stream = tables.database.watch(
            _pipeline(tables.bots.name), full_document="updateLookup", max_await_time_ms=_AWAIT_MS
        )
    except OperationFailure as error:
        if error.code in _NO_STREAMS:
            return None
        raise
    return Follower(stream, tables.bots.name, changed, ended)


class Follower:
    """A stream with a thread of its own. A `Subscription`."""

    def __init__(
        self,
        stream: DatabaseChangeStream[Any],
        bots: str,
        changed: Callable[[str], None],
        ended: Callable[[str], None],
    ) -> None:
        self._stream = stream
        self._bots = bots
        self._changed = changed
        self._ended = ended
        self._closed = False
        # Held while a callback runs, so that nothing is emitted once `close` has returned; a callback may close.
        self._lock = RLock()
        Thread(target=self._run, name="mongo-changes", daemon=True).start()

    def close(self) -> None:
        """End it. The thread ends within a moment."""
        with self._lock:
            self._closed = True

    def _run(self) -> None:
        reason = "the follower failed"
        try:
            reason = self._follow()
        except PyMongoError as error:
            reason = describe(error)
        finally:
            self._finish(reason)

    def _follow(self) -> str:
        while self._stream.alive and not self._closed:
            change = self._stream.try_next()
            if change is None:
                continue
            if change["operationType"] in _ENDINGS:
                return f"the server says {change['operationType']}"
            self._tell(_bot_of(change, self._bots))
        return "the server closed the stream"

    def _tell(self, bot_id: str | None) -> None:
        with self._lock:
            if bot_id is not None and not self._closed:
                self._changed(bot_id)

    def _finish(self, reason: str) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._ended(reason)
        self._stream.close()


def _pipeline(bots: str) -> list[dict[str, Any]]:
    buried = [
        {"operationType": "insert", "fullDocument.deleted": True},
        {"updateDescription.updatedFields.deleted": True},
    ]
    wanted = [{"ns.coll": {"$in": [bots, HOLDS]}}, {"ns.coll": POSITIONS, "$or": buried}]
    return [
        {"$match": {"$or": [*wanted, {"operationType": {"$in": sorted(_ENDINGS)}, "ns.coll": {"$exists": False}}]}},
        {"$project": {"operationType": 1, "ns.coll": 1, "documentKey": 1, "fullDocument.id": 1}},
    ]


def _bot_of(change: Mapping[str, Any], bots: str) -> str | None:
    if change["ns"]["coll"] == bots:
        bot_id = (change.get("fullDocument") or {}).get("id")
    else:
        bot_id = change["documentKey"]["_id"]
    return bot_id if isinstance(bot_id, str) else None
