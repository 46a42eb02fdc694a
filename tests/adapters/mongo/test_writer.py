"""What events leave in the platform's own collections, and what a crash between two writes leaves."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from bson.int64 import Int64
from tests.parts.documents import BOT, at, created, deleted, updated
from tests.parts.mongo import Databases

from the0_actors.actors.domain.answers import Deleted, Wanted
from the0_actors.actors.domain.events import Applied
from the0_actors.actors.errors import MalformedDocument

pytestmark = pytest.mark.mongo

CHILD = """
import os, sys
from pymongo import monitoring
from tests.parts import documents
from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.store import MongoBotStore

uri, database, action, sequence, writes = sys.argv[1:]

class Killer(monitoring.CommandListener):
    left = int(writes)
    def started(self, event): pass
    def failed(self, event): pass
    def succeeded(self, event):
        if event.command_name in {"update", "delete", "findAndModify"}:
            self.left -= 1
            if self.left == 0:
                os._exit(9)

monitoring.register(Killer())
store = MongoBotStore(MongoSettings(uri, database=database))
store.apply(getattr(documents, action)(), documents.at(int(sequence)))
"""


def cut_off(databases: Databases, action: str, sequence: int, writes: int) -> bool:
    """Apply an event in a process that dies right after that many writes; False when it had fewer to do."""
    arguments = [databases.server.uri, databases.name, action, str(sequence), str(writes)]
    root = Path(__file__).parents[3]
    path = f"{root / 'lib'}:{root}"
    done = subprocess.run([sys.executable, "-c", CHILD, *arguments], env={"PYTHONPATH": path}, timeout=30, check=False)
    assert done.returncode in {0, 9}
    return done.returncode == 9


def partitions(databases: Databases) -> Mapping[int, int]:
    return {found["_id"]: found["bot_count"] for found in databases.database["partitions"].find({})}


def truth(databases: Databases) -> Mapping[int, int]:
    found = databases.database["bots"].aggregate([{"$group": {"_id": "$segment_id", "n": {"$sum": 1}}}])
    return {group["_id"]: group["n"] for group in found}


def test_sub_08_the_segment_counts_its_bot(databases: Databases) -> None:
    store = databases.store()
    store.apply(created(), at(1))
    assert partitions(databases) == {1: 1}
    assert databases.database["counters"].find_one({}) == {"_id": "partition_id", "seq": 1}


def test_segments_hold_a_hundred_and_are_filled_up_again(databases: Databases) -> None:
    store = databases.store()
    for number in range(101):
        store.apply(created(f"bot{number}"), None)
    assert partitions(databases) == {1: 100, 2: 1}
    store.apply(deleted("bot5"), None)
    assert partitions(databases) == {1: 99, 2: 1}
    store.apply(created("another"), None)
    assert partitions(databases) == truth(databases) == {1: 100, 2: 1}


def test_types_are_the_platforms(databases: Databases) -> None:
    store = databases.store()
    store.apply(created(amount=100, big=2**60, yes=True), at(2**40))
    (stored,) = databases.database["bots"].aggregate(
        [
            {
                "$project": {
                    "segment": {"$type": "$segment_id"},
                    "amount": {"$type": "$config.amount"},
                    "big": {"$type": "$config.big"},
                    "yes": {"$type": "$config.yes"},
                    "at": {"$type": "$custom.createdAt"},
                }
            }
        ]
    )
    del stored["_id"]
    assert stored == {"segment": "int", "amount": "double", "big": "double", "yes": "bool", "at": "string"}
    (position,) = databases.database["the0_actors_positions"].find({})
    assert isinstance(position["sequence"], Int64)


def test_an_unchanged_update_writes_nothing_to_the_document(databases: Databases) -> None:
    store = databases.store()
    store.apply(created(x=1), at(1))
    assert store.apply(updated(x=1), at(2)) is Applied.UNCHANGED
    assert store.apply(updated(x=1), at(1)) is Applied.STALE


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_p45_killed_between_two_writes_of_a_creation(databases: Databases, writes: int) -> None:
    assert cut_off(databases, "created", 1, writes)
    store = databases.store()
    store.installation("engine")
    assert store.apply(created(), at(1)) in {Applied.WRITTEN, Applied.UNCHANGED}
    assert isinstance(store.read(BOT), Wanted)
    assert databases.database["bots"].count_documents({"id": BOT}) == 1
    assert partitions(databases) == truth(databases)
    assert store.apply(created(), at(1)) is Applied.UNCHANGED


@pytest.mark.parametrize("writes", [1, 2, 3, 4, 5])
def test_p45_killed_between_two_writes_of_a_deletion(databases: Databases, writes: int) -> None:
    store = databases.store()
    store.installation("engine")
    store.apply(created("neighbour"), None)
    store.apply(created(), at(1))
    store.hold(BOT, "why")
    assert cut_off(databases, "deleted", 2, writes)
    assert store.read(BOT) == Deleted(buried=True)
    assert set(store.list().digests) == {"neighbour"}
    assert store.apply(deleted(), at(2)) is Applied.UNCHANGED
    assert partitions(databases) == truth(databases) == {1: 1}
    assert databases.database["bots"].count_documents({}) == 1
    assert databases.database["the0_actors_holds"].count_documents({}) == 0
    (tombstone,) = databases.database["the0_actors_positions"].find({"deleted": True})
    assert "segments" not in tombstone
    assert "buried_at" in tombstone


def test_a_document_that_the_database_was_told_to_refuse_is_malformed(databases: Databases) -> None:
    databases.database.create_collection("bots", validator={"config.name": "only this"})
    store = databases.store()
    with pytest.raises(MalformedDocument, match="WriteError"):
        store.apply(created(), at(1))
    assert databases.database["the0_actors_positions"].count_documents({}) == 0


def test_the_cut_has_no_more_writes_to_fall_between(databases: Databases) -> None:
    assert not cut_off(databases, "created", 1, 5)
    assert not cut_off(databases, "deleted", 2, 6)
