"""Promises about slots: claimed once, settled once, and each in one record."""

from concurrent.futures import ThreadPoolExecutor

from tests.contract.schedules.conftest import NOW, Arena
from tests.parts.documents import BOT

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.ports.schedules import ScheduleStore

DUE = 1767270660
HOUR = 3600


def test_p09_a_slot_is_claimed_once(arena: Arena, store: ScheduleStore) -> None:
    assert store.claim(BOT, DUE, "first", NOW) is None
    assert store.claim(BOT, DUE, "first", NOW) is None, "the answer was lost"
    other = arena.open().claim(BOT, DUE, "second", NOW)
    assert other == RunRecord(BOT, DUE, Outcome.OPEN, "first", NOW)
    assert store.claim("other", DUE, "second", NOW) is None
    assert store.claim(BOT, DUE + 60, "second", NOW) is None


def test_p09_of_many_who_claim_at_once_one_succeeds(arena: Arena) -> None:
    stores = [arena.open() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for due in range(DUE, DUE + 300, 60):
            claims = [pool.submit(store.claim, BOT, due, f"holder-{n}", NOW) for n, store in enumerate(stores)]
            assert [claim.result() for claim in claims].count(None) == 1


def test_a_settled_slot_stays_as_it_is(store: ScheduleStore) -> None:
    store.claim(BOT, DUE, "me", NOW)
    assert store.open_run(BOT) == RunRecord(BOT, DUE, Outcome.OPEN, "me", NOW)
    ended = RunRecord(
        BOT,
        DUE,
        Outcome.FAILED,
        "me",
        NOW,
        started_at=NOW + 1,
        finished_at=NOW + 2,
        exit_code=3,
        reason="exit code 3",
        log_tail="Traceback …\n",
        result="stored",
    )
    store.settle(ended)
    store.settle(RunRecord(BOT, DUE, Outcome.SUCCEEDED))
    assert store.runs(BOT, 5) == (ended,)
    assert store.open_run(BOT) is None
    assert store.claim(BOT, DUE, "me", NOW) == ended


def test_what_was_never_claimed_cannot_be_settled(store: ScheduleStore) -> None:
    store.settle(RunRecord(BOT, DUE, Outcome.SUCCEEDED))
    assert store.runs(BOT, 5) == ()


def test_p23_a_row_of_slots_is_one_record_that_grows(store: ScheduleStore) -> None:
    assert store.passed(BOT, DUE, DUE + HOUR, 61, Outcome.MISSED, "nobody was there") is None
    assert store.passed(BOT, DUE, DUE + 2 * HOUR, 121, Outcome.MISSED, "nobody was there") is None
    row = RunRecord(BOT, DUE, Outcome.MISSED, reason="nobody was there", last=DUE + 2 * HOUR, count=121)
    assert store.passed(BOT, DUE, DUE + HOUR, 61, Outcome.MISSED, "nobody was there") == row
    assert store.runs(BOT, 5) == (row,)
    assert store.claim(BOT, DUE + 60, "me", NOW) == row
    assert store.claim(BOT, DUE, "me", NOW) == row
    assert store.claim(BOT, DUE + 2 * HOUR, "me", NOW) == row
    assert store.claim("other", DUE + 60, "me", NOW) is None
    assert store.claim(BOT, DUE - 60, "me", NOW) is None
    assert store.claim(BOT, DUE + 2 * HOUR + 60, "me", NOW) is None


def test_a_row_never_covers_a_slot_that_ran(store: ScheduleStore) -> None:
    store.claim(BOT, DUE, "me", NOW)
    found = store.passed(BOT, DUE, DUE + HOUR, 61, Outcome.MISSED, "")
    (record,) = store.runs(BOT, 5)
    assert (record, record.outcome) == (found, Outcome.OPEN)


def test_a_claim_that_nobody_settled_is_listed_though_its_schedule_has_no_document(store: ScheduleStore) -> None:
    store.claim("gone", DUE, "me", NOW)
    store.peek()
    assert set(store.list().digests) == {"gone"}
    store.settle(RunRecord("gone", DUE, Outcome.LOST))
    assert store.list().digests == {}


def test_the_latest_come_first_and_the_oldest_open_one_is_found(store: ScheduleStore) -> None:
    for due in range(DUE, DUE + 600, 60):
        store.claim(BOT, due, "me", NOW)
    assert [record.due for record in store.runs(BOT, 3)] == [DUE + 540, DUE + 480, DUE + 420]
    assert store.open_run(BOT) == RunRecord(BOT, DUE, Outcome.OPEN, "me", NOW)


def test_p54_ids_of_every_kind_keep_their_slots_apart(store: ScheduleStore) -> None:
    ids = ["a", "a:b", f"{DUE}:a", "ünï/cödé", "$set", "a.b", " "]
    for bot_id in ids:
        assert store.claim(bot_id, DUE, "me", NOW) is None
    for bot_id in ids:
        assert [record.bot_id for record in store.runs(bot_id, 5)] == [bot_id]
