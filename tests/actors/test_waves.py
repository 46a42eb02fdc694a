"""Who goes next, when very many are to start."""

from collections.abc import Callable

import pytest

from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.throttle import Bounds
from the0_actors.actors.waves import PATIENCE, Waves

BOUNDS = Bounds(least=1, calls=2, most=8)
"""Four may go at first."""


class Room:
    """Waves on a virtual clock, and a machine that may make every turn late."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.stepper = Stepper(1)
        self.clock = self.stepper.clock
        self.late = 0.0
        self.beats = 0
        self.waves = Waves(bounds, self.clock.monotonic, self._wake)
        self.gone: list[str] = []

    def _wake(self, seconds: float) -> Timer:
        return self.stepper.timers.after(seconds, self._beat)

    def _beat(self) -> None:
        self.beats += 1
        self.clock.advance_to(self.clock.monotonic() + self.late)
        self.waves.beat()
        self.go()

    def go(self) -> list[str]:
        went = [bot_id for bot_id, _ in self.waves.next()]
        self.gone += went
        return went

    def crowd(self, count: int) -> list[str]:
        bots = [f"bot{number:03d}" for number in range(count)]
        self.waves.expect(set(bots))
        for bot in bots:
            self.waves.ask(bot)
        return bots

    def starts(self, bot: str, seconds: float = 0.1) -> None:
        """Let a bot that is on its way start."""
        self.waves.moved(bot, Phase.STARTING)
        self.clock.advance_to(self.clock.monotonic() + seconds)
        self.waves.moved(bot, Phase.RUNNING)


@pytest.fixture
def room() -> Room:
    return Room()


def test_so_many_go_and_the_next_when_one_has_arrived(room: Room) -> None:
    bots = room.crowd(10)
    assert room.go() == bots[:4]
    assert room.go() == []
    room.waves.moved(bots[0], Phase.PREPARING)
    room.waves.moved(bots[1], Phase.STARTING)
    assert room.go() == []
    room.waves.moved(bots[2], Phase.IDLE)
    assert room.go() == bots[4:5]
    room.waves.leave(bots[3])
    assert room.go() == bots[5:6]
    assert room.waves.waiting == 4


def test_all_of_a_thousand_go_in_the_end_whatever_becomes_of_them(room: Room) -> None:
    bots = room.crowd(1000)
    ends = (Phase.RUNNING, Phase.BACKOFF, Phase.PARKED, Phase.IDLE, Phase.CRASH_LOOPING, Phase.STOPPING)
    for number, bot in enumerate(bots):
        room.go()
        assert bot in room.gone[-10:] or bot in room.gone
        room.starts(bot) if number % 7 == 0 else room.waves.moved(bot, ends[number % 6])
    assert room.gone == bots


def test_who_never_arrives_does_not_hold_up_the_others(room: Room) -> None:
    bots = room.crowd(12)
    room.go()
    room.stepper.run(PATIENCE + 1)
    assert room.gone == bots[:8]
    room.stepper.run(2 * PATIENCE)
    assert room.gone == bots


def test_who_was_hinted_at_goes_first_and_waits_for_none_of_the_many(room: Room) -> None:
    bots = room.crowd(100)
    room.go()
    room.waves.hurry(bots[50])
    room.waves.ask("an event's")
    went = list(room.waves.next())
    assert went == [(bots[50], False), ("an event's", False)], "and not as one of many"


def test_many_single_ones_do_not_starve_the_many(room: Room) -> None:
    room.crowd(100)
    arrived = 0
    for number in range(200):
        room.waves.ask(f"single {number}")
        for bot in room.go():
            room.waves.moved(bot, Phase.RUNNING)
            arrived += bot.startswith("bot")
    assert arrived == 100


def test_a_hint_before_a_bot_asks_singles_it_out(room: Room) -> None:
    bots = ["a", "b"]
    room.waves.expect(set(bots))
    room.waves.hurry("b")
    for bot in bots:
        room.waves.ask(bot)
    assert list(room.waves.next()) == [("b", False), ("a", True)]


def test_a_late_machine_slows_down_and_comes_back(room: Room) -> None:
    bots = room.crowd(200)
    room.go()
    room.late = 1.0
    room.stepper.run(5.0)
    assert room.waves.throttle.limit == 1
    room.late = 0.0
    for bot in bots:
        if bot in room.gone:
            room.starts(bot)
        room.go()
    assert room.waves.throttle.limit == BOUNDS.most
    assert room.gone == bots


def test_nobody_is_on_the_way_nothing_beats(room: Room) -> None:
    (bot,) = room.crowd(1)
    room.go()
    room.starts(bot)
    room.stepper.run(60.0)
    assert room.beats == 1
    assert len(room.stepper.timers) == 0


def test_a_beat_of_the_fleet_before_says_nothing(room: Room) -> None:
    room.clock.advance_to(100.0)
    room.waves.beat()
    assert room.waves.throttle.limit == 4


def test_at_the_end_all_go_at_once(room: Room) -> None:
    bots = room.crowd(50)
    room.go()
    assert {bot for bot, _ in room.waves.all()} == set(bots[4:])
    assert room.waves.waiting == 0


def test_when_the_gate_closes_all_is_forgotten(room: Room) -> None:
    room.crowd(50)
    room.go()
    room.waves.forget()
    assert room.waves.waiting == 0
    bots = room.crowd(5)
    assert room.go() == bots[:4]


@pytest.mark.parametrize("again", [Waves.ask, Waves.leave])
def test_who_asks_again_or_leaves_is_counted_once(room: Room, again: Callable[[Waves, str], None]) -> None:
    room.waves.ask("a")
    assert room.go() == ["a"]
    again(room.waves, "a")
    again(room.waves, "a")
    assert room.go() in (["a"], [])
    for number in range(4):
        room.waves.ask(f"b{number}")
    assert len(room.go()) >= 3
