"""Handles: stable names, dead letters, watches, and what a system answers about itself."""

from typing import Any

import pykka
import pytest

from the0_actors.actors.kernel.actor import NORMAL, Actor, End
from the0_actors.actors.kernel.dead_letters import DeadLetter, DeadLetters
from the0_actors.actors.kernel.errors import AlreadyLive, NotFresh, Unbound
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.monitors import ALREADY, WatchedEnded
from the0_actors.actors.kernel.step import Stepper


class Echo(Actor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        self.heard.append(message)
        if message == "crash":
            raise ValueError("asked to")
        return message


@pytest.fixture
def stepper() -> Stepper:
    return Stepper(1)


def test_p62_a_handle_outlives_incarnations(stepper: Stepper) -> None:
    system = stepper.system()
    handle = system.handle("/echo")
    assert system.handle("/echo") is handle
    assert (handle.alive, handle.incarnation, handle.actor) == (False, 0, None)
    for incarnation in (1, 2):
        system.spawn(handle, Echo)
        future = handle.ask("hello")
        stepper.settle()
        assert future.get(timeout=0) == "hello"
        assert (handle.alive, handle.incarnation) == (True, incarnation)
        handle.tell("crash")
        stepper.settle()
        assert not handle.alive


def test_what_nobody_takes_is_a_dead_letter_with_its_reason(stepper: Stepper) -> None:
    heard: list[DeadLetter] = []
    system = stepper.system(dead_letters=DeadLetters(keep=2, listener=heard.append))
    handle = system.handle("/echo")
    assert not handle.tell("before")
    with pytest.raises(pykka.ActorDeadError):
        handle.ask("before").get(timeout=0)
    system.spawn(handle, Echo)
    handle.tell(Shutdown("test"))
    handle.tell("during")
    stepper.settle()
    assert not handle.tell("after")
    assert not handle.tell(Shutdown("nobody misses it"))
    assert [letter.reason for letter in heard] == ["absent", "stopped", "stopped"]
    assert system.dead_letters.count == 3
    assert len(system.dead_letters.last()) == 2
    assert {letter.message for letter in heard} == {"str"}, "a name, never the content"


def test_a_listener_that_raises_harms_no_sender(stepper: Stepper) -> None:
    def fail(_letter: DeadLetter) -> None:
        raise ValueError("a listener's own bug")

    system = stepper.system(dead_letters=DeadLetters(listener=fail))
    assert not system.handle("/nobody").tell("hello")
    assert system.dead_letters.count == 1


def test_one_incarnation_at_a_time(stepper: Stepper) -> None:
    system = stepper.system()
    handle = system.handle("/echo")
    system.spawn(handle, Echo)
    with pytest.raises(AlreadyLive):
        system.spawn(handle, Echo)
    stepper.settle()
    assert (handle.alive, handle.incarnation) == (True, 1)


def test_an_actor_lives_once(stepper: Stepper) -> None:
    system = stepper.system()
    actor, handle = Echo(), system.handle("/echo")
    system.spawn(handle, lambda: actor)
    handle.tell(Shutdown("test"))
    stepper.settle()
    with pytest.raises(NotFresh):
        system.spawn(handle, lambda: actor)
    assert not handle.alive


def test_an_actor_of_no_system_is_refused_and_left_in_no_registry() -> None:
    with pytest.raises(Unbound):
        Echo.start()
    assert pykka.ActorRegistry.get_by_class(Echo) == []


def test_forgotten_handles_are_made_anew(stepper: Stepper) -> None:
    system = stepper.system()
    handle, below, beside = system.handle("/a"), system.handle("/a/b"), system.handle("/ab")
    system.forget_below(handle)
    assert system.handles() == (handle, beside)
    system.forget(handle)
    assert system.handle("/a") is not handle
    system.forget(handle)
    assert len(system.handles()) == 2, "the new one is not the old one's to forget"
    assert below not in system.handles()


def spawned(stepper: Stepper, *paths: str) -> list[tuple[Handle, Echo]]:
    system = stepper.system()
    found: list[tuple[Handle, Echo]] = []
    for path in paths:
        system.spawn(system.handle(path), Echo)
        actor = system.handle(path).actor
        assert isinstance(actor, Echo)
        found.append((system.handle(path), actor))
    stepper.settle()
    return found


def test_a_watcher_is_told_once_after_what_was_told_before(stepper: Stepper) -> None:
    (watcher, ears), (watched, _) = spawned(stepper, "/watcher", "/watched")
    watched.watch(watcher)
    watched.watch(watcher)
    watcher.tell("before")
    watched.tell("crash")
    stepper.settle()
    before, notice = ears.heard
    assert before == "before"
    assert isinstance(notice, WatchedEnded)
    assert (notice.path, notice.incarnation, notice.end.failed) == ("/watched", 1, True)
    assert notice.end.reason == "ValueError: asked to"


def test_watching_who_is_gone_or_never_was_is_told_at_once(stepper: Stepper) -> None:
    ((watcher, ears),) = spawned(stepper, "/watcher")
    stepper.system().handle("/never").watch(watcher)
    stepper.settle()
    assert ears.heard == [WatchedEnded("/never", 0, ALREADY)]


def test_an_orderly_end_is_told_as_normal_and_a_watch_taken_back_is_not_told(stepper: Stepper) -> None:
    (first, ears), (second, other), (watched, _) = spawned(stepper, "/1", "/2", "/watched")
    watched.watch(first)
    watched.watch(second)
    watched.unwatch(second)
    watched.tell(Shutdown("test"))
    stepper.settle()
    assert ears.heard == [WatchedEnded("/watched", 1, NORMAL)]
    assert other.heard == []
    watched.unwatch(first)


def test_a_watch_is_not_inherited_by_the_watchers_successor(stepper: Stepper) -> None:
    system = stepper.system()
    watcher, watched = system.handle("/watcher"), system.handle("/watched")
    system.spawn(watched, Echo)
    system.spawn(watcher, Echo)
    watched.watch(watcher)
    watcher.tell(Shutdown("test"))
    stepper.settle()
    successor = Echo()
    system.spawn(watcher, lambda: successor)
    watched.tell("crash")
    stepper.settle()
    assert successor.heard == []
    assert system.dead_letters.count == 0


def test_watchers_that_are_gone_take_no_room(stepper: Stepper) -> None:
    system = stepper.system()
    watched = system.handle("/watched")
    system.spawn(watched, Echo)
    for number in range(1000):
        watcher = system.handle(f"/{number}")
        system.spawn(watcher, Echo)
        watched.watch(watcher)
        watcher.tell(Shutdown("test"))
        stepper.settle()
    watchers = watched._watchers  # pyright: ignore[reportPrivateUsage]
    assert watchers is not None
    assert len(watchers) <= 4


def test_a_system_answers_about_all_of_itself(stepper: Stepper) -> None:
    system = stepper.system()
    echo, nobody = system.handle("/echo"), system.handle("/nobody")
    system.spawn(echo, Echo)
    echo.tell("waits")
    nobody.tell("lost")
    system.after(5.0, echo, "later")
    snapshot = system.snapshot()
    assert [(one.path, one.kind, one.alive) for one in snapshot.handles] == [
        ("/echo", "Echo", True),
        ("/nobody", "", False),
    ]
    assert snapshot.handles[0].mailbox is not None
    assert snapshot.handles[0].mailbox.waiting == 1
    assert snapshot.dispatcher is not None
    assert (snapshot.timers.active, snapshot.dead_letters.count, snapshot.dispatcher.waiting) == (1, 1, 1)


def test_the_end_is_told_once_whoever_comes_first(stepper: Stepper) -> None:
    system = stepper.system()
    ends: list[End] = []
    actor, handle = Echo(), system.handle("/echo")
    system.spawn(handle, lambda: actor, ends.append)
    stepper.settle()
    handle.tell("crash")
    stepper.settle()
    actor.give_up("too late")
    assert [end.reason for end in ends] == ["ValueError: asked to"]
