"""Promises about reading many documents at once: each answer is as if it had been read alone, and the calls are few."""

from collections.abc import Iterator

import pytest
from pymongo import monitoring
from tests.contract.store.conftest import Arena
from tests.contract.store.test_bulk import Calls, made, names
from tests.contract.store.test_emptied import ARENAS as LOSABLE
from tests.contract.store.test_emptied import Arena as Losable
from tests.parts.documents import at, created, deleted, document, updated
from tests.parts.mongo import Databases, Mongo

from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed, Wanted
from the0_actors.actors.ports.store import BotStore

KINDS = {
    "wanted": Wanted,
    "off": Disabled,
    "nobody": Deleted,
    "buried": Deleted,
    "held": Held,
    "broken": Malformed,
    "twice": Wanted,
}


def fill(arena: Arena, store: BotStore) -> None:
    for bot_id in ("wanted", "held"):
        arena.insert(document(bot_id))
    arena.insert(document("off", enabled=False))
    arena.insert({"id": "broken", "config": "text", "custom": {"createdAt": 5}})
    arena.insert({"id": ["wanted"], "config": {}})
    arena.insert({"config": {}})
    for version in ("1", "2", "3"):
        arena.insert(document("twice", version=version))
    store.apply(created("buried"), at(1))
    store.apply(deleted("buried"), at(2))
    arena.insert(document("buried"))
    store.apply(updated("off", enabled=False), at(3))
    store.hold("held", "by hand")
    store.hold("nobody", "by hand")


@pytest.fixture
def mixed(arena: Arena) -> BotStore:
    """One of each, before there is an index that refuses duplicates."""
    for version in ("1", "2"):
        arena.insert(document("twice", version=version))
    store = arena.open()
    store.installation("engine-1")
    fill(arena, store)
    return store


def test_many_are_answered_as_each_alone(mixed: BotStore) -> None:
    answers = mixed.read_all(list(KINDS))
    assert {bot_id: type(answer) for bot_id, answer in answers.items()} == KINDS
    assert answers == {bot_id: mixed.read(bot_id) for bot_id in KINDS}
    assert answers["buried"] == Deleted(buried=True)
    assert isinstance(answers["off"], Disabled)
    assert answers["off"].announced
    assert isinstance(answers["twice"], Wanted)
    assert '"version":"3"' in answers["twice"].spec.config_json


def test_a_good_part_of_all_and_a_few_of_many_are_answered_alike(arena: Arena, mixed: BotStore) -> None:
    """All are passed over for the one, and each is asked for by its id for the other."""
    crowd = names(1000)
    mixed.apply_all([(made(bot, n=n), at(100 + n)) for n, bot in enumerate(crowd)])
    alone = {bot_id: mixed.read(bot_id) for bot_id in (*KINDS, *crowd[:150:30])}
    for listed in (False, True):  # the store learns from a listing how many there are
        if listed:
            mixed.list()
        answers = mixed.read_all([*KINDS, *crowd[:110]])
        assert len(answers) == len(KINDS) + 110
        assert {bot_id: answers[bot_id] for bot_id in alone.keys() & answers.keys()} == {
            bot_id: answer for bot_id, answer in alone.items() if bot_id in answers
        }
        assert {type(answers[bot_id]) for bot_id in crowd[:110]} == {Wanted}


def test_of_none_nothing_is_asked(arena: Arena) -> None:
    assert dict(arena.unreachable().read_all([])) == {}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.mongo if "mongo" in name else ()) for name in LOSABLE])
def losable(request: pytest.FixtureRequest) -> Iterator[Losable]:
    """The fake too."""
    arena = LOSABLE[request.param](request)
    yield arena
    arena.close()


def test_what_events_left_is_read_for_many_as_for_one(losable: Losable) -> None:
    store = losable.open()
    store.installation("engine-1")
    store.apply(created("on"), at(1))
    store.apply(created("off", enabled=False), at(2))
    store.apply(created("gone"), at(3))
    store.apply(deleted("gone"), at(4))
    store.apply(created("held"), at(5))
    store.hold("held", "by hand")
    bots = ["on", "off", "gone", "held", "nobody"]
    answers = store.read_all(bots)
    assert [type(answers[bot_id]) for bot_id in bots] == [Wanted, Disabled, Deleted, Held, Deleted]
    assert answers == {bot_id: store.read(bot_id) for bot_id in bots}


@pytest.mark.mongo
def test_a_read_is_two_calls_and_a_thousand_are_a_handful(mongo: Mongo) -> None:
    databases, calls = Databases(mongo), Calls()
    monitoring.register(calls)  # for clients that are made from now on
    store = databases.store()
    try:
        store.installation("engine-1")
        databases.database["bots"].insert_many([document(bot) for bot in names(1000)])
        for count, most in ((1, 2), (100, 2), (1000, 4)):
            calls.names.clear()
            assert {type(answer) for answer in store.read_all(names(count)).values()} == {Wanted}
            assert len(calls.names) <= most, calls.names
        store.list()
        calls.names.clear()
        assert len(store.read_all(names(110))) == 110
        assert len(calls.names) <= 4, calls.names  # two pieces
        calls.names.clear()
        store.list()
        assert len(calls.names) <= 5, calls.names  # marker, documents and more of them, all else with the marker
    finally:
        databases.close()
