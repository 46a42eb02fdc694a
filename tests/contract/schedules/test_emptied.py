"""A database of schedules that was emptied under us: no slot is claimed, settled or passed in it, until it is back."""

from collections.abc import Callable

import pytest
from tests.contract.schedules.conftest import NOW, Arena
from tests.parts.documents import BOT, at, created, updated

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import Basis
from the0_actors.actors.errors import OtherDatabase
from the0_actors.actors.ports.schedules import ScheduleStore

DUE = 1767270660
PLAN = {"schedule": "0 0 * * *"}

CALLS: dict[str, Callable[[ScheduleStore], object]] = {
    "list": lambda store: store.list(),
    "read": lambda store: store.read(BOT),
    "read all": lambda store: store.read_all([BOT, "nobody"]),
    "read of nothing": lambda store: store.read("nobody"),
    "apply": lambda store: store.apply(updated(x=2), at(9)),
    "hold": lambda store: store.hold(BOT, "why"),
    "advance": lambda store: store.advance(BOT, Basis("0 0 * * *", None, DUE), DUE + 60),
    "claim": lambda store: store.claim(BOT, DUE, "me", NOW),
    "claim of another": lambda store: store.claim(BOT, DUE + 60, "me", NOW),
    "open_run": lambda store: store.open_run(BOT),
    "settle": lambda store: store.settle(RunRecord(BOT, DUE, Outcome.SUCCEEDED)),
    "passed": lambda store: store.passed(BOT, DUE, DUE + 60, 2, Outcome.MISSED, "nobody was there"),
    "runs": lambda store: store.runs(BOT, 5),
}


@pytest.fixture
def store(arena: Arena) -> ScheduleStore:
    """A store that knows its installation, a schedule, and a slot that ran."""
    store = arena.open()
    store.apply(created(**PLAN), at(1))
    store.claim(BOT, DUE, "me", NOW)
    return store


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_p09_nothing_is_concluded_from_a_database_that_was_emptied_under_us(
    arena: Arena, store: ScheduleStore, call: Callable[[ScheduleStore], object]
) -> None:
    """A slot that is claimed in it would run again."""
    before = arena.stored(BOT)
    arena.empty()
    arena.put(dict(before))
    with pytest.raises(OtherDatabase, match="marker is gone"):
        call(store)


def test_p09_a_slot_that_ran_is_still_claimed_when_the_database_is_back(arena: Arena, store: ScheduleStore) -> None:
    arena.empty()
    with pytest.raises(OtherDatabase):
        store.claim(BOT, DUE, "another", NOW)
    arena.restore()
    assert store.claim(BOT, DUE, "another", NOW) == RunRecord(BOT, DUE, Outcome.OPEN, "me", NOW)
    assert store.runs(BOT, 5) == (RunRecord(BOT, DUE, Outcome.OPEN, "me", NOW),)
