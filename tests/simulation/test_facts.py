"""Answers are facts, counted where the engine is asked: nothing is looked at that the last answer or event tells.

And what differs from an answer is looked at, however it comes: before the answer, after it, or in a listing alone.
"""

from functools import partial

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Disabled, Wanted
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.ports.engine import Happening
from the0_actors.actors.ports.status import Phase
from the0_actors.adapters.testing.engine_world import FakeContainer, Fault
from the0_actors.adapters.testing.store import spec_of

BOT = "bot0"
OURS = frozenset({"find", "look", "prepare", "create", "start", "signal", "resume", "logs", "handed_out", "remove"})
"""Operations that bots ask for; listings and the lock are asked for whoever there is."""
LISTING = 61.0
"""Seconds until the next listing at the latest."""


class Asked:
    """What the engine was asked for, in order."""

    def __init__(self, world: World | ScheduleWorld) -> None:
        self.all: list[str] = []
        self._script = world.engine.fault
        world.engine.fault = self._ask

    def _ask(self, operation: str, target: str) -> Fault:
        if operation in OURS:
            self.all.append(operation)
        return self._script(operation, target)

    def since(self) -> list[str]:
        """Return what was asked since the last time."""
        every, self.all = self.all, []
        return every


def put(world: World, bot: str = BOT, version: str = "1") -> None:
    world.store.put(bot, Wanted(spec_of(bot, version)))


def only(world: World | ScheduleWorld, bot: str = BOT) -> FakeContainer:
    (container,) = world.engine.of(bot)
    return container


@pytest.fixture
def world() -> World:
    """A world in which one bot runs, and was listed since."""
    world = World(seed=7)
    put(world)
    world.start()
    world.run(100.0)
    return world


# what is not asked of the engine


def test_a_first_start_is_a_create_and_a_start() -> None:
    world = World(seed=7)
    asked = Asked(world)
    for number in range(20):
        put(world, f"bot{number}")
    world.start()
    world.run(30.0)
    assert all(world.running(f"bot{number}") for number in range(20))
    assert sorted(asked.since()) == sorted(["prepare", "create", "start"] * 20)
    world.run(5 * LISTING)
    assert asked.since() == []  # a listing that shows what is known


def test_the_first_start_of_one_that_comes_later_too(world: World) -> None:
    asked = Asked(world)
    put(world, "bot1")
    world.run(2 * LISTING)
    assert world.running("bot1")
    assert asked.since() == ["prepare", "create", "start"]


def test_a_restart_after_an_exit_is_one_look_and_what_it_does(world: World) -> None:
    asked = Asked(world)
    world.engine.die(only(world), 1)
    world.run(2 * LISTING)
    assert only(world).status is Status.RUNNING
    assert asked.since() == ["look", "logs", "remove", "create", "start"]


def test_a_stop_that_is_obeyed_is_a_signal_a_look_at_its_end_and_a_removal(world: World) -> None:
    asked = Asked(world)
    world.store.put(BOT, Disabled(announced=True))
    world.run(2 * LISTING)
    assert world.engine.of(BOT) == []
    assert asked.since() == ["signal", "look", "remove"]


def test_a_switch_looks_at_what_it_may_go_back_to_and_at_its_end(world: World) -> None:
    asked = Asked(world)
    put(world, version="2")
    world.run(2 * LISTING)
    assert world.version(BOT) == "2"
    assert asked.since() == ["prepare", "look", "signal", "look", "remove", "create", "start"]


def test_those_that_run_at_our_start_cost_no_look() -> None:
    world = World(seed=7)
    for number in range(200):
        put(world, f"bot{number}")
    runtime = world.start()
    world.run(10.0)
    world.kill(runtime)
    asked = Asked(world)
    world.start()
    world.run(3 * LISTING)
    assert world.phase(world.runtimes[-1], "bot199") is Phase.RUNNING
    assert asked.since() == []


# what is asked, since something differs


def test_one_that_dies_before_its_start_is_answered_is_looked_at() -> None:
    """Its events come while the call is under way, and the answer says that it runs."""
    world = World(seed=7)
    world.script.engine_takes = 5.0
    put(world)
    world.engine.began = partial(dies, world)
    world.start()
    world.run(60.0)
    assert only(world).birth.incarnation == 2
    assert "exit code 3" in only(world).birth.previous_end


def dies(world: World, container: FakeContainer) -> None:
    if container.birth.incarnation == 1:
        world.stepper.timers.after(0.0, partial(world.engine.die, container, 3))


@pytest.mark.parametrize("lost", [False, True])
def test_one_that_dies_at_once_is_restarted_whether_or_not_its_events_came(world: World, lost: bool) -> None:
    world.engine.events_lost = lost
    put(world, "bot1")
    while not world.running("bot1"):
        world.turns(1)
    world.engine.die(only(world, "bot1"), 1)
    world.run(2 * LISTING)
    assert only(world, "bot1").birth.incarnation == 2
    assert only(world, "bot1").status is Status.RUNNING


def test_a_start_by_hand_of_what_ended_is_seen(world: World) -> None:
    """The event is of the one that we know, and says another thing than we know of it."""
    before = only(world)
    world.engine.die(before, 1)
    while world.phase(world.runtimes[-1], BOT) is Phase.RUNNING:
        world.turns(1)
    before.status, before.exit = Status.RUNNING, None
    world.engine.tell(before, Happening.STARTED)
    world.run(10.0)
    assert only(world) is before
    assert world.phase(world.runtimes[-1], BOT) is Phase.RUNNING


