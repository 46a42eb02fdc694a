"""Promises about listing and reading: absent, malformed and unreachable are three answers."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.store.conftest import Arena
from tests.parts.documents import BOT, at, created, deleted, document, updated

from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed, Wanted
from the0_actors.actors.domain.documents import id_problem
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.store import BotStore


def test_a_document_is_read_as_it_stands(arena: Arena, store: BotStore) -> None:
    arena.insert(document(memory_limit="64Mi", cpu_limit="250m", stop_grace=5.0))
    config = '{"amount":100,"cpu_limit":"250m","memory_limit":"64Mi","name":"btc","stop_grace":5}'
    spec = LaunchSpec(
        BOT, Kind.REALTIME, "python3.11", "main.py", "user1/sma/1.2.0", "1.2.0", config, 64 * 2**20, 250, 5.0
    )
    assert store.read(BOT) == Wanted(spec)


def test_no_document_is_deleted(store: BotStore) -> None:
    assert store.read("nobody") == Deleted()
    assert store.list().digests == {}


def test_disabled_bots_are_listed_and_read_as_disabled(arena: Arena, store: BotStore) -> None:
    arena.insert(document(enabled=False))
    assert set(store.list().digests) == {BOT}
    assert store.read(BOT) == Disabled()


CALLS: dict[str, Callable[[BotStore], object]] = {
    "list": lambda store: store.list(),
    "read": lambda store: store.read(BOT),
    "read all": lambda store: store.read_all([BOT]),
    "installation": lambda store: store.installation("engine"),
    "apply": lambda store: store.apply(created(), None),
    "streams": lambda store: store.streams(),
    "buried": lambda store: store.buried(0.0),
    "forgotten": lambda store: store.forgotten(BOT),
    "hold": lambda store: store.hold(BOT, "why"),
    "unhold": lambda store: store.unhold(BOT),
    "lease": lambda store: store.lease("a", "host", 1),
    "release": lambda store: store.release("a"),
    "watch": lambda store: store.watch(print, print),
    "ping": lambda store: store.ping(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_p33_p56_unreachable_is_no_answer_at_all(arena: Arena, call: Callable[[BotStore], object]) -> None:
    with pytest.raises(Unavailable, match="mongodb is unavailable"):
        call(arena.unreachable())


def test_a_bot_keeps_its_name_when_it_is_not_to_run(arena: Arena, store: BotStore) -> None:
    arena.insert(document("wanted"))
    arena.insert(document("off", enabled=False))
    arena.insert(document("held"))
    store.hold("held", "by hand")
    answers = [store.read(bot_id) for bot_id in ("wanted", "off", "held")]
    assert [answer.spec.name if isinstance(answer, Wanted) else getattr(answer, "name", "") for answer in answers] == [
        "btc"
    ] * 3


def test_ping_answers(store: BotStore) -> None:
    store.ping()


def test_a_digest_changes_exactly_when_the_document_does(arena: Arena, store: BotStore) -> None:
    store.apply(created("a"), at(1))
    store.apply(created("b"), at(2))
    before = store.list().digests
    assert all(len(digest) == 16 for digest in before.values())
    assert store.list().digests == before
    store.apply(updated("a", x=1), at(3))
    after = store.list().digests
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_p55_one_poisoned_document_among_good_ones_stops_nobody(arena: Arena, store: BotStore) -> None:
    for number in range(20):
        arena.insert(document(f"good{number}"))
    arena.insert({"id": "bad", "config": "text", "custom": {"createdAt": 5}})
    arena.insert({"id": 42, "config": {}})
    arena.insert({"nothing": True})
    listing = store.list()
    assert set(listing.digests) == {"bad", *(f"good{number}" for number in range(20))}
    assert sorted(listing.quarantined.values()) == ["id is missing", "id is not a text"]
    assert isinstance(store.read("bad"), Malformed)
    assert isinstance(store.read("good7"), Wanted)


@pytest.mark.parametrize("bot_id", ["", "x" * 257, "a\nb", "\x7f"])
def test_p54_unusable_ids_are_quarantined(arena: Arena, store: BotStore, bot_id: str) -> None:
    arena.insert(document(bot_id))
    listing = store.list()
    assert listing.digests == {}
    assert len(listing.quarantined) == 1


def test_p54_ids_survive_every_boundary(arena: Arena, store: BotStore) -> None:
    numbers = itertools.count()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(max_size=240).filter(lambda text: not text or id_problem(text) is None))
    def survives(text: str) -> None:
        bot_id = f"{text}{next(numbers)}"  # an id is never used again
        store.apply(created(bot_id), None)
        answer = store.read(bot_id)
        assert isinstance(answer, Wanted)
        assert answer.spec.bot_id == bot_id
        assert bot_id in store.list().digests
        store.hold(bot_id, "why")
        assert store.read(bot_id) == Held("why")
        store.apply(deleted(bot_id), None)
        assert store.read(bot_id) == Deleted(buried=True)

    survives()


def with_duplicates(arena: Arena) -> BotStore:
    """Open a store on a database in which the Go runtime left some."""
    for version in ("1", "2", "3"):
        arena.insert(document(BOT, version=version))
    arena.insert(document("single"))
    store = arena.open()
    store.installation("engine-1")
    return store


def test_the_newest_of_duplicates_counts_and_all_are_named(arena: Arena) -> None:
    store = with_duplicates(arena)
    listing = store.list()
    assert listing.duplicates == (BOT,)
    assert set(listing.digests) == {BOT, "single"}
    answer = store.read(BOT)
    assert isinstance(answer, Wanted)
    assert '"version":"3"' in answer.spec.config_json


def test_an_event_changes_the_newest_of_duplicates_and_deletes_them_all(arena: Arena) -> None:
    store = with_duplicates(arena)
    store.apply(updated(BOT, version="4"), at(1))
    answer = store.read(BOT)
    assert isinstance(answer, Wanted)
    assert '"version":"4"' in answer.spec.config_json
    store.apply(deleted(), at(2))
    assert arena.documents(BOT) == []
    assert store.list().duplicates == ()


def test_a_hold_stops_a_bot_until_it_is_undone(arena: Arena, store: BotStore) -> None:
    store.apply(created(), at(1))
    before = store.list().digests[BOT]
    store.hold(BOT, "by ops")
    assert store.read(BOT) == Held("by ops")
    assert store.list().digests[BOT] != before
    store.hold(BOT, "by ops, again")
    assert arena.open().read(BOT) == Held("by ops, again")
    store.unhold(BOT)
    store.unhold(BOT)
    assert isinstance(store.read(BOT), Wanted)
    assert store.list().digests[BOT] == before


def test_a_hold_outlives_updates_but_not_the_bot(store: BotStore) -> None:
    store.apply(created(), at(1))
    store.hold(BOT, "by ops")
    store.apply(updated(x=1), at(2))
    assert store.read(BOT) == Held("by ops")
    store.apply(deleted(), at(3))
    assert store.read(BOT) == Deleted(buried=True)


def test_a_document_left_over_under_a_tombstone_is_deleted(arena: Arena, store: BotStore) -> None:
    store.apply(created(), at(1))
    store.apply(deleted(), at(2))
    arena.insert(document())
    assert store.read(BOT) == Deleted(buried=True)
    assert BOT not in store.list().digests
