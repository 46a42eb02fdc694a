"""Asks that are lost, failures that nobody hears of, and a SystemExit."""

from collections.abc import Callable
from typing import Any

import pykka
import pytest
from tests.actors.kernel.traps.conftest import MOMENT, PATIENCE, Ours, Plain, World, ended, start, thread_dies

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.errors import HandlerExit
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.seam import Envelope

# 1: an ask between `stop` and the end of the actor is lost


def test_trap01_lost_ask_plain() -> None:
    ref, actor = start(Plain)
    assert ref.is_alive(), "the asker looks"
    ref.stop(timeout=PATIENCE)
    ended(actor)
    future = pykka.ThreadingFuture[Any]()
    ref.actor_inbox.put(Envelope("question", reply_to=future))  # and then puts, as ActorRef.ask does
    with pytest.raises(pykka.Timeout):
        future.get(timeout=MOMENT)


def test_trap01_lost_ask_ours(world: World) -> None:
    handle = world.spawn()
    assert handle.actor is not None
    mailbox = handle.actor.mailbox
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    future = Future()
    mailbox.put(Envelope("question", reply_to=future))
    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=0)


# 2: a failing on_start is told to nobody


class PlainFailingStart(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[str] = []

    def on_start(self) -> None:
        raise ValueError("does not come up")

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        self.hooks.append("on_failure")

    def on_stop(self) -> None:
        self.hooks.append("on_stop")


def test_trap02_invisible_failure_plain() -> None:
    _, actor = start(PlainFailingStart)
    ended(actor)
    assert isinstance(actor, PlainFailingStart)
    assert actor.hooks == []


def test_trap02_invisible_failure_ours(world: World) -> None:
    class FailingStart(Ours):
        def on_start(self) -> None:
            raise ValueError("does not come up")

    world.spawn(FailingStart)
    assert [(end.failed, end.reason) for end in world.ends] == [(True, "ValueError: does not come up")]


# 3: an ask that fails leaves the actor running in whatever state it is in


def test_trap03_failing_ask_plain() -> None:
    ref, _ = start(Plain)
    with pytest.raises(ValueError, match="boom"):
        ref.ask(ValueError("boom"), timeout=PATIENCE)
    assert ref.is_alive()


def test_trap03_failing_ask_ours(world: World) -> None:
    future = world.spawn().ask(ValueError("boom"))
    world.stepper.settle()
    with pytest.raises(ValueError, match="boom"):
        future.get(timeout=0)
    assert [end.failed for end in world.ends] == [True]


# 4: a SystemExit in one actor stops all, or leaves a zombie


def test_trap04_system_exit_plain() -> None:
    ref, actor = start(Plain)
    bystander, _ = start(Plain)
    future = ref.ask(SystemExit(3), block=False)
    ended(actor)
    assert bystander.actor_stopped.wait(PATIENCE), "all actors of the process were stopped"
    with pytest.raises(pykka.Timeout):
        future.get(timeout=MOMENT)


@thread_dies
def test_trap04_system_exit_in_on_start_plain() -> None:
    class Exiting(Plain):
        def on_start(self) -> None:
            raise SystemExit(3)

    ref, actor = start(Exiting)
    ended(actor)
    assert ref.is_alive(), "a zombie: registered, alive, deaf"
    assert ref in pykka.ActorRegistry.get_all()


@thread_dies
def test_trap04_system_exit_in_on_stop_plain() -> None:
    class Exiting(Plain):
        def on_stop(self) -> None:
            raise SystemExit(3)

    ref, actor = start(Exiting)
    stopped = ref.stop(block=False)
    ended(actor)
    with pytest.raises(pykka.Timeout):
        stopped.get(timeout=MOMENT)
    for other in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(other)


def test_trap04_system_exit_ours(world: World) -> None:
    handle, bystander = world.spawn(), world.spawn(path="/bystander")
    future = handle.ask(SystemExit(3))
    world.stepper.settle()
    with pytest.raises(HandlerExit):
        future.get(timeout=0)
    assert (handle.alive, bystander.alive) == (False, True)


@pytest.mark.parametrize("hook", ["on_start", "on_stop"])
def test_trap04_system_exit_in_a_hook_ours(world: World, hook: str) -> None:
    def leave(_self: Actor) -> None:
        raise SystemExit(3)

    exiting: Callable[[], Actor] = type("Exiting", (Ours,), {hook: leave})
    handle = world.spawn(exiting)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    assert [(end.failed, end.reason) for end in world.ends] == [(True, "SystemExit: 3")]
    assert not handle.alive
