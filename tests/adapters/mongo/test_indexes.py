"""Indexes are made once, and made unique as soon as it is possible."""

import pytest
from pymongo.errors import DuplicateKeyError
from tests.parts.documents import BOT, at, created, document
from tests.parts.mongo import Databases

from the0_actors.actors.domain.events import Applied

pytestmark = pytest.mark.mongo


def unique(databases: Databases) -> bool:
    return any(index.get("unique") for index in databases.database["bots"].list_indexes())


def names(databases: Databases) -> set[str]:
    return {index["name"] for index in databases.database["bots"].list_indexes()}


def test_p45_ids_are_unique_from_the_first_contact(databases: Databases) -> None:
    databases.store().installation("engine")
    databases.store().installation("engine")
    databases.database["bots"].insert_one(document())
    with pytest.raises(DuplicateKeyError):
        databases.database["bots"].insert_one(document())
    assert names(databases) == {"_id_", "the0_actors_id", "the0_actors_segment"}


def test_p45_duplicates_put_uniqueness_off_until_they_are_gone(databases: Databases) -> None:
    bots = databases.database["bots"]
    bots.insert_many([document(), document()])
    store = databases.store()
    store.installation("engine")
    assert store.list().duplicates == (BOT,)
    assert not unique(databases)
    assert "the0_actors_id_not_unique" in names(databases)
    bots.delete_one({"id": BOT})
    assert store.list().duplicates == ()
    assert unique(databases)
    assert "the0_actors_id_not_unique" not in names(databases)
    assert store.apply(created(), at(1)) is Applied.WRITTEN


def test_documents_without_id_put_it_off_too(databases: Databases) -> None:
    databases.database["bots"].insert_many([{"a": 1}, {"b": 1}])
    store = databases.store()
    store.installation("engine")
    assert len(store.list().quarantined) == 2
    assert not unique(databases)


def test_finished_tombstones_expire_long_after_the_platforms_stream(databases: Databases) -> None:
    databases.store().installation("engine")
    index = databases.database["the0_actors_positions"].index_information()["the0_actors_expiry"]
    assert index["key"] == [("buried_at", 1)]
    assert index["expireAfterSeconds"] == 90 * 24 * 3600
