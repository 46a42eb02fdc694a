"""Promises about events: idempotent, ordered per bot, and a deletion is final."""

import itertools
import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.contract.store.conftest import Arena
from tests.parts.documents import BOT, STREAM, at, created, custom, deleted, document, updated

from the0_actors.actors.domain.answers import Deleted, Disabled, Wanted
from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.ports.store import BotStore


def together(stores: list[BotStore], event: BotEvent) -> None:
    """Apply one event through all of them at once."""
    with ThreadPoolExecutor(len(stores)) as pool:
        for done in [pool.submit(store.apply, event, None) for store in stores]:
            done.result()


def config(store: BotStore, bot_id: str = BOT) -> dict[str, object]:
    answer = store.read(bot_id)
    assert isinstance(answer, Wanted)
    found: dict[str, object] = json.loads(answer.spec.config_json)
    return found


def test_sub_08_a_created_event_makes_one_document_with_the_platforms_fields(arena: Arena, store: BotStore) -> None:
    assert store.apply(created(amount=100), at(1)) is Applied.WRITTEN
    (stored,) = arena.documents(BOT)
    assert set(stored) - {"_id"} == {"id", "segment_id", "config", "custom"}
    assert isinstance(stored["config"]["amount"], float)
    assert stored["segment_id"] == 1
    assert stored["custom"] == custom()


def test_sub_13_deleting_an_unknown_bot_leaves_nothing(arena: Arena, store: BotStore) -> None:
    assert store.apply(deleted("nobody"), at(1)) is Applied.WRITTEN
    assert arena.documents("nobody") == []
    assert store.list().digests == {}


def test_an_update_of_an_unknown_bot_makes_it(store: BotStore) -> None:
    assert store.apply(updated(x=1), at(1)) is Applied.WRITTEN
    assert config(store)["x"] == 1


@pytest.mark.parametrize("positioned", [True, False])
def test_p45_everything_heard_twice_is_unchanged(store: BotStore, *, positioned: bool) -> None:
    events = [created(), updated(x=1), deleted()]
    for sequence, event in enumerate(events, 1):
        position = at(sequence) if positioned else None
        assert store.apply(event, position) is Applied.WRITTEN
        assert store.apply(event, position) is Applied.UNCHANGED
    assert store.read(BOT) == Deleted(buried=True)


def test_heard_over_core_first_and_from_the_stream_after_is_unchanged(store: BotStore) -> None:
    assert store.apply(created(x=1), None) is Applied.WRITTEN
    assert store.apply(created(x=1), at(1)) is Applied.UNCHANGED
    assert store.apply(updated(x=2), None) is Applied.WRITTEN
    assert store.apply(updated(x=2), at(2)) is Applied.UNCHANGED
    assert store.apply(deleted(), None) is Applied.WRITTEN
    assert store.apply(deleted(), at(3)) is Applied.UNCHANGED


def test_created_again_at_a_later_position_counts(store: BotStore) -> None:
    store.apply(created(x=1), at(1))
    assert store.apply(created(x=2), at(2)) is Applied.WRITTEN
    assert config(store)["x"] == 2


def test_an_older_event_is_stale(store: BotStore) -> None:
    store.apply(updated(x=5), at(5))
    assert store.apply(updated(x=4), at(4)) is Applied.STALE
    assert store.apply(created(), at(1)) is Applied.STALE
    assert config(store)["x"] == 5


def test_a_recreated_stream_begins_anew(store: BotStore) -> None:
    store.apply(updated(x=1), at(900))
    assert store.apply(updated(x=2), at(3, stream="THE0_EVENTS 2026-02-02T00:00:00Z")) is Applied.WRITTEN
    assert config(store)["x"] == 2


def test_a_stream_that_went_back_goes_on_and_what_it_held_before_stays_stale(store: BotStore) -> None:
    store.apply(updated(x=1), at(9))
    assert store.apply(updated(x=2), at(5, stream=f"{STREAM}~1.5")) is Applied.WRITTEN
    assert store.apply(updated(x=1), at(10)) is Applied.STALE
    assert config(store)["x"] == 2


def test_the_store_tells_how_far_each_stream_was_written(store: BotStore) -> None:
    assert store.streams() == {}
    store.apply(created("a"), at(3))
    store.apply(deleted("b"), at(7))
    store.apply(updated("c", x=1), at(2, stream="another"))
    store.apply(deleted("d"), None)
    assert store.streams() == {STREAM: 7, "another": 2}


def test_the_buried_are_told_from_an_age_on_until_they_are_forgotten(arena: Arena, store: BotStore) -> None:
    for bot_id in ("a", "b", "is-back"):
        store.apply(created(bot_id), at(1))
    assert store.buried(0.0) == ()
    for bot_id in ("b", "a", "is-back"):
        store.apply(deleted(bot_id), None)
    arena.insert(document("is-back"))
    assert store.buried(60.0) == ()
    assert set(store.buried(0.0)) == {"a", "b"}
    store.forgotten("a")
    store.forgotten("nobody")
    assert store.buried(0.0) == ("b",)
    assert store.apply(created("a"), at(2)) is Applied.BURIED, "its tombstone stays"
    assert store.apply(created("nobody"), at(3)) is Applied.WRITTEN


