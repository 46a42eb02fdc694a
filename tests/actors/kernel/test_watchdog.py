"""The watchdog names who is stuck, where, and for how long; once."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.kernel.dispatcher import PooledDispatcher
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.kernel.timers import Timers
from the0_actors.actors.kernel.watchdog import StuckTurn, Watchdog, log_stuck

PATIENCE = 20.0


class Fetch:
    """A message whose handler hangs."""

    def __init__(self) -> None:
        self.began, self.gate, self.over = threading.Event(), threading.Event(), threading.Event()


class Fetcher(Actor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Fetch):
            self.download_for_ever(message)
        return "free"

    @staticmethod
    def download_for_ever(message: Fetch) -> None:
        message.began.set()
        message.gate.wait(PATIENCE)
        message.over.set()


class World:
    """Real workers, virtual time: what is stuck is the test's to say."""

    def __init__(self, workers: int = 1, spare: int = 1) -> None:
        self.pool = PooledDispatcher(workers, spare)
        self.clock = VirtualClock()
        self.timers = Timers(self.clock)
        self.system = ActorSystem(self.pool, self.clock, self.timers, rng=Stepper(1).system().rng)
        self.told: list[StuckTurn] = []
        self.watchdog = Watchdog(
            self.pool, self.clock, self.timers, limit=10.0, interval=1.0, listener=self.told.append
        )
        self.watchdog.start()
        self.messages: list[Fetch] = []

    def hang(self, path: str) -> Handle:
        handle, message = self.system.handle(path), Fetch()
        self.system.spawn(handle, Fetcher)
        self.messages.append(message)
        handle.tell(message)
        return handle

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance_to(self.clock.monotonic() + 1.0)
            self.timers.fire_due()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    for message in world.messages:
        message.gate.set()
    assert world.pool.close(PATIENCE)


def test_a_stuck_turn_is_told_once_with_actor_handler_age_and_stack(world: World) -> None:
    world.hang("/fetcher")
    assert world.messages[0].began.wait(PATIENCE)
    world.pass_time(9)
    assert world.told == []
    world.pass_time(20)
    (stuck,) = world.told
    assert (stuck.path, stuck.kind, stuck.handling, stuck.seconds) == ("/fetcher", "Fetcher", "Fetch", 10.0)
    assert "download_for_ever" in stuck.stack
    assert str(stuck) == f"Fetcher /fetcher has been handling Fetch for 10.0 s on {stuck.thread}"
    assert world.watchdog.stuck() == (stuck,)


def test_a_stuck_worker_is_replaced_and_the_spare_leaves_when_it_comes_back(world: World) -> None:
    handle = world.hang("/fetcher")
    other = world.system.handle("/other")
    world.system.spawn(other, Fetcher)
    assert world.messages[0].began.wait(PATIENCE)
    answer = other.ask("hello")
    world.pass_time(10)
    assert answer.get(timeout=PATIENCE) == "free"
    snapshot = world.pool.snapshot()
    assert (snapshot.workers, snapshot.stuck, snapshot.capped) == (2, 1, 0)
    world.messages[0].gate.set()
    assert handle.ask("hello").get(timeout=PATIENCE) == "free"
    for _ in range(3):
        other.ask("hello").get(timeout=PATIENCE)
    world.watchdog.look()
    assert world.watchdog.stuck() == ()
    assert world.pool.snapshot().stuck == 0


def test_spare_workers_for_stuck_ones_are_capped_and_counted(world: World) -> None:
    for number in range(2):
        world.hang(f"/{number}")
        assert world.messages[number].began.wait(PATIENCE)
        world.pass_time(11)
    assert len(world.told) == 2
    snapshot = world.pool.snapshot()
    assert (snapshot.workers, snapshot.stuck, snapshot.capped) == (2, 2, 1)


def test_a_listener_that_raises_is_asked_again_for_the_next(world: World) -> None:
    world.watchdog.close()
    calls: list[StuckTurn] = []

    def fail(stuck: StuckTurn) -> None:
        calls.append(stuck)
        raise ValueError("a listener's own bug")

    watchdog = Watchdog(world.pool, world.clock, world.timers, limit=10.0, listener=fail)
    world.hang("/fetcher")
    assert world.messages[0].began.wait(PATIENCE)
    world.clock.advance_to(10.0)
    watchdog.look()
    watchdog.look()
    assert len(calls) == 1


def test_a_closed_watchdog_leaves_no_timer(world: World) -> None:
    world.pass_time(3)
    assert len(world.timers) == 1
    world.watchdog.close()
    assert len(world.timers) == 0


def test_the_default_listener_logs(capsys: pytest.CaptureFixture[str]) -> None:
    log_stuck(StuckTurn("/a", "A", "", 12.34, "actors-1", "File ..."))
    logged = capsys.readouterr().out
    assert "turn_stuck" in logged
    assert "12.3" in logged
