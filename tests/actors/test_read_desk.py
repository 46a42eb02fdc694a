"""Many that ask are read together, one that asks alone at once, and nobody gets an answer of before it asked."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from the0_actors.actors.errors import Unavailable
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.messages import DocumentAsked, DocumentRead
from the0_actors.actors.read_desk import TOGETHER, ReadDesk, Reading


class Asker(Actor):
    """Keeps what it is told."""

    def __init__(self, told: list[DocumentRead]) -> None:
        super().__init__()
        self._told = told

    def on_receive(self, message: Any) -> Any:
        self._told.append(message)


class Place:
    """A desk over a database whose reads take a second each and whose documents say when they were read."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.system = self.stepper.system()
        self.desk = self.system.handle("/desk")
        self.calls: list[tuple[str, ...]] = []
        self.poison = ""
        self.down = False
        self.told: dict[str, list[DocumentRead]] = {}
        self.lane = StepLane("store", self.stepper, lambda: 1.0)
        self.employ()

    def employ(self) -> None:
        self.system.spawn(self.desk, lambda: ReadDesk(Reading(self.read_all, self.lane, deadline=0.5)))

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, object]:
        self.calls.append(tuple(bot_ids))
        if self.down:
            raise Unavailable("mongodb", "it is down")
        if self.poison in bot_ids:
            raise ArithmeticError("a bug")
        return {bot_id: (bot_id, self.stepper.clock.monotonic()) for bot_id in bot_ids}

    def ask(self, *bot_ids: str) -> None:
        for bot_id in bot_ids:
            if bot_id not in self.told:
                told = self.told[bot_id] = []
                self.system.spawn(self.system.handle(f"/{bot_id}"), partial(Asker, told))
            self.desk.tell(DocumentAsked(bot_id, self.system.handle(f"/{bot_id}")))

    def answers(self, bot_id: str) -> list[object]:
        return [one.answer if one.error is None else str(one.error) for one in self.told[bot_id]]


def test_one_that_asks_alone_is_read_at_once_and_those_who_ask_meanwhile_together() -> None:
    place = Place()
    place.ask("a")
    place.stepper.run(0.5)
    place.ask("b", "c", "d")
    place.stepper.run(2.0)
    assert place.calls == [("a",), ("b", "c", "d")]
    assert place.answers("a") == [("a", 1.0)]
    assert [place.answers(bot) for bot in "bcd"] == [[(bot, 2.0)] for bot in "bcd"]
    place.ask("e")
    place.stepper.run(1.0)
    assert place.calls[2:] == [("e",)]


def test_who_asks_again_while_it_is_read_is_read_again() -> None:
    place = Place()
    place.ask("a", "b")
    place.stepper.run(0.5)
    place.ask("a")
    place.stepper.run(3.0)
    assert place.answers("a") == [("a", 1.0), ("a", 2.0)]
    assert place.answers("b") == [("b", 2.0)]
    place.ask("a", "a")
    place.stepper.run(3.0)
    assert len(place.answers("a")) == 4, "the first of them began before the second was asked for"


def test_a_thousand_are_a_call_or_two_and_no_call_is_for_more_than_its_bound() -> None:
    place = Place()
    bots = [f"bot{number}" for number in range(TOGETHER + 1000)]
    place.ask(*bots)
    place.stepper.run(10.0)
    assert [len(call) for call in place.calls] == [1, TOGETHER, 999]
    assert {len(place.told[bot]) for bot in bots} == {1}


def test_an_outage_is_told_to_each_and_the_next_read_is_a_new_one() -> None:
    place = Place()
    place.down = True
    place.ask("a", "b", "c")
    place.stepper.run(2.5)
    assert place.calls == [("a",), ("b", "c")]
    assert {bot: place.answers(bot) for bot in "abc"} == {bot: ["mongodb is unavailable: it is down"] for bot in "abc"}
    place.down = False
    place.ask("a")
    place.stepper.run(1.0)
    assert isinstance(place.answers("a")[-1], tuple)


def test_p55_a_document_that_sets_off_a_bug_is_its_own_bots_matter() -> None:
    place = Place()
    bots = [f"bot{number}" for number in range(100)]
    place.poison = "bot57"
    place.ask(*bots)
    place.stepper.run(30.0)
    assert {bot for bot in bots if place.told[bot][0].error is not None} == {"bot57"}
    assert {len(place.told[bot]) for bot in bots} == {1}
    assert len(place.calls) <= 16
    place.ask("bot1")
    place.stepper.run(1.0)
    assert len(place.answers("bot1")) == 2, "it goes on"


def test_a_restarted_desk_takes_no_answer_of_its_predecessors_for_one_of_its_own() -> None:
    place = Place()
    place.ask("a")
    place.stepper.run(0.5)
    actor = place.desk.actor
    assert actor is not None
    actor.give_up("a bug")
    place.stepper.run(0.1)
    assert not place.desk.alive
    place.employ()
    place.ask("b")
    place.stepper.run(3.0)
    assert place.answers("b") == [("b", 2.0)]
    assert place.answers("a") == []