def test_p03_a_second_one_that_a_hand_starts_is_found_at_its_event(world: World) -> None:
    before, asked = only(world), Asked(world)
    world.second(BOT)
    world.run(1.0)
    assert asked.since()[:2] == ["find", "signal"]
    assert only(world) is before


def test_p03_one_that_a_hand_starts_while_ours_is_removed_is_found(world: World) -> None:
    """Nobody knew of it when the removal began; its event came before the answer."""
    world.script.engine_takes = 1.0
    asked = Asked(world)
    world.engine.die(only(world), 1)
    while "logs" not in asked.all:
        world.turns(1)
    world.run(0.5)
    made = world.second(BOT)
    world.run(30.0)
    assert asked.since()[:4] == ["look", "logs", "remove", "find"]
    assert only(world) is made


@pytest.mark.parametrize("operation", ["create", "start", "remove"])
def test_p03_after_a_lost_answer_all_is_found_again(world: World, operation: str) -> None:
    faults = {operation: Fault.LOSE_AFTER}
    world.engine.fault = lambda asked, _target: faults.pop(asked, Fault.NONE)
    asked = Asked(world)
    world.engine.die(only(world), 1)
    world.run(30.0)
    assert ("find" in asked.since()) or operation == "start"
    assert len(world.running(BOT)) == 1


def test_after_a_break_of_the_watch_what_is_removed_is_followed_by_a_search(world: World) -> None:
    """A hand started a second one while nobody listened, and the bot's own ended before the next listing."""
    world.engine.die(only(world), 1)
    while world.phase(world.runtimes[-1], BOT) is Phase.RUNNING:
        world.turns(1)
    world.engine.fault = lambda asked, _target: Fault.LOSE if asked == "watch" else Fault.NONE
    world.engine.break_watch("broken by script")
    made = world.second(BOT)
    asked = Asked(world)
    world.run(0.5)
    assert asked.since()[-2:] == ["remove", "find"]
    assert only(world) is made


def test_after_a_break_of_the_watch_one_that_comes_is_searched_for_until_two_listings_agree(world: World) -> None:
    world.engine.break_watch("broken by script")
    world.run(10.0)
    asked = Asked(world)
    put(world, "bot1")
    world.run(1.0)
    assert asked.since() == ["find", "prepare", "create", "start"]
    world.run(LISTING)
    put(world, "bot2")
    world.run(1.0)
    assert asked.since() == ["prepare", "create", "start"]


def test_p03_an_actor_that_follows_a_failed_one_does_not_go_by_the_listing(world: World) -> None:
    """Its predecessor's create may be on its way."""
    world.script.engine_takes = 5.0
    asked = Asked(world)
    put(world, "bot1")
    world.run(0.5)
    world.runtimes[-1].system.handle("/bots/crew/bot1").tell(object())
    world.run(60.0)
    assert world.running("bot1")
    assert asked.since().count("create") == 1


def test_one_that_comes_back_under_a_bot_whose_container_was_ever_seen_is_searched_for(world: World) -> None:
    world.store.delete(BOT)
    world.run(3 * LISTING)
    assert world.engine.of(BOT) == []
    asked = Asked(world)
    put(world)
    world.run(1.0)
    assert asked.since() == ["find", "prepare", "create", "start"]


# schedules

SLOT = 3600.0


def scheduled(lasts: float | None = 5.0) -> ScheduleWorld:
    """Return a world in which a run is due at the full hour."""
    world = ScheduleWorld(seed=7)
    world.program = Program(lasts=lasts)
    world.put(BOT, "0 * * * *")
    world.start()
    world.run(SLOT - 1.0)
    return world


def test_a_run_is_a_create_a_start_a_look_at_its_end_a_harvest_and_a_removal() -> None:
    world = scheduled()
    asked = Asked(world)
    for _ in range(2):
        world.run(SLOT)
        first = ["prepare", "create", "start", "look", "logs", "handed_out", "handed_out", "remove"]
        assert asked.since() == first
    assert [one.outcome for one in world.records(BOT)] == [Outcome.SUCCEEDED] * 2


def test_without_a_watch_a_run_begins_with_a_search() -> None:
    world = scheduled()
    world.engine.fault = lambda asked, _target: Fault.LOSE if asked == "watch" else Fault.NONE
    world.engine.break_watch("broken by script")
    asked = Asked(world)
    world.run(LISTING)
    assert asked.since()[:4] == ["find", "prepare", "create", "start"]


def test_a_run_that_ends_before_its_start_is_answered_is_recorded() -> None:
    world = scheduled(lasts=0.01)
    world.script.engine_takes = 5.0
    world.run(120.0)
    (record,) = world.records(BOT)
    assert record.outcome is Outcome.SUCCEEDED
    assert sum(world.starts.values()) == 1
    assert world.engine.of(BOT) == []


def test_a_run_whose_end_nobody_told_is_seen_in_the_listing() -> None:
    world = scheduled(lasts=1.0)
    world.engine.events_lost = True
    world.run(2 * LISTING)
    (record,) = world.records(BOT)
    assert record.outcome is Outcome.SUCCEEDED
