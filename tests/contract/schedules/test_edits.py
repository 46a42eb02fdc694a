"""Promises about documents: events write the due time, an edit and a run's end never overwrite each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.contract.schedules.conftest import Arena
from tests.parts.documents import BOT, at, created, custom, deleted, updated

from the0_actors.actors.domain.answers import Deleted, Disabled, Held, Malformed
from the0_actors.actors.domain.events import Action, Applied, BotEvent
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.schedules import DEFAULT_TIMEOUT, NEXT, Scheduled
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.ports.schedules import ScheduleStore

MIDNIGHT = 1767312000
"""2026-01-02T00:00:00Z: what `0 0 * * *` is due at after the arena's clock."""
NOON = MIDNIGHT + 12 * 3600


def scheduled(store: ScheduleStore, bot_id: str = BOT) -> Scheduled:
    found = store.read(bot_id)
    assert isinstance(found, Scheduled)
    return found


def test_sbs_10_a_created_event_stores_the_document_and_when_it_is_due(arena: Arena, store: ScheduleStore) -> None:
    assert store.apply(created(schedule="0 0 * * *"), at(1)) is Applied.WRITTEN
    stored = arena.stored(BOT)
    assert set(stored) == {"id", "segment_id", "config", "custom", NEXT}
    assert stored[NEXT] == MIDNIGHT
    assert stored["custom"]["createdAt"] == "2026-01-02T10:00:00Z"
    found = scheduled(store)
    assert (found.next_due, found.timeout, found.spec.kind) == (MIDNIGHT, DEFAULT_TIMEOUT, Kind.SCHEDULED)


def test_sbs_11_a_created_event_twice_is_one_document(arena: Arena, store: ScheduleStore) -> None:
    assert store.apply(created(schedule="0 0 * * *"), at(1)) is Applied.WRITTEN
    assert store.apply(created(schedule="0 0 * * *"), at(1)) is Applied.UNCHANGED
    assert store.apply(created(schedule="0 9 * * *"), None) is Applied.UNCHANGED
    assert arena.stored(BOT)[NEXT] == MIDNIGHT


def test_sbs_14_and_15_a_deleted_event_is_final_also_for_an_unknown_one(store: ScheduleStore) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    assert store.apply(deleted(), at(2)) is Applied.WRITTEN
    assert store.apply(created(schedule="0 0 * * *"), at(3)) is Applied.BURIED
    assert store.read(BOT) == Deleted(buried=True)
    store.apply(deleted("nobody"), at(4))
    assert store.list().digests == {}


def test_many_schedules_are_read_at_once_each_as_if_alone(store: ScheduleStore) -> None:
    for number, bot_id in enumerate(("due", "off", "bad", "gone", "held"), 1):
        plan = {"schedule": "never" if bot_id == "bad" else "0 0 * * *", "enabled": bot_id != "off"}
        store.apply(created(bot_id, **plan), at(number))
    store.apply(deleted("gone"), at(9))
    store.hold("held", "by hand")
    bots = ["due", "off", "bad", "gone", "held", "nobody"]
    answers = store.read_all(bots)
    assert [type(answers[bot_id]) for bot_id in bots] == [Scheduled, Disabled, Malformed, Deleted, Held, Deleted]
    assert answers == {bot_id: store.read(bot_id) for bot_id in bots}


def test_p10_an_older_event_is_stale(store: ScheduleStore) -> None:
    store.apply(updated(schedule="0 0 * * *"), at(5))
    assert store.apply(updated(schedule="0 9 * * *"), at(4)) is Applied.STALE
    assert scheduled(store).next_due == MIDNIGHT


def test_an_edit_of_the_expression_or_the_zone_moves_the_due_time_and_nothing_else_does(
    arena: Arena, store: ScheduleStore
) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    arena.now += 3 * 86400
    store.apply(updated(schedule="0 0 * * *", symbol="ETH"), at(2))
    assert scheduled(store).next_due == MIDNIGHT
    store.apply(updated(schedule="0 0 * * *", timezone="Asia/Tokyo"), at(3))
    assert scheduled(store).next_due == MIDNIGHT + 3 * 86400 - 9 * 3600
    store.apply(updated(schedule="0 12 * * *", timezone="UTC"), at(4))
    assert scheduled(store).next_due == NOON + 3 * 86400


