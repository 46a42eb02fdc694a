"""Promises about many events at once: each ends as if it had been applied alone, and the calls are few."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from pymongo import monitoring
from tests.contract.store.conftest import Arena
from tests.parts.documents import at, created, custom, deleted, updated
from tests.parts.mongo import Databases, Mongo

from the0_actors.actors.domain.answers import Deleted
from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.ports.store import BotStore

Told = tuple[Action, int, dict[str, Any], int | None]
"""What happens, to which bot, its config, and its sequence in the stream."""


def names(count: int, first: str = "bot") -> list[str]:
    return [f"{first}{n:04}" for n in range(count)]


def made(bot_id: str, **config: Any) -> BotEvent:
    return BotEvent(Action.CREATED, bot_id, config, custom())


def test_each_of_many_is_written_and_heard_again_is_unchanged(arena: Arena, store: BotStore) -> None:
    events = [(made(bot, n=n), at(n + 1)) for n, bot in enumerate(names(250))]
    assert set(store.apply_all(events)) == {Applied.WRITTEN}
    assert set(store.apply_all(events)) == {Applied.UNCHANGED}
    assert len(store.list().digests) == 250
    for bot in names(250)[::50]:
        (stored,) = arena.documents(bot)
        assert set(stored) - {"_id"} == {"id", "segment_id", "config", "custom"}
        assert 1 <= stored["segment_id"] <= 3


def test_segments_are_filled_and_counted_as_one_by_one(arena: Arena, store: BotStore) -> None:
    store.apply_all([(made(bot), at(n + 1)) for n, bot in enumerate(names(130))])
    held = [arena.documents(bot)[0]["segment_id"] for bot in names(130)]
    assert sorted(held.count(segment) for segment in set(held)) == [30, 100]
    store.apply_all([(deleted(bot), at(200 + n)) for n, bot in enumerate(names(50))])
    store.apply_all([(made(bot), at(300 + n)) for n, bot in enumerate(names(60, "later"))])
    assert {arena.documents(bot)[0]["segment_id"] for bot in names(60, "later")} <= {1, 2}


def test_the_outcomes_are_in_the_order_of_the_events_and_no_bad_one_fails_the_others(store: BotStore) -> None:
    store.apply(deleted("gone"), at(1))
    store.apply(created("old", v=1), at(2))
    outcomes = store.apply_all(
        [
            (made("gone"), at(3)),
            (BotEvent(Action.CREATED, "bad", {}, None), at(4)),
            (made("new"), at(5)),
            (updated("old", v=2), at(1)),
            (deleted("never"), at(6)),
            (made("x" * 300), at(7)),
            (made("core"), None),
        ]
    )
    assert [type(one) if isinstance(one, Exception) else one for one in outcomes] == [
        Applied.BURIED,
        MalformedDocument,
        Applied.WRITTEN,
        Applied.STALE,
        Applied.WRITTEN,
        MalformedDocument,
        Applied.WRITTEN,
    ]
    assert sorted(store.list().digests) == ["core", "new", "old"]
    assert store.read("never") == Deleted(buried=True)


def test_none_is_fine(store: BotStore) -> None:
    assert list(store.apply_all([])) == []


def event(bots: Sequence[str], told: Told) -> tuple[BotEvent, Position | None]:
    action, number, config, place = told
    return BotEvent(action, bots[number], config, custom()), None if place is None else at(place)


@pytest.mark.parametrize("seed", range(4))
def test_together_or_alone_the_database_is_the_same_in_the_end(arena: Arena, store: BotStore, seed: int) -> None:
    """Rounds of events of different bots, some of them heard again or late, some over core NATS."""
    chance, alone, together = random.Random(seed), names(12, "alone"), names(12, "together")
    actions = [Action.CREATED, Action.UPDATED, Action.UPDATED, Action.UPDATED, Action.DELETED]
    for turn in range(1, 9):
        round_: list[Told] = []
        for number in chance.sample(range(12), 9):
            place = chance.choice([turn * 20 + number, max(turn - 2, 1) * 20 + number, None])
            config = {"v": chance.choice([1.0, 2.0]), "enabled": chance.random() < 0.8}
            round_.append((chance.choice(actions), number, config, place))
        singly = [store.apply(*event(alone, told)) for told in round_]
        assert list(store.apply_all([event(together, told) for told in round_])) == singly
    for one, other in zip(alone, together, strict=True):
        assert type(store.read(one)) is type(store.read(other))
        mine, theirs = ([(d["config"], d["custom"]) for d in arena.documents(bot)] for bot in (one, other))
        assert mine == theirs


class Calls(monitoring.CommandListener):
    """Counts the commands that a client sends."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name not in {"hello", "ismaster", "endSessions"}:
            self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Not counted."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Not counted."""


@pytest.mark.mongo
def test_a_hundred_events_cost_a_handful_of_calls(mongo: Mongo) -> None:
    databases, calls = Databases(mongo), Calls()
    monitoring.register(calls)  # for clients that are made from now on
    store = databases.store()
    try:
        store.installation("engine-1")
        store.apply_all([(made(bot), at(n + 1)) for n, bot in enumerate(names(100))])
        calls.names.clear()
        store.apply_all([(updated(bot, v=1), at(1000 + n)) for n, bot in enumerate(names(100))])
        assert len(calls.names) <= 5, calls.names  # records with the marker, documents, documents, records, marker
        calls.names.clear()
        store.apply_all([(updated(bot, v=1), at(2000 + n)) for n, bot in enumerate(names(100))])
        assert len(calls.names) <= 4, calls.names  # nothing to write but how far it was heard
        calls.names.clear()
        store.apply_all([(deleted(bot), at(3000 + n)) for n, bot in enumerate(names(100))])
        assert len(calls.names) <= 9, calls.names
    finally:
        databases.close()
