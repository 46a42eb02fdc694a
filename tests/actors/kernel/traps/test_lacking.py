"""What pykka keeps too long, and what it does not have."""

import contextvars
import gc
import threading
import weakref
from functools import partial
from typing import Any, assert_type

import pykka
import pytest
from tests.actors.kernel.traps.conftest import PATIENCE, Ours, Plain, World, ended, start

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.errors import MailboxFull
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.monitors import WatchedEnded

# 11: a proxy keeps its actor from the garbage collector


def test_trap11_proxy_plain() -> None:
    ref, actor = start(Plain)
    proxy = ref.proxy()
    seen = weakref.ref(actor)
    ref.stop(timeout=PATIENCE)
    ended(actor)
    del actor
    gc.collect()
    assert seen() is not None
    del proxy


def test_trap11_proxy_ours(world: World) -> None:
    handle = world.spawn()
    seen = weakref.ref(handle.actor or world)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    gc.collect()
    assert seen() is None, "clients are functions over a handle, which holds nobody"
    assert handle.path == "/ours"


# 12: what is not there


def test_trap12_no_restart_plain() -> None:
    ref, actor = start(Plain)
    ref.tell(ValueError("boom"))
    ended(actor)
    start(Plain)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("who comes after is somebody else")


def test_trap12_no_restart_ours(world: World) -> None:
    handle = world.spawn()
    handle.tell(ValueError("boom"))
    world.stepper.settle()
    assert world.spawn() is handle
    future = handle.ask("hello")
    world.stepper.settle()
    assert future.get(timeout=0) == "hello"


def test_trap12_no_bound_plain() -> None:
    gate = threading.Event()
    ref, _ = start(Plain)
    ref.tell(partial(gate.wait, PATIENCE))
    for number in range(10_000):
        ref.tell(number)
    gate.set()


def test_trap12_no_bound_ours(world: World) -> None:
    class Bounded(Ours):
        @staticmethod
        def _create_actor_inbox() -> Mailbox:
            return Mailbox(capacity=10)

    handle = world.spawn(Bounded)
    assert sum(handle.tell(number) for number in range(100)) == 10
    with pytest.raises(MailboxFull):
        handle.ask("more").get(timeout=0)


def test_trap12_failure_without_its_message_ours(world: World) -> None:
    culprits: list[object] = []

    class Telling(Ours):
        def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
            culprits.append(self.in_hand)

    error = ValueError("boom")
    world.spawn(Telling).tell(error)
    world.stepper.settle()
    assert culprits == [error]


def test_trap12_no_timers_and_no_watching_ours(world: World) -> None:
    heard: list[object] = []

    class Watcher(Ours):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    watcher, watched = world.spawn(Watcher, "/watcher"), world.spawn()
    watched.watch(watcher)
    world.system.after(5.0, watched, ValueError("boom"))
    world.stepper.run(10)
    assert [type(message) for message in heard] == [WatchedEnded]


def frames_kept(future: "pykka.Future[Any]") -> bool:
    """Return whether a future that failed keeps what its handler had in hand."""

    class Big:
        pass

    def handler() -> None:
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError("boom")

    kept: list[weakref.ref[Big]] = []
    try:
        handler()
    except ValueError:
        future.set_exception()
    gc.collect()
    return kept[0]() is not None


def test_trap12_frames_kept_plain() -> None:
    assert frames_kept(pykka.ThreadingFuture())


def test_trap12_frames_kept_ours() -> None:
    assert not frames_kept(Future())


def test_trap12_context_leaks_ours(world: World) -> None:
    variable = contextvars.ContextVar("variable", default="nobody's")
    seen: list[str] = []
    first, second = world.spawn(path="/1"), world.spawn(path="/2")
    first.tell(lambda: variable.set("the first's"))
    world.stepper.settle()
    second.tell(lambda: seen.append(variable.get()))
    world.stepper.settle()
    assert seen == ["nobody's"]


# 13: types


def test_trap13_types_ours(world: World) -> None:
    handle = world.spawn()
    future = handle.ask("hello")
    assert_type(future, pykka.Future[Any])
    assert_type(handle.tell("hello"), bool)
    # static, so that both type checkers accept the override
    assert_type(Actor._create_actor_inbox(), Mailbox)  # pyright: ignore[reportPrivateUsage]
    world.stepper.settle()
    assert future.get(timeout=0) == "hello"
