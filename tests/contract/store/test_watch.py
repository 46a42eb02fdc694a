"""Promises about following changes."""

import threading
from collections.abc import Callable

import pytest
from tests.contract.store.conftest import Arena
from tests.parts.documents import BOT, at, created, deleted, document, updated
from tests.parts.waiting import until

from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.store import BotStore


class Told:
    """What a subscription said."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.ended: list[str] = []
        self.threads: set[int] = set()

    def follow(self, store: BotStore) -> Subscription:
        found = store.watch(self._change, self.ended.append)
        if found is None:
            pytest.skip("this server offers no change streams")
        return found

    def _change(self, bot_id: str) -> None:
        self.threads.add(threading.get_ident())
        self.changed.append(bot_id)


@pytest.fixture
def told() -> Told:
    return Told()


def test_none_exactly_where_the_server_offers_none(arena: Arena, store: BotStore, told: Told) -> None:
    found = store.watch(told.changed.append, told.ended.append)
    assert (found is not None) is arena.streams
    if found is not None:
        found.close()


def test_each_kind_of_change_is_told_on_another_thread(arena: Arena, store: BotStore, told: Told) -> None:
    subscription = told.follow(store)
    steps: list[Callable[[], object]] = [
        lambda: store.apply(created(), at(1)),
        lambda: store.apply(updated(x=1), at(2)),
        lambda: store.hold(BOT, "why"),
        lambda: store.unhold(BOT),
        lambda: arena.replace(BOT, document(x=2)),
        lambda: store.apply(deleted(), at(3)),
    ]
    for number, step in enumerate(steps):
        told.changed.clear()
        step()
        until(lambda: BOT in told.changed, f"step {number} is told")
    subscription.close()
    assert threading.get_ident() not in told.threads
    assert told.ended == []


def test_what_others_write_is_told_too(arena: Arena, store: BotStore, told: Told) -> None:
    subscription = told.follow(store)
    arena.insert(document("foreign"))
    until(lambda: "foreign" in told.changed, "the foreign document is told")
    subscription.close()


def test_nothing_is_told_after_close(arena: Arena, store: BotStore, told: Told) -> None:
    subscription = told.follow(store)
    other = told.follow(store)
    subscription.close()
    subscription.close()
    other.close()
    store.apply(created(), at(1))
    witness = Told()
    third = witness.follow(store)
    store.apply(updated(x=1), at(2))
    until(lambda: witness.changed, "the third subscription hears")
    third.close()
    assert told.changed == []
    assert told.ended == []


def test_a_callback_may_close_its_subscription(store: BotStore, told: Told) -> None:
    heard = threading.Event()
    box: list[Subscription] = []

    def change(bot_id: str) -> None:
        box[0].close()
        heard.set()

    found = store.watch(change, told.ended.append)
    if found is None:
        pytest.skip("this server offers no change streams")
    box.append(found)
    store.apply(created(), at(1))
    assert heard.wait(10)
    assert told.ended == []


def test_p06_losing_the_collection_ends_the_stream(arena: Arena, store: BotStore, told: Told) -> None:
    store.apply(created(), at(1))
    told.follow(store)
    arena.empty()
    until(lambda: told.ended, "the end is told")
    assert len(told.ended) == 1
