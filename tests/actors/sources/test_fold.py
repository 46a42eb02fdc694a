"""The fold of a backlog: which event of a bot is written, what is done with it, and in which order bots come."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.events import Action, BotEvent, Position
from the0_actors.actors.ports.feed import Delivery
from the0_actors.actors.sources.fold import Fold

C, U, D = Action.CREATED, Action.UPDATED, Action.DELETED
Told = tuple[Action, int | None]
"""An action and its sequence in the stream; None over core NATS."""


def delivery(action: Action, sequence: int | None, bot_id: str = "bot", **config: Any) -> Delivery:
    place = None if sequence is None else Position("stream@1", sequence)
    return Delivery(BotEvent(action, bot_id, config, {}), place, done=_nothing, again=_nothing)


def _nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("told", "chosen", "covered"),
    [
        ([(C, 1)], 0, 1),
        ([(C, 1), (U, 2), (U, 3)], 2, 3),
        ([(U, 3), (U, 2)], 0, 2),  # the older one was delivered again
        ([(U, 1), (D, 2), (U, 3)], 1, 3),  # deleted is final
        ([(C, None), (U, None), (U, None)], 2, 3),
        ([(U, None), (C, None)], 0, 2),  # a creation that an update overtook
        ([(U, 1), (U, 2), (U, None)], 1, 2),  # what has no common order is written one after the other
        ([(U, None), (U, 2)], 0, 1),
        ([(U, 1), (C, None), (D, None)], 2, 3),
    ],
)
def test_what_is_written_and_what_is_done_with_it(told: list[Told], chosen: int, covered: int) -> None:
    fold, deliveries = Fold(), [delivery(*one) for one in told]
    fold.add(deliveries)
    (step,) = fold.next(10)
    assert step.chosen is deliveries[chosen]
    assert len(step.covered) == covered
    fold.written(step)
    assert bool(fold) is (covered < len(told))


def test_what_can_never_be_written_leaves_what_it_superseded() -> None:
    fold, deliveries = Fold(), [delivery(C, 1), delivery(U, 2), delivery(U, 3)]
    fold.add(deliveries)
    fold.refused(fold.next(1)[0])
    assert fold.next(1)[0].chosen is deliveries[1]
    fold.refused(fold.next(1)[0])
    fold.refused(fold.next(1)[0])
    assert not fold


def test_what_comes_while_a_write_is_under_way_stays() -> None:
    fold = Fold()
    fold.add([delivery(U, 1)])
    (step,) = fold.next(1)
    later = delivery(U, 2)
    fold.add([later])
    fold.written(step)
    assert fold.next(1)[0].covered == (later,)


def test_deletions_come_first_then_what_switches_off_then_the_others_as_they_came() -> None:
    fold = Fold()
    fold.add([delivery(U, n, f"bot{n}") for n in range(5)])
    fold.add([delivery(U, 10, "off", enabled=False), delivery(D, 11, "gone"), delivery(D, 12, "bot3")])
    assert [step.chosen.event.bot_id for step in fold.next(5)] == ["gone", "bot3", "off", "bot0", "bot1"] or [
        step.chosen.event.bot_id for step in fold.next(5)
    ] == ["bot3", "gone", "off", "bot0", "bot1"]


@given(st.lists(st.tuples(st.sampled_from([C, U, U, D]), st.sampled_from([None, 1, 2, 3, 4, 5])), max_size=12))
def test_each_is_done_exactly_once_and_no_older_place_is_written_after_a_newer_one(told: list[Told]) -> None:
    fold, deliveries = Fold(), [delivery(*one) for one in told]
    fold.add(deliveries)
    done: list[Delivery] = []
    while fold:
        (step,) = fold.next(1)
        places = [one.position.sequence for one in step.covered if one.position is not None]
        if step.chosen.event.action is not D and step.chosen.position is not None:
            assert step.chosen.position.sequence == max(places)
        done += step.covered
        fold.written(step)
    assert sorted(map(id, done)) == sorted(map(id, deliveries))