@pytest.mark.parametrize("positioned", [True, False])
def test_p10_every_order_of_three_events_ends_deleted(arena: Arena, store: BotStore, *, positioned: bool) -> None:
    for number, order in enumerate(itertools.permutations([1, 2, 3])):
        bot_id = f"bot{number}"
        events = {1: created(bot_id), 2: updated(bot_id, x=1), 3: deleted(bot_id)}
        for sequence in order:
            store.apply(events[sequence], at(sequence) if positioned else None)
        assert store.read(bot_id) == Deleted(buried=True)
        assert arena.documents(bot_id) == []
    assert store.list().digests == {}


@pytest.mark.parametrize("positioned", [True, False])
def test_p10_an_update_that_overtakes_its_creation_stands(store: BotStore, *, positioned: bool) -> None:
    store.apply(updated(x=1), at(2) if positioned else None)
    store.apply(created(), at(1) if positioned else None)
    assert config(store)["x"] == 1


def test_p10_a_deleted_id_is_buried_for_good(store: BotStore) -> None:
    store.apply(deleted(), at(7))
    assert store.apply(created(), at(8)) is Applied.BURIED
    assert store.apply(updated(), None) is Applied.BURIED
    assert store.apply(created(), at(1, stream="another")) is Applied.BURIED
    assert store.read(BOT) == Deleted(buried=True)


def test_an_update_keeps_the_segment_and_what_others_wrote_beside(arena: Arena, store: BotStore) -> None:
    store.apply(created(), at(1))
    (stored,) = arena.documents(BOT)
    arena.replace(BOT, {**stored, "enabled": False})
    store.apply(updated(x=1), at(2))
    (after,) = arena.documents(BOT)
    assert (after["segment_id"], after["enabled"]) == (stored["segment_id"], False)


@pytest.mark.parametrize(
    "event",
    [
        BotEvent(Action.CREATED, "", {}, custom()),
        BotEvent(Action.CREATED, "a\0b", {}, custom()),
        BotEvent(Action.UPDATED, BOT, {}, None),
        BotEvent(Action.UPDATED, BOT, {"a\0b": 1}, custom()),
        BotEvent(Action.UPDATED, BOT, {"huge": 10**400}, custom()),
        BotEvent(Action.UPDATED, BOT, {"huge": "x" * 17_000_000}, custom()),
    ],
    ids=["empty id", "control in id", "no custom", "nul in a name", "huge number", "huge text"],
)
def test_what_can_never_be_stored_is_malformed_and_changes_nothing(store: BotStore, event: BotEvent) -> None:
    with pytest.raises(MalformedDocument):
        store.apply(event, at(1))
    assert store.list().digests == {}


def test_odd_member_names_of_a_config_are_kept(store: BotStore) -> None:
    odd: dict[str, Any] = {"$set": 1, "a.b": {"$x": [1]}, "": 0}
    store.apply(BotEvent(Action.CREATED, BOT, odd, custom()), at(1))
    assert config(store) == odd


def test_many_threads_write_and_the_last_position_stands(store: BotStore) -> None:
    bots = [f"bot{number}" for number in range(6)]
    work: list[tuple[BotEvent, Position]] = [
        (updated(bot_id, x=sequence), at(sequence)) for bot_id in bots for sequence in range(1, 11)
    ]
    random.Random(3).shuffle(work)
    with ThreadPoolExecutor(8) as pool:
        outcomes = [pool.submit(store.apply, event, position) for event, position in work]
    assert {outcome.result() for outcome in outcomes} <= {Applied.WRITTEN, Applied.STALE}
    assert {bot_id: config(store, bot_id)["x"] for bot_id in bots} == dict.fromkeys(bots, 10)
    assert set(store.list().digests) == set(bots)


def test_two_processes_that_create_one_bot_make_one_document(arena: Arena, store: BotStore) -> None:
    stores = [arena.open() for _ in range(6)]
    together(stores, created())
    assert len(arena.documents(BOT)) == 1


@pytest.mark.parametrize("positioned", [True, False])
def test_a_bot_that_an_event_switched_off_is_told_from_one_that_somebody_switched_off(
    arena: Arena, store: BotStore, *, positioned: bool
) -> None:
    positions = itertools.count(1)

    def apply(event: BotEvent) -> Applied:
        return store.apply(event, at(next(positions)) if positioned else None)

    def announced() -> bool:
        answer = store.read(BOT)
        assert isinstance(answer, Disabled)
        return answer.announced

    apply(created(enabled=False))
    assert announced()
    apply(updated(enabled=True))
    assert isinstance(store.read(BOT), Wanted)
    (stored,) = arena.documents(BOT)
    arena.replace(BOT, {**stored, "enabled": False})
    assert not announced()
    arena.replace(BOT, {**stored, "config": {**stored["config"], "enabled": False}})
    assert not announced()
    apply(updated(enabled=False, more=1))
    assert announced()
    assert arena.open().read(BOT) == Disabled()
