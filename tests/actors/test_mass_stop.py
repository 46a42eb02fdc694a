"""The guard against mass stops, alone: a table of who may stop when, and what holds for any order of events."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.mass_stop import MassStopRules, MassStops

RULES = MassStopRules(share=0.2, after=600.0, quiet=1.0, patience=5.0)


def names(count: int, first: int = 0) -> list[str]:
    return [f"bot{n:03}" for n in range(first, first + count)]


def asked(bots: Iterable[str], now: float = 0.0) -> MassStops:
    guard = MassStops(RULES)
    for bot in bots:
        guard.ask(bot, now)
    return guard


@pytest.mark.parametrize(
    ("gone", "fleet", "held"),
    [
        (1, 1, False),  # the only one there is
        (1, 2, False),
        (1, 100, False),
        (2, 2, True),  # the whole fleet
        (2, 10, False),  # a fifth, not more
        (2, 9, True),
        (2, 4, False),  # a small fleet of which one is left
        (3, 4, False),
        (2, 5, True),
        (4, 4, True),
        (20, 100, False),
        (21, 100, True),
        (100, 100, True),
    ],
)
def test_two_or_more_that_are_a_large_share_of_the_fleet_are_held(gone: int, fleet: int, held: bool) -> None:
    guard = asked(names(gone))
    allowed = guard.settle(names(fleet), 1.0)
    assert (guard.held, allowed) == ((tuple(names(gone)), ()) if held else ((), tuple(names(gone))))


def test_they_are_answered_when_no_more_ask_and_the_first_never_waits_long() -> None:
    guard = asked(["a"])
    assert guard.due() == 1.0
    assert guard.settle(["a"], 0.5) == ()
    for step in range(1, 9):
        guard.ask(f"b{step}", step * 0.9)
    assert guard.due() == 5.0
    assert len(guard.settle(names(100), 5.0)) == 9


def test_who_is_held_is_held_for_so_long_from_when_it_was_held_and_no_longer() -> None:
    guard = asked(["a", "b"])
    guard.settle(["a", "b"], 1.0)
    assert guard.due() == 601.0
    guard.ask("c", 300.0)
    guard.settle(["a", "b", "c"], 301.0)
    guard.ask("a", 500.0)  # its actor was restarted
    assert guard.settle([], 601.0) == ("a", "b")
    assert guard.held == ("c",)
    assert guard.settle([], 901.0) == ("c",)
    assert guard.due() is None


def test_those_whose_reads_are_slow_count_from_the_listing_that_misses_them() -> None:
    """Else each of a fleet whose database answers now and then would be a single one."""
    guard = MassStops(RULES)
    guard.miss(set(names(4)))
    assert guard.due() is None  # nobody asks
    guard.ask("bot000", 10.0)
    assert guard.settle(names(4), 11.0) == ()
    assert guard.held == ("bot000",)


def test_those_that_are_back_or_need_not_ask_do_not_count() -> None:
    guard = MassStops(RULES)
    guard.miss(set(names(4)))
    guard.present(names(3))
    guard.ask("bot003", 10.0)
    assert guard.settle(names(4), 11.0) == ("bot003",)


def test_who_is_wanted_again_is_held_no_more() -> None:
    guard = asked(["a", "b"])
    guard.settle(["a", "b"], 1.0)
    guard.withdraw("a")
    assert guard.held == ("b",)
    assert guard.settle([], 601.0) == ("b",)


def test_confirmed_are_those_that_are_meant_and_held() -> None:
    guard = asked(["a", "b", "c"])
    guard.settle(["a", "b", "c"], 1.0)
    guard.ask("d", 2.0)
    assert guard.confirm({"a", "d", "e"}) == ("a",)
    assert guard.held == ("b", "c")


_BOTS = st.sampled_from(names(12))
Event = tuple[str, str, float]
"""What happens, to whom, and for how long nothing else does."""
_EVENTS: st.SearchStrategy[Event] = st.tuples(
    st.sampled_from(["ask", "ask", "withdraw", "miss", "present", "wait"]),
    _BOTS,
    st.sampled_from([0.0, 0.0, 0.1, 1.0, 5.0, 60.0, 600.0]),
)


@given(st.lists(_EVENTS, max_size=60))
def test_whatever_happens_no_mass_is_let_go_before_its_time_and_nobody_waits_for_ever(events: list[Event]) -> None:
    guard, fleet, now = MassStops(RULES), names(12), 0.0
    since: dict[str, float] = {}
    for kind, bot, seconds in events:
        match kind:
            case "ask":
                since.setdefault(bot, now)
                guard.ask(bot, now)
            case "withdraw":
                since.pop(bot, None)
                guard.withdraw(bot)
            case "miss":
                guard.miss({bot})
            case "present":
                guard.present([bot])
            case _:
                pass
        until = now + seconds
        while (due := guard.due()) is not None and due <= until:
            now = max(now, due)
            allowed = guard.settle(fleet, now)
            young = [one for one in allowed if now - since.pop(one) < RULES.after]
            assert len(young) <= max(1, RULES.share * len(fleet))
        now = until
        assert all(now - asked_at <= RULES.after + RULES.patience for asked_at in since.values())
