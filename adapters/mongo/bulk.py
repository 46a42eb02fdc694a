"""Events of many bots written together: what `writer` does for one, in a bounded number of calls for all.

The order of writes is the same, so it may be cut off anywhere as well. Whatever is not plain (somebody else changes a
document meanwhile, a value that the server refuses) is left to the writer of single events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import bson
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.errors import MalformedDocument
from the0_actors.adapters.mongo.raw import newest, readable
from the0_actors.adapters.mongo.records import Records, announced, fields, heard, segments_of
from the0_actors.adapters.mongo.segments import Segments
from the0_actors.adapters.mongo.shapes import Shape, Write
from the0_actors.adapters.mongo.tables import PIECE, Tables

Event = tuple[BotEvent, Position | None]
Outcomes = dict[str, Applied | MalformedDocument]
"""By bot. Who is not in it is to be written alone."""


class BulkWriter:
    """Writes events of different bots. Raises what the driver raises; what was written then stays."""

    def __init__(self, tables: Tables, shape: Shape, records: Records, segments: Segments) -> None:
        self._tables = tables
        self._shape = shape
        self._records = records
        self._segments = segments

    def write(self, events: Sequence[Event]) -> Outcomes:
        """Write what can be written together: deletions first."""
        outcomes: Outcomes = {}
        for piece in _pieces([one for one in events if one[0].action is Action.DELETED]):
            outcomes |= self._bury(piece)
        for piece in _pieces([one for one in events if one[0].action is not Action.DELETED]):
            outcomes |= self._put(piece)
        return outcomes

    # created and updated

    def _put(self, events: Sequence[Event]) -> Outcomes:
        records, outcomes = self._records.of([event.bot_id for event, _ in events]), Outcomes()
        fresh: list[Event] = []
        for event, position in events:
            record = records.get(event.bot_id, {})
            known = Applied.BURIED if record.get("deleted") else heard(position, record)
            if known is None:
                fresh.append((event, position))
            else:
                outcomes[event.bot_id] = known
        present = self._present(event.bot_id for event, _ in fresh)
        made = self._insert([event for event, _ in fresh if event.bot_id not in present])
        changed = self._change([one for one in fresh if one[0].bot_id in present], present)
        # An insert may have been cut off before its segment was counted.
        unsure = [doc for bot_id, doc in present.items() if "stream" not in records.get(bot_id, {})]
        self._segments.recount_once(segments_of(unsure))
        written = made | changed
        self._move([one for one in fresh if isinstance(written.get(one[0].bot_id), Applied)], records, written)
        return outcomes | written

    def _present(self, bot_ids: Iterable[str]) -> dict[str, RawBSONDocument]:
        chosen = ((bot_id, newest(documents)) for bot_id, documents in self._documents(list(bot_ids)).items())
        return {bot_id: document for bot_id, document in chosen if document is not None}

    def _documents(self, bot_ids: list[str]) -> dict[str, list[RawBSONDocument]]:
        found: dict[str, list[RawBSONDocument]] = {}
        for document in self._tables.raw_bots.find({"id": {"$in": bot_ids}}) if bot_ids else ():
            found.setdefault(str(document["id"]), []).append(document)
        return found

    def _insert(self, events: Sequence[BotEvent]) -> Outcomes:
        outcomes: Outcomes = {}
        whole: dict[str, dict[str, Any]] = {}
        for event in events:
            try:
                whole[event.bot_id] = self._shape.whole(event, 0)
            except MalformedDocument as error:
                outcomes[event.bot_id] = error
        if not whole:
            return outcomes
        with self._segments.lock:
            chosen = self._segments.choose_many(len(whole))
            for document, segment in zip(whole.values(), chosen, strict=True):
                document["segment_id"] = segment
            writes = [UpdateOne({"id": bot_id}, {"$set": document}, upsert=True) for bot_id, document in whole.items()]
            done = _bulk(self._tables.bots, list(whole), writes)
            for segment in sorted(set(chosen)):
                self._segments.count(segment)
        return outcomes | dict.fromkeys(done, Applied.WRITTEN)

    def _change(self, events: Sequence[Event], present: Mapping[str, RawBSONDocument]) -> Outcomes:
        outcomes: Outcomes = {}
        writes: dict[str, UpdateOne] = {}
        for event, position in events:
            document = present[event.bot_id]
            try:
                write = self._shape.change(event, readable(document))
            except MalformedDocument as error:
                outcomes[event.bot_id] = error
                continue
            if write.compare:
                continue  # somebody else may write it meanwhile: alone
            late = event.action is Action.CREATED and position is None
            if late or _stands(write, document):
                outcomes[event.bot_id] = Applied.UNCHANGED
            else:
                writes[event.bot_id] = UpdateOne({"_id": document["_id"]}, write.update)
        done = _bulk(self._tables.bots, list(writes), list(writes.values()))
        return outcomes | dict.fromkeys(done, Applied.WRITTEN)

    def _move(self, events: Sequence[Event], records: Mapping[str, Mapping[str, Any]], outcomes: Outcomes) -> None:
        """Write how far the events of each bot were applied; only then all before is done."""
        writes: list[UpdateOne] = []
        for event, position in events:
            record = records.get(event.bot_id, {})
            left = announced(event, position, changed=outcomes[event.bot_id] is Applied.WRITTEN)
            if any(record.get(name, False) != value for name, value in left.items()):
                writes.append(UpdateOne({"_id": event.bot_id}, {"$set": left}, upsert=True))
        if writes:
            self._tables.positions.bulk_write(writes, ordered=False)

    # deleted

    def _bury(self, events: Sequence[Event]) -> Outcomes:
        ids = [event.bot_id for event, _ in events]
        records = self._records.of(ids)
        documents = self._documents(ids)
        open_ = [
            one for one in events if one[0].bot_id in documents or "buried_at" not in records.get(one[0].bot_id, {})
        ]
        segments = {
            event.bot_id: sorted(
                {*records.get(event.bot_id, {}).get("segments", ()), *segments_of(documents.get(event.bot_id, ()))}
            )
            for event, _ in open_
        }
        new = [one for one in open_ if not records.get(one[0].bot_id, {}).get("deleted")]
        self._entomb(new, segments)
        if open_:
            self._clear([event.bot_id for event, _ in open_], {number for each in segments.values() for number in each})
        written = {event.bot_id for event, _ in new}
        return {bot_id: Applied.WRITTEN if bot_id in written else Applied.UNCHANGED for bot_id in ids}

    def _entomb(self, events: Sequence[Event], segments: Mapping[str, list[int]]) -> None:
        writes = [
            UpdateOne(
                {"_id": event.bot_id},
                {"$set": {"deleted": True, "segments": segments[event.bot_id], **fields(position)}},
                upsert=True,
            )
            for event, position in events
        ]
        if writes:
            self._tables.positions.bulk_write(writes, ordered=False)

    def _clear(self, bot_ids: list[str], segments: Iterable[int]) -> None:
        self._tables.bots.delete_many({"id": {"$in": bot_ids}})
        self._tables.holds.delete_many({"_id": {"$in": bot_ids}})
        self._segments.recount(sorted(segments))
        done = {"$unset": {"segments": ""}, "$currentDate": {"buried_at": True}}
        self._tables.positions.update_many({"_id": {"$in": bot_ids}}, done)


def _pieces(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    for start in range(0, len(events), PIECE):
        yield events[start : start + PIECE]


def _bulk(collection: Collection[Any], bot_ids: Sequence[str], writes: Sequence[UpdateOne]) -> list[str]:
    """Write each, in any order; return the bots whose write was done. Why another was not, a write alone will tell."""
    if not writes:
        return []
    try:
        collection.bulk_write(list(writes), ordered=False)
    except BulkWriteError as error:
        if error.details.get("writeConcernErrors"):
            raise  # done perhaps, and not for good
        failed = {int(each["index"]) for each in error.details.get("writeErrors", ())}
        return [bot_id for number, bot_id in enumerate(bot_ids) if number not in failed]
    except InvalidDocument:
        return []
    return list(bot_ids)


def _stands(write: Write, present: RawBSONDocument) -> bool:
    """Tell whether all that a write sets stands there already, byte for byte: only then are all types the same."""
    if set(write.update) != {"$set"}:
        return False
    members: Mapping[str, Any] = write.update["$set"]
    kept = {name: present.get(name) for name in members}
    return all(name in present for name in members) and bson.encode(members) == bson.encode(kept)
