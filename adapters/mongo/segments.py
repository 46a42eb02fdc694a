"""The platform's bookkeeping of segments, with counts that are derived and never drift.

A segment is chosen as the platform chooses it; its count is then set to what is really there. So a crash between two
writes, a repeated delivery, or a count that somebody left wrong is put right by the next event of that segment.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Final

from the0_actors.adapters.mongo.tables import Tables, upsert

SIZE: Final = 100
"""Bots per segment, the same in every service of the platform."""


class Segments:
    """Chooses segments and keeps `partitions` and `counters`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._counted: set[int] = set()
        """Segments that were counted since this process began."""
        self.lock = Lock()
        """Held over choosing, writing the document, and counting, by whoever adds or removes a document."""

    def choose(self) -> int:
        """Return a segment with room, opening a new one when all are full. The lock is held."""
        roomy = self._tables.partitions.find_one({"bot_count": {"$lt": SIZE}}, {"_id": 1})
        if roomy is not None:
            return int(roomy["_id"])
        return int(upsert(self._tables.counters, "partition_id", {"$inc": {"seq": 1}})["seq"])

    def choose_many(self, count: int) -> list[int]:
        """Return segments with room for so many, each as often as it has room. The lock is held."""
        chosen: list[int] = []
        for roomy in self._tables.partitions.find({"bot_count": {"$lt": SIZE}}, {"bot_count": 1}):
            room = SIZE - max(int(roomy["bot_count"]), 0)
            chosen += [int(roomy["_id"])] * min(room, count - len(chosen))
            if len(chosen) == count:
                return chosen
        while len(chosen) < count:
            number = int(upsert(self._tables.counters, "partition_id", {"$inc": {"seq": 1}})["seq"])
            chosen += [number] * min(SIZE, count - len(chosen))
        return chosen

    def recount_once(self, segments: Iterable[int]) -> None:
        """Set right what an event that was cut off left to do: where it did, nobody has counted since."""
        self.recount(sorted(set(segments) - self._counted))

    def recount(self, segments: Iterable[int]) -> None:
        """Set right what an event that was cut off, or a removal, left to do."""
        with self.lock:
            for segment in segments:
                self.count(segment)

    def count(self, segment: int) -> None:
        """Set a segment's count to the number of its documents. The lock is held."""
        present = self._tables.bots.count_documents({"segment_id": segment})
        self._tables.partitions.update_one({"_id": segment}, {"$set": {"bot_count": present}}, upsert=True)
        self._counted.add(segment)
