"""Events written into the desired state: idempotent, ordered per bot, and safe to be cut off between any two writes.

The order of writes is the whole idea. Created and updated: the document, its segment's count, then the position; the
position says that all before it is done. Deleted: the tombstone, then the document, then the count; the tombstone
holds what is left to do. An event that was cut off is delivered again and does the rest.

One process writes at a time (the lease holder); inside it any number of threads may.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from threading import Lock
from typing import Any, Final

from pymongo.errors import DocumentTooLarge, DuplicateKeyError, WriteError

from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.errors import MalformedDocument, Unavailable
from the0_actors.adapters.mongo.bulk import BulkWriter, Event
from the0_actors.adapters.mongo.identity import Identity
from the0_actors.adapters.mongo.raw import newest, readable
from the0_actors.adapters.mongo.records import Records, announced, fields, heard, segments_of
from the0_actors.adapters.mongo.segments import Segments
from the0_actors.adapters.mongo.shapes import Shape
from the0_actors.adapters.mongo.tables import Tables

_STRIPES: Final = 64
_RACES: Final = 5
_NEVER: Final = frozenset({2, 15, 22, 52, 55, 56, 57, 121, 10334, 17419, 17420})
"""Server codes that are about the document itself: its values, depth, names, size, or a validator that refuses it.

Any other failure of a write (a full disk, say) may pass, and the event must not be lost to it.
"""


class EventWriter:
    """Applies events. Raises what the driver raises, and `MalformedDocument` for what can never be stored.

    The first thing it does looks at the marker too (`Records`); whoever calls it looks once more when it is done.
    """

    def __init__(self, tables: Tables, shape: Shape, identity: Identity) -> None:
        self._tables = tables
        self._shape = shape
        self._records = Records(tables, identity)
        self._segments = Segments(tables)
        self._bulk = BulkWriter(tables, shape, self._records, self._segments)
        # Events of one bot follow each other, whichever threads bring them; those of others go on beside them.
        self._locks = tuple(Lock() for _ in range(_STRIPES))

    def apply(self, event: BotEvent, position: Position | None) -> Applied:
        """Write one event. See `BotStore.apply`."""
        with self._locks[hash(event.bot_id) % _STRIPES]:
            return self._apply(event, position)

    def apply_all(self, events: Sequence[Event]) -> list[Applied | MalformedDocument]:
        """Write events of different bots. See `BotStore.apply_all`."""
        with ExitStack() as held:
            for stripe in sorted({hash(event.bot_id) % _STRIPES for event, _ in events}):
                held.enter_context(self._locks[stripe])
            together = self._bulk.write(events)
            return [together.get(event.bot_id) or self._alone(event, position) for event, position in events]

    def _alone(self, event: BotEvent, position: Position | None) -> Applied | MalformedDocument:
        try:
            return self._apply(event, position)
        except MalformedDocument as error:
            return error

    def _apply(self, event: BotEvent, position: Position | None) -> Applied:
        record = self._records.of([event.bot_id]).get(event.bot_id, {})
        if event.action is Action.DELETED:
            return self._bury(event.bot_id, position, record)
        if record.get("deleted"):
            return Applied.BURIED
        return heard(position, record) or self._write(event, position, record)

    def _write(self, event: BotEvent, position: Position | None, record: Mapping[str, Any]) -> Applied:
        first = "stream" not in record
        try:
            changed = self._put(event, position, first=first)
        except DuplicateKeyError:
            # Somebody inserted it in between: now it is there to be updated.
            changed = self._put(event, position, first=first)
        except (DocumentTooLarge, WriteError) as error:
            if isinstance(error, WriteError) and error.code not in _NEVER:
                raise
            raise MalformedDocument(f"MongoDB cannot store this event ({type(error).__name__})") from error
        left = announced(event, position, changed=changed)
        if any(record.get(name, False) != value for name, value in left.items()):
            self._tables.positions.update_one({"_id": event.bot_id}, {"$set": left}, upsert=True)
        return Applied.WRITTEN if changed else Applied.UNCHANGED

    def _put(self, event: BotEvent, position: Position | None, *, first: bool) -> bool:
        for _ in range(_RACES):
            present = newest(self._tables.raw_bots.find({"id": event.bot_id}))
            if present is None:
                return self._insert(event)
            write = self._shape.change(event, readable(present))
            if event.action is Action.CREATED and position is None:
                return False  # over core NATS a late `created` must not undo the update that overtook it
            if first:
                self._segments.recount(segments_of([present]))  # its insert may have been cut off before the count
            result = self._tables.bots.update_one({"_id": present["_id"], **write.compare}, write.update)
            if result.matched_count:
                return result.modified_count > 0
        raise Unavailable("mongodb", f"others keep changing {event.bot_id}")

    def _insert(self, event: BotEvent) -> bool:
        # Made before a segment is chosen: what cannot be stored leaves nothing behind.
        whole = self._shape.whole(event, 0)
        with self._segments.lock:
            segment = self._segments.choose()
            whole["segment_id"] = segment
            self._tables.bots.update_one({"id": event.bot_id}, {"$set": whole}, upsert=True)
            self._segments.count(segment)
        return True

    def _bury(self, bot_id: str, position: Position | None, record: Mapping[str, Any]) -> Applied:
        """Delete for good: no position is too old for it, since ids are never used again."""
        left = list(self._tables.raw_bots.find({"id": bot_id}))
        segments = sorted({*record.get("segments", ()), *segments_of(left)})
        if "buried_at" in record and not left:
            return Applied.UNCHANGED
        if not record.get("deleted"):
            tombstone = {"deleted": True, "segments": segments, **fields(position)}
            self._tables.positions.update_one({"_id": bot_id}, {"$set": tombstone}, upsert=True)
        self._tables.bots.delete_many({"id": bot_id})
        self._tables.holds.delete_one({"_id": bot_id})
        self._segments.recount(segments)
        # The date is the server's; from here on the tombstone may expire (see `indexes`).
        done = {"$unset": {"segments": ""}, "$currentDate": {"buried_at": True}}
        self._tables.positions.update_one({"_id": bot_id}, done)
        return Applied.UNCHANGED if record.get("deleted") else Applied.WRITTEN
