"""Who may act: lease, lock and clock against what follows, row by row."""

from dataclasses import dataclass, replace

import pytest

from the0_actors.actors import engine_lock as rules
from the0_actors.actors.engine_lock import NEVER, Grip, Pace, Standing
from the0_actors.actors.engine_lock_words import ages, describe, hindrance
from the0_actors.actors.ports.status import Command
from the0_actors.actors.ports.store import Lease

PACE = Pace(9.0)
NOW = 1000.0
MET = NOW - 100.0
"""Since when the database answers, where it does."""
HELD = Standing(Grip.OURS, seen=NOW - 1, named=True, leased_until=NOW + 5, answering_since=MET)
STANDBY = Standing(Grip.ANOTHERS, holder="b", answering_since=MET)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    name: str
    standing: Standing
    act: bool = False
    write: bool = False
    force: bool = False
    claim: bool = False
    words: str = ""


ROWS = (
    Row("nothing is known", Standing(), words="has not said yet who has its lock"),
    Row("lock and lease are ours", HELD, act=True, write=True, claim=True, words="acts on the engine's lock"),
    Row(
        "the database went away a moment ago",
        replace(HELD, answering_since=None, silent_since=NOW - 2),
        act=True, write=True, claim=True, words="acts on the engine's lock; the database is away",
    ),
    Row(
        "the database is away for longer than the lease",
        replace(HELD, leased_until=NOW - 42, answering_since=None, silent_since=NOW - 49),
        act=True, claim=True, words="acts on the engine's lock; the database is away",
    ),
    Row(
        "the lease is another's, the lock is ours: that one has lost it",
        replace(HELD, leased_until=NEVER, holder="b"),
        act=True, claim=True, words="acts on the engine's lock; the database has not confirmed the lease",
    ),
    Row(
        "the database has not named us since we have the lock",
        replace(HELD, named=False, leased_until=NEVER),
        claim=True, words="waits for the database",
    ),
    Row(
        "the engine has not confirmed the lock for long",
        replace(HELD, seen=NOW - PACE.sure),
        write=True, claim=True, words="does not confirm its lock",
    ),
    Row(
        "the lock was taken by force a moment ago",
        replace(HELD, quiet_until=NOW + 3),
        write=True, claim=True, words="takes over",
    ),
    Row("the lock is another's, and so is the lease", STANDBY, claim=True, words="standby: b is active"),
    Row(
        "the lock is another's, whose lease ran out and is ours now",
        replace(STANDBY, leased_until=NOW + 5),
        force=True, claim=True, words="standby",
    ),
    Row(
        "the lock is another's, who says that it cannot reach the engine",
        replace(STANDBY, holder_sure=False),
        force=True, claim=True, words="standby",
    ),
    Row(
        "the lock is another's, and the database is away",
        replace(STANDBY, answering_since=None, silent_since=NOW - 42, holder_sure=False),
        words="standby: b is active; the database is away",
    ),
    Row(
        "the lock is another's, and the database is back for less than a term",
        replace(STANDBY, answering_since=NOW - PACE.term + 1),
        words="standby",
    ),
    Row(
        "what was our lease ran out, and the lock is another's",
        replace(STANDBY, leased_until=NOW),
        claim=True, words="standby",
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_p42_who_may_act(row: Row) -> None:
    standing = row.standing
    found = {
        "act": rules.acts_until(standing, NOW, PACE) > NOW,
        "write": rules.writes_until(standing) > NOW,
        "force": rules.may_force(standing, NOW),
        "claim": rules.claims(standing, NOW, PACE),
    }
    assert found == {"act": row.act, "write": row.write, "force": row.force, "claim": row.claim}
    acts, words = describe(standing, NOW, PACE)
    assert acts is row.act
    assert row.words in words


def test_how_long_it_has_been_so() -> None:
    away = replace(HELD, silent_since=NOW - 42)
    assert ages(away, NOW) == "database away since 42 s, engine's lock seen 1.0 s ago"
    assert ages(replace(HELD, quiet_until=NOW + 3), NOW) == "engine's lock seen 1.0 s ago, takes over in 3 s"
    assert ages(STANDBY, NOW) == ""


def test_who_loses_the_lock_gives_the_next_one_a_term_to_take_the_lease() -> None:
    """Its own lease is valid still: it would take the lock back by it, and the other again, and so on."""
    lost = rules.after_look(HELD, ours=False, began=NOW)
    assert not rules.may_force(lost, NOW)
    assert not rules.claims(lost, NOW + PACE.term - 0.1, PACE)
    assert rules.claims(lost, NOW + PACE.term, PACE)


def test_who_takes_the_lock_by_force_acts_when_the_other_can_not_any_more() -> None:
    mine = Lease("a", mine=True, host="")
    elected = rules.after_lease(STANDBY, mine, sure=False, began=NOW, pace=PACE)
    assert rules.may_force(elected, NOW)
    forced = rules.after_force(rules.after_look(elected, ours=True, began=NOW), now=NOW, pace=PACE)
    assert not rules.active(replace(forced, named=True), NOW + PACE.sure - 0.1)
    named = rules.after_lease(forced, mine, sure=True, began=NOW, pace=PACE)
    assert rules.active(named, NOW + PACE.sure)
    # The other looked last right before it lost the lock.
    assert rules.acts_until(replace(HELD, seen=NOW), NOW, PACE) <= NOW + PACE.sure


def test_who_cannot_look_believes_another_who_says_that_it_has_the_lock() -> None:
    unsure = replace(HELD, seen=NOW - 60)
    beaten = rules.after_lease(unsure, Lease("b", mine=False, host="host-b"), sure=False, began=NOW, pace=PACE)
    assert not rules.active(beaten, NOW)
    vague = rules.after_lease(unsure, Lease("b", mine=False, host=""), sure=False, began=NOW, pace=PACE)
    assert rules.active(vague, NOW)


@pytest.mark.parametrize("command", list(Command))
def test_what_a_command_needs(command: Command) -> None:
    away = replace(HELD, leased_until=NOW - 35, answering_since=None, silent_since=NOW - 42)
    slow = replace(HELD, leased_until=NOW)
    hung = replace(HELD, seen=NOW - 60)
    assert hindrance(command, HELD, NOW, PACE) == ""
    assert "standby: b is active" in hindrance(command, STANDBY, NOW, PACE)
    if command is Command.RESTART:
        assert hindrance(command, away, NOW, PACE) == ""
        assert "does not confirm" in hindrance(command, hung, NOW, PACE)
    else:
        assert "away since 42 s" in hindrance(command, away, NOW, PACE)
        assert "has not confirmed our lease" in hindrance(command, slow, NOW, PACE)
        assert hindrance(command, hung, NOW, PACE) == ""