def test_switching_on_again_does_not_make_it_due_for_the_time_that_it_was_off(
    arena: Arena, store: ScheduleStore
) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    store.apply(updated(schedule="0 0 * * *", enabled=False), at(2))
    assert store.read(BOT) == Disabled()
    arena.now += 3 * 86400
    store.apply(updated(schedule="0 0 * * *", enabled=True), at(3))
    assert scheduled(store).next_due == MIDNIGHT + 3 * 86400


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "config.schedule is missing"),
        ({"schedule": 7}, "config.schedule is not a text"),
        ({"schedule": "0 0 * * 7"}, "write 0 or SUN"),
        ({"schedule": "0 0 30 2 *"}, "never comes"),
        ({"schedule": "0 9 * * *", "timezone": "Mars/X"}, "zone 'Mars/X' is not known"),
        ({"schedule": "0 9 * * *", "timezone": 5}, "config.timezone is not a text"),
        ({"schedule": "0 9 * * *", "timeout": -5}, "config.timeout is -5 seconds"),
        ({"schedule": "0 9 * * *", "timeout": "soon"}, "config.timeout: 'soon' is not a duration"),
        ({"schedule": "0 9 * * *", "timeout": [1]}, "config.timeout is neither"),
    ],
)
def test_p19_a_schedule_that_makes_no_sense_is_parked_with_its_reason(
    arena: Arena, store: ScheduleStore, config: dict[str, Any], reason: str
) -> None:
    store.apply(created("other", schedule="0 0 * * *"), at(1))
    store.apply(created(**config), at(2))
    found = store.read(BOT)
    assert isinstance(found, Malformed)
    assert reason in found.reason
    assert scheduled(store, "other").next_due == MIDNIGHT
    # Without a time the platform's scheduler never takes it for due.
    assert (NEXT in arena.stored(BOT)) == ("timeout" in config)


def test_p19_an_edit_that_makes_no_sense_takes_the_due_time_away(arena: Arena, store: ScheduleStore) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    store.apply(updated(schedule="nonsense"), at(2))
    assert NEXT not in arena.stored(BOT)
    store.apply(updated(schedule="0 12 * * *"), at(3))
    assert scheduled(store).next_due == NOON


def test_a_date_that_is_none_drops_the_message(store: ScheduleStore) -> None:
    bad = BotEvent(Action.CREATED, BOT, {"schedule": "0 0 * * *"}, {**custom(), "createdAt": "yesterday"})
    with pytest.raises(MalformedDocument, match=r"custom\.createdAt"):
        store.apply(bad, at(1))
    assert store.list().digests == {}


@pytest.mark.parametrize("stored", [None, "soon", -62135596800, 0, True])
def test_p19_a_stored_time_that_is_none_is_not_due_and_the_next_event_mends_it(
    arena: Arena, store: ScheduleStore, stored: Any
) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    arena.put({**arena.stored(BOT), NEXT: stored})
    assert scheduled(store).next_due is None
    store.apply(updated(schedule="0 0 * * *"), at(2))
    assert scheduled(store).next_due == MIDNIGHT


def test_an_advance_is_written_only_while_all_that_it_came_from_stands(arena: Arena, store: ScheduleStore) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    basis = scheduled(store).basis
    assert store.advance(BOT, basis, MIDNIGHT + 86400)
    assert store.advance(BOT, basis, MIDNIGHT + 86400), "told twice"
    assert not store.advance(BOT, basis, MIDNIGHT + 5)
    assert arena.stored(BOT)[NEXT] == MIDNIGHT + 86400
    basis = scheduled(store).basis
    store.apply(updated(schedule="0 12 * * *"), at(2))
    assert not store.advance(BOT, basis, MIDNIGHT + 2 * 86400)
    assert scheduled(store).next_due == NOON
    assert not store.advance("nobody", basis, 1)
    assert not store.advance(BOT, replace(basis, timezone="UTC"), 1)


def test_an_edit_and_an_end_at_once_leave_the_edits_time(arena: Arena, store: ScheduleStore) -> None:
    store.apply(created(schedule="0 0 * * *"), at(1))
    for round_, expression in enumerate(("0 12 * * *", "0 0 * * *", "0 12 * * *", "0 0 * * *"), 2):
        basis = scheduled(store).basis
        with ThreadPoolExecutor(2) as pool:
            edit = pool.submit(store.apply, updated(schedule=expression), at(round_))
            pool.submit(store.advance, BOT, basis, MIDNIGHT + round_ * 86400).result()
            edit.result()
        assert arena.stored(BOT)[NEXT] == (NOON if "12" in expression else MIDNIGHT)


def test_disabled_wins_over_malformed_and_a_hold_over_both(store: ScheduleStore) -> None:
    store.apply(created(schedule="nonsense", enabled=False), at(1))
    assert store.read(BOT) == Disabled()
    store.hold(BOT, "by hand")
    assert store.read(BOT) == Held("by hand")
    store.unhold(BOT)
    assert store.read(BOT) == Disabled()


def test_a_schedule_that_an_event_switched_off_is_told_from_one_that_somebody_switched_off(
    arena: Arena, store: ScheduleStore
) -> None:
    def announced() -> bool:
        answer = store.read(BOT)
        assert isinstance(answer, Disabled)
        return answer.announced

    store.apply(created(schedule="0 0 * * *"), at(1))
    stored = dict(arena.stored(BOT))
    arena.put({**stored, "config": {**stored["config"], "enabled": False}})
    assert not announced()
    store.apply(updated(schedule="0 0 * * *", enabled=False), at(2))
    assert announced()
    store.apply(updated(schedule="0 0 * * *"), None)
    assert isinstance(store.read(BOT), Scheduled)
