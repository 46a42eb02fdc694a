"""What only the real database can show: BSON types, indexes, and the two databases side by side."""

from collections.abc import Iterator

import pytest
from bson import encode
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from tests.parts.documents import BOT, at, created, updated
from tests.parts.mongo import Databases

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import NEXT, Scheduled
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.store import NO_MARKS, Marks
from the0_actors.adapters.mongo.schedules import MongoScheduleStore, schedule_settings
from the0_actors.adapters.mongo.slots import KEPT_SECONDS

pytestmark = pytest.mark.mongo

NOW = 1767270630.5
WEEK = 7 * 86400


@pytest.fixture
def store(databases: Databases) -> Iterator[MongoScheduleStore]:
    store = MongoScheduleStore(databases.settings(collection="bot_schedules"), lambda: NOW)
    store.installation("engine")
    yield store
    store.close()


def test_the_due_time_is_an_int64_as_the_platforms(databases: Databases, store: MongoScheduleStore) -> None:
    def kind() -> int:
        (raw,) = databases.database["bot_schedules"].find({"id": BOT}, {"_id": 0, NEXT: 1})
        return RawBSONDocument(encode(raw)).raw[4]

    store.apply(created(schedule="0 0 * * *"), at(1))
    assert kind() == 0x12
    found = store.read(BOT)
    assert isinstance(found, Scheduled)
    assert store.advance(BOT, found.basis, 1767398400)
    assert kind() == 0x12
    store.apply(updated(schedule="0 9 * * *"), at(2))
    assert kind() == 0x12


@pytest.mark.parametrize("stored", [Int64(1767312000), 1767312000.0])
def test_what_the_platforms_scheduler_wrote_is_read_and_written_on(
    databases: Databases, store: MongoScheduleStore, stored: object
) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    databases.database["bot_schedules"].update_one({"id": BOT}, {"$set": {NEXT: stored}})
    found = store.read(BOT)
    assert isinstance(found, Scheduled)
    assert found.next_due == 1767312000
    assert store.advance(BOT, found.basis, 1767398400)


def test_the_platforms_query_finds_what_is_due_and_never_what_is_parked(
    databases: Databases, store: MongoScheduleStore
) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    store.apply(created("parked", schedule="0 0 * * 7"), at(2))
    due = databases.database["bot_schedules"].find({NEXT: {"$lte": 1767312000}})
    assert [document["id"] for document in due] == [BOT]


def test_records_expire_and_open_claims_do_not(databases: Databases, store: MongoScheduleStore) -> None:
    slots = databases.database["the0_actors_slots"]
    (expiry,) = [index for index in slots.list_indexes() if "expireAfterSeconds" in index]
    assert (dict(expiry["key"]), expiry["expireAfterSeconds"]) == ({"settled_at": 1}, KEPT_SECONDS)
    assert KEPT_SECONDS > WEEK
    store.claim(BOT, 60, "me", NOW)
    store.passed(BOT, 120, 180, 2, Outcome.MISSED, "")
    assert [record["due"] for record in slots.find({"settled_at": {"$exists": True}})] == [120]
    store.settle(RunRecord(BOT, 60, Outcome.SUCCEEDED))
    assert slots.count_documents({"settled_at": {"$exists": True}}) == 2
    assert slots.count_documents({"open": True}) == 0


def test_the_platforms_names(databases: Databases) -> None:
    settings = schedule_settings(databases.settings())
    assert (settings.database, settings.collection) == ("bot_scheduler", "bot_schedules")


def test_p02_an_unreachable_database_is_no_answer(databases: Databases) -> None:
    store = MongoScheduleStore(databases.settings(uri="mongodb://127.0.0.1:1", deadline=0.3))
    for call in (
        lambda: store.read(BOT),
        lambda: store.claim(BOT, 60, "me", NOW),
        lambda: store.open_run(BOT),
        lambda: store.settle(RunRecord(BOT, 60, Outcome.LOST)),
        lambda: store.passed(BOT, 60, 60, 1, Outcome.MISSED, ""),
        lambda: store.runs(BOT, 1),
    ):
        with pytest.raises(Unavailable):
            call()
    store.close()


def test_containers_of_both_kinds_belong_to_one_installation(databases: Databases) -> None:
    bots = databases.settings()
    own = databases.settings(database=f"{databases.name}_schedules", collection="bot_schedules")
    store = MongoScheduleStore(own, lambda: NOW, owner=bots)
    installation = store.installation("engine")
    assert databases.store().installation("engine") == installation
    assert store.list().digests == {}
    databases.client.drop_database(f"{databases.name}_schedules")
    with pytest.raises(Unavailable):
        store.list()
    store.close()


def test_of_the_two_databases_each_may_be_lost_alone(databases: Databases) -> None:
    bots, name = databases.settings(), f"{databases.name}_schedules"

    def opened() -> MongoScheduleStore:
        return MongoScheduleStore(
            databases.settings(database=name, collection="bot_schedules"), lambda: NOW, owner=bots
        )

    store = opened()
    assert store.marks() == NO_MARKS
    made = store.installation("engine")
    own = store.marks().own
    assert own is not None
    assert store.marks() == Marks(made, own)
    store.claim(BOT, 1767270660, "me", NOW)
    databases.client.drop_database(databases.name)
    assert store.marks() == Marks(None, own), "that of the bots is lost"
    again = opened()
    assert again.adopt(made.id, "engine", "") == made
    assert [record.due for record in again.runs(BOT, 5)] == [1767270660], "that of the schedules is as it was"
    databases.client.drop_database(name)
    assert again.marks() == Marks(made, None), "that of the schedules is lost"
    third = opened()
    assert third.installation("engine") == made
    assert third.list().digests == {}
    for one in (store, again, third):
        one.close()
    databases.client.drop_database(name)
