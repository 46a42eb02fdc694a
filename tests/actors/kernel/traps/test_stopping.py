"""Stops that come late, never, or before the clean-up; and zombies."""

import threading
from functools import partial

import pykka
import pytest
from tests.actors.kernel.traps.conftest import MOMENT, PATIENCE, Ours, Plain, World, start

from the0_actors.actors.kernel.errors import AlreadyLive
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.supervisors.child_spec import ChildSpec
from the0_actors.supervisors.supervisor import Supervisor, start_root

# 5: "stopped" comes before "cleaned up"


def test_trap05_stopped_before_cleaned_up_plain() -> None:
    seen: list[tuple[bool, bool]] = []

    class Cleaning(Plain):
        def on_stop(self) -> None:
            seen.append((self.actor_ref.is_alive(), self.actor_ref in pykka.ActorRegistry.get_all()))

    start(Cleaning)[0].stop(timeout=PATIENCE)
    assert seen == [(False, False)], "whoever restarts on these overlaps the cleaning up"


def test_trap05_stopped_before_cleaned_up_ours(world: World) -> None:
    seen: list[object] = []

    class Cleaning(Ours):
        def on_stop(self) -> None:
            seen.append(self.handle.alive)
            seen.append(list(world.ends))
            with pytest.raises(AlreadyLive):
                self.system.spawn(self.handle, Ours)

    handle = world.spawn(Cleaning)
    handle.tell(Shutdown("test"))
    world.stepper.settle()
    assert seen == [True, []]
    assert len(world.ends) == 1


# 6: a stop waits behind all that was told before; an actor that stops itself and waits never does


def test_trap06_stop_is_only_first_in_first_out_plain() -> None:
    gate, handled = threading.Event(), list[int]()
    ref, _ = start(Plain)
    ref.tell(partial(gate.wait, PATIENCE))
    for number in range(10):
        ref.tell(partial(handled.append, number))
    stopped = ref.stop(block=False)
    gate.set()
    assert stopped.get(timeout=PATIENCE)
    assert len(handled) == 10


def test_trap06_stopping_oneself_plain() -> None:
    ref, _ = start(Plain)
    with pytest.raises(pykka.Timeout):
        ref.ask(lambda: ref.stop(timeout=MOMENT), timeout=PATIENCE)


def test_trap06_stop_is_only_first_in_first_out_ours(world: World) -> None:
    handled: list[int] = []
    handle = world.spawn()
    for number in range(10):
        handle.tell(partial(handled.append, number))
    handle.tell(Shutdown("now"))
    world.stepper.settle()
    assert handled == []
    assert world.system.dead_letters.count == 10


def test_trap06_stopping_oneself_ours(world: World) -> None:
    handle = world.spawn()
    actor = handle.actor
    assert actor is not None
    handle.tell(actor.finish)
    world.stepper.settle()
    assert [end.failed for end in world.ends] == [False]


# 7: stopping all gives up at the first that does not stop


def test_trap07_stop_all_gives_up_plain() -> None:
    gate = threading.Event()
    beside, _ = start(Plain)
    stuck, _ = start(Plain)
    stuck.tell(partial(gate.wait, PATIENCE))
    with pytest.raises(pykka.Timeout):
        pykka.ActorRegistry.stop_all(timeout=MOMENT)
    assert beside.is_alive()
    gate.set()


def test_trap07_stop_all_gives_up_ours() -> None:
    gate, began, over = threading.Event(), threading.Event(), threading.Event()

    class Stuck(Ours):
        def on_start(self) -> None:
            began.set()
            gate.wait(PATIENCE)

    with ThreadedSystem(workers=2) as system:
        specs = (ChildSpec("beside", Ours), ChildSpec("stuck", Stuck, shutdown=MOMENT))
        root = start_root(system, Supervisor(specs), lambda _end: over.set())
        assert began.wait(PATIENCE)
        root.tell(Shutdown("test"))
        assert over.wait(PATIENCE), "the stop resolves although one child's thread hangs"
        assert [handle.path for handle in system.handles() if handle.alive] == []
        gate.set()


# 8: an actor whose thread cannot be started is registered, alive and deaf


def no_more_threads(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_trap08_zombie_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", no_more_threads)
    with pytest.raises(RuntimeError):
        Plain.start()
    (zombie,) = pykka.ActorRegistry.get_by_class(Plain)
    assert zombie.is_alive()


def test_trap08_zombie_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadedSystem(workers=1) as system:
        monkeypatch.setattr(threading.Thread, "start", no_more_threads)
        handle = system.handle("/ours")
        system.spawn(handle, Ours)
        assert handle.ask("hello").get(timeout=PATIENCE) == "hello"
