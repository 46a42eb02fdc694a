"""Bugs in what is supervised, and in supervisors themselves: each is a child that failed, and nobody is left behind."""

from typing import Any

import pytest
from tests.supervisors.troupe import AT_ONCE, BOOM, Worker, World

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart
from the0_actors.supervisors.reports import Report, What
from the0_actors.supervisors.supervisor import Supervisor


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("error", [BOOM, SystemExit(3)], ids=repr)
def test_a_factory_that_raises_is_a_child_that_failed(world: World, error: BaseException) -> None:
    fail = [True]

    def factory() -> Actor:
        if fail:
            fail.pop()
            raise error
        return Worker(world)

    world.start(ChildSpec("a", factory, backoff=AT_ONCE), world.child("b"))
    world.stepper.run(1)
    assert world.whats("/a") == [What.FAILED, What.RESTARTING, What.STARTED]
    assert world.system.handle("/b").alive
    world.stop()


def test_a_factory_that_gives_out_the_same_actor_twice_is_a_child_that_failed(world: World) -> None:
    only = Worker(world)
    world.start(ChildSpec("a", lambda: only, backoff=AT_ONCE), intensity=Intensity(2, 10))
    world.tell("/a", BOOM, 1)
    assert "NotFresh" in world.ends[0].reason


@pytest.mark.parametrize("error", [BOOM, SystemExit(3)], ids=repr)
@pytest.mark.parametrize("hook", ["on_start", "on_stop"])
def test_a_hook_that_raises_is_a_child_that_failed(world: World, error: BaseException, hook: str) -> None:
    def fail(self: Actor) -> None:
        raise error

    kind = type("Failing", (Worker,), {hook: fail})
    specs = (ChildSpec("a", lambda: kind(world), backoff=Backoff(1.0, 1.0)), world.child("b"))
    world.start(*specs, intensity=Intensity(1000, 1))
    world.stepper.run(5)
    assert world.system.handle("/b").alive, "a child that does not come up holds up no sibling"
    assert (What.RESTARTING in world.whats("/a")) is (hook == "on_start")
    world.stop()
    assert world.whats("/a")[-1] in {What.FAILED, What.RESTARTING}


def test_a_bug_in_a_supervisor_stops_its_children_in_order_before_it_fails(world: World) -> None:
    class Buggy(Supervisor):
        def on_receive(self, message: Any) -> Any:
            if message == "bug":
                raise KeyError("a supervisor's own bug")
            return super().on_receive(message)

    def inner() -> Supervisor:
        return Buggy((world.child("x"), world.child("y")), reporter=world.report)

    world.start(ChildSpec("inner", inner, backoff=AT_ONCE))
    world.take_log()
    world.tell("/inner", "bug", 1)
    assert world.take_log() == ["-inner/y", "-inner/x", "+inner/x", "+inner/y"]
    failed = [report for report in world.reports if report.child == "/inner" and report.what is What.FAILED]
    assert "a supervisor's own bug" in failed[0].reason
    world.stop()


def test_a_supervisor_that_fails_even_at_stopping_leaves_no_child_behind(world: World) -> None:
    class Hopeless(Supervisor):
        def _progress(self, changed: Any = None) -> None:
            if self._closing is not None:
                raise KeyError("a bug in stopping")
            super()._progress(changed)

    world.start(ChildSpec("inner", lambda: Hopeless((world.child("x"),)), restart=Restart.TEMPORARY))
    leaf = world.system.handle("/inner/x")
    assert leaf.alive
    world.tell("/inner", Shutdown("test"), 1)
    assert not leaf.alive
    assert What.FAILED in world.whats("/inner")
    world.stop()


def test_a_reporter_that_raises_harms_no_tree(world: World) -> None:
    def fail(_report: Report) -> None:
        raise ValueError("a listener's own bug")

    world.start(world.child("a"), reporter=fail)
    world.tell("/a", BOOM, 1)
    assert world.system.handle("/a").alive
    world.stop()
