"""The collections: the platform's three, and ours beside them under one prefix. Names and handles, no logic.

In the database of schedules `bot_schedules` stands in place of `bots`.

| collection | content |
| --- | --- |
| `bots`, `partitions`, `counters` | the platform's |
| `the0_actors_runtime` | `_id: "installation"` with `id` and `engine`; `_id: "lease"` with `holder`, `until` … |
| `the0_actors_positions` | one per bot id: `stream` and `sequence` of the last event, whether it said `disabled`; |
| | `deleted` marks a tombstone, with `segments` while its clean-up goes on, `buried_at` when it is done, and |
| | `forgotten` once its state is removed |
| `the0_actors_holds` | one per bot id that an operator stopped by hand: `reason`, `since` |
| `the0_actors_slots` | of schedules alone: one per slot that was claimed, one per row of slots that passed |
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, ReadPreference, ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.mongo.raw import RAW_CODEC
from the0_actors.adapters.mongo.settings import Document

PREFIX: Final = "the0_actors_"
HOLDS: Final = PREFIX + "holds"
POSITIONS: Final = PREFIX + "positions"
RUNTIME: Final = PREFIX + "runtime"

PIECE: Final = 100
"""Bots that are asked for by id at a time: some servers look through the whole list for each document."""
BATCH: Final = 1000
"""Documents at a time: the server's own choice of 16 MiB at a time would cost three times that in memory here."""

_RACES: Final = 5


class Tables:
    """Handles of all collections.

    They read from the primary whatever the connection string says, since we must see our own writes.
    """

    def __init__(self, client: MongoClient[Document], database: str, bots: str) -> None:
        self.database = client.get_database(database, read_preference=ReadPreference.PRIMARY)
        self.bots: Collection[Any] = self.database[bots]
        self.raw_bots: Collection[RawBSONDocument] = self.bots.with_options(codec_options=RAW_CODEC)
        self.partitions: Collection[Any] = self.database["partitions"]
        self.counters: Collection[Any] = self.database["counters"]
        self.runtime: Collection[Any] = self.database[RUNTIME]
        self.positions: Collection[Any] = self.database[POSITIONS]
        self.holds: Collection[Any] = self.database[HOLDS]
        self.slots: Collection[Any] = self.database[PREFIX + "slots"]


def upsert(collection: Collection[Any], key: str, update: Mapping[str, Any] | list[dict[str, Any]]) -> dict[str, Any]:
    """Change the document `key` atomically, making it when there is none, and return it as it is then."""
    for _ in range(_RACES):
        # Of two that make it at once, the slower one is told of a duplicate key by some servers and gets no document
        # from others. Asked again, it finds one to change.
        with suppress(DuplicateKeyError):
            found = collection.find_one_and_update(
                {"_id": key}, update, upsert=True, return_document=ReturnDocument.AFTER
            )
            if found is not None:
                return dict(found)
    raise Unavailable("mongodb", f"{collection.name}: others keep changing {key}")
