"""The collections: the platform's three, and ours beside them under one prefix. Names and handles, no logic.

| collection | content |
| --- | --- |
| `bots`, `partitions`, `counters` | the platform's: contract 1.2 |
| `the0_actors_runtime` | `_id: "installation"` with `id` and `engine`; `_id: "lease"` with `holder`, `until` … |
| `the0_actors_positions` | one per bot id: `stream` and `sequence` of the last event written; `deleted` is a tombstone, |
| | with `segments` while its clean-up goes on and `buried_at` when it is done |
| `the0_actors_holds` | one per bot id that an operator stopped by hand: `reason`, `since` |
"""

from collections.abc import Mapping
from typing import Any, Final

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, ReadPreference, ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from the0_actors.adapters.mongo.settings import Document

PREFIX: Final = "the0_actors_"
HOLDS: Final = PREFIX + "holds"
POSITIONS: Final = PREFIX + "positions"

_RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)


class Tables:
    """Handles of all collections.

    They read from the primary whatever the connection string says, since we must see our own writes.
    """

    def __init__(self, client: MongoClient[Document], database: str, bots: str) -> None:
        self.database = client.get_database(database, read_preference=ReadPreference.PRIMARY)
        self.bots: Collection[Any] = self.database[bots]
        self.raw_bots: Collection[RawBSONDocument] = self.bots.with_options(codec_options=_RAW)
        self.partitions: Collection[Any] = self.database["partitions"]
        self.counters: Collection[Any] = self.database["counters"]
        self.runtime: Collection[Any] = self.database[PREFIX + "runtime"]
        self.positions: Collection[Any] = self.database[POSITIONS]
        self.holds: Collection[Any] = self.database[HOLDS]


def upsert(collection: Collection[Any], key: str, update: Mapping[str, Any] | list[dict[str, Any]]) -> dict[str, Any]:
    """Change the document `key` atomically, making it when there is none, and return it as it is then."""
    try:
        return _upsert(collection, key, update)
    except DuplicateKeyError:
        return _upsert(collection, key, update)  # another one made it in between: now it is there to be changed


def _upsert(collection: Collection[Any], key: str, update: Mapping[str, Any] | list[dict[str, Any]]) -> dict[str, Any]:
    found = collection.find_one_and_update({"_id": key}, update, upsert=True, return_document=ReturnDocument.AFTER)
    return dict(found or {})
