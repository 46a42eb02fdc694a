"""The dynamic supervisor: children by message, thousands of them, at a cost per child that does not grow."""

import sys
from typing import Any

import pytest

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild, StopChild
from the0_actors.supervisors.reports import Report, What
from the0_actors.supervisors.supervisor import Supervisor

AT_ONCE = Backoff(0.0, 0.0)


class Bot(Actor):
    def __init__(self, version: int = 1, *, stubborn: bool = False) -> None:
        super().__init__()
        self.version, self.stubborn = version, stubborn

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        if message == "finish":
            self.finish()
        return self.version

    def shut_down(self, message: Shutdown) -> bool:
        return not self.stubborn


class World:
    def __init__(self, intensity: Intensity) -> None:
        self.stepper = Stepper(1)
        self.system = self.stepper.system()
        self.reports: list[Report] = []
        self.ends: list[End] = []
        self.root = self.system.handle("/")
        self.system.spawn(
            self.root,
            lambda: DynamicSupervisor(intensity=intensity, reporter=self.reports.append),
            self.ends.append,
        )
        self.stepper.settle()

    def start(self, id_: str, version: int = 1, **fields: Any) -> None:
        stubborn = fields.pop("stubborn", False)
        fields.setdefault("backoff", AT_ONCE)
        spec = ChildSpec(id_, lambda: Bot(version, stubborn=stubborn), **fields)
        self.root.tell(StartChild(spec))
        self.stepper.settle()

    def ask(self, id_: str) -> Any:
        future = self.system.handle(f"/{id_}").ask("version")
        self.stepper.settle()
        return future.get(timeout=0)


@pytest.fixture
def world() -> World:
    return World(Intensity(1000, 60))


def test_starting_one_that_is_there_changes_nothing(world: World) -> None:
    world.start("a", 1)
    world.start("a", 2)
    assert world.ask("a") == 1
    assert world.system.handle("/a").incarnation == 1


def test_a_stopped_child_is_forgotten_and_may_come_again(world: World) -> None:
    world.start("a", 1)
    world.root.tell(StopChild("a"))
    world.root.tell(StopChild("never was"))
    world.stepper.settle()
    assert [handle.path for handle in world.system.handles()] == ["/"]
    world.start("a", 2)
    assert world.ask("a") == 2


def test_a_child_wanted_again_while_it_stops_comes_again_as_wanted_last(world: World) -> None:
    world.start("a", 1, stubborn=True, shutdown=5.0)
    world.root.tell(StopChild("a"))
    world.start("a", 2)
    world.start("a", 3)
    world.stepper.run(4)
    assert world.system.handle("/a").incarnation == 1
    world.stepper.run(1)
    assert world.ask("a") == 3


def test_a_child_wanted_again_and_then_not_stays_down(world: World) -> None:
    world.start("a", 1, stubborn=True, shutdown=5.0)
    world.root.tell(StopChild("a"))
    world.start("a", 2)
    world.root.tell(StopChild("a"))
    world.stepper.run(10)
    assert [handle.path for handle in world.system.handles()] == ["/"]


def test_a_stop_during_the_backoff_ends_it(world: World) -> None:
    world.start("a", backoff=Backoff(50.0, 50.0))
    world.system.handle("/a").tell(ValueError("boom"))
    world.stepper.settle()
    world.root.tell(StopChild("a"))
    world.stepper.settle()
    assert len(world.stepper.timers) == 0
    assert [handle.path for handle in world.system.handles()] == ["/"]


@pytest.mark.parametrize("restart", [Restart.TRANSIENT, Restart.TEMPORARY])
def test_a_child_that_ended_for_good_is_forgotten(world: World, restart: Restart) -> None:
    world.start("a", restart=restart)
    world.system.handle("/a").tell("finish")
    world.stepper.settle()
    assert [handle.path for handle in world.system.handles()] == ["/"]


def test_a_supervisor_as_a_child_takes_its_childrens_names_along(world: World) -> None:
    spec = ChildSpec("sub", lambda: Supervisor((ChildSpec("leaf", Bot),)))
    world.root.tell(StartChild(spec))
    world.stepper.settle()
    assert world.ask("sub/leaf") == 1
    world.root.tell(StopChild("sub"))
    world.stepper.settle()
    assert [handle.path for handle in world.system.handles()] == ["/"]


def test_its_intensity_is_for_a_failure_of_many() -> None:
    world = World(Intensity(5, 60))
    for number in range(10):
        world.start(str(number))
    for number in range(10):
        world.system.handle(f"/{number}").tell(ValueError("all of them"))
    world.stepper.run(1)
    (end,) = world.ends
    assert end.failed
    assert "ended more than 5 times in 60 s" in end.reason
    assert [report.what for report in world.reports].count(What.ESCALATED) == 1
    assert [handle.path for handle in world.system.handles()] == ["/"]
    assert len(world.stepper.timers) == 0


def test_what_is_asked_for_while_it_closes_does_not_start(world: World) -> None:
    world.start("a", stubborn=True)
    world.root.tell(Shutdown("test"))
    world.start("b")
    assert not world.system.handle("/b").alive
    world.stepper.run(60)
    assert not world.ends[0].failed


def calls_of(world: World, children: int) -> int:
    """Return how many Python calls it takes to start so many children, crash one, and stop all."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        for number in range(children):
            world.root.tell(StartChild(ChildSpec(str(number), Bot, backoff=AT_ONCE)))
        world.stepper.settle()
        world.system.handle("/0").tell(ValueError("boom"))
        world.stepper.settle()
        world.root.tell(Shutdown("test"))
        world.stepper.run(1)
    finally:
        sys.setprofile(None)
    assert not world.ends[0].failed
    assert len(world.system.handles()) == 1
    return calls


def test_thousands_of_children_cost_each_as_little_as_few_do() -> None:
    few, many = (calls_of(World(Intensity(1000, 60)), children) / children for children in (500, 4000))
    assert many < few * 1.1
