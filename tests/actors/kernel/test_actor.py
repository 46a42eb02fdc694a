"""The actor: every way to end is told once, and stays the actor's own."""

import contextvars
import gc
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pykka
import pytest

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.errors import HandlerExit
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem

type_of_error = [ValueError("boom"), SystemExit(3), KeyboardInterrupt()]


class Scripted(Actor):
    """Raises where it is told to, and notes which hooks ran."""

    def __init__(self, **scripts: Callable[[], object]) -> None:
        super().__init__()
        self.scripts = scripts
        self.ran: list[str] = []
        self.failed_on: object = None

    def play(self, hook: str) -> None:
        self.ran.append(hook)
        self.scripts.get(hook, lambda: None)()

    def on_start(self) -> None:
        self.play("on_start")

    def on_receive(self, message: Any) -> Any:
        self.play("on_receive")
        if isinstance(message, BaseException):
            raise message
        return message

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.failed_on = self.in_hand
        self.play("on_failure")

    def on_stop(self) -> None:
        self.play("on_stop")


def raising(error: BaseException) -> Callable[[], object]:
    def play() -> None:
        raise error

    return play


class World:
    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.system: ActorSystem = self.stepper.system()
        self.ends: list[End] = []
        self.started: list[bool] = []

    def spawn(self, actor: Actor) -> Handle:
        handle = self.system.handle("/actor")
        self.system.spawn(handle, lambda: actor, self.ends.append, lambda: self.started.append(True))
        self.stepper.settle()
        return handle

    def end(self) -> End:
        self.stepper.settle()
        (end,) = self.ends
        return end


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("error", type_of_error, ids=repr)
def test_an_on_start_that_raises_is_a_failed_end_and_no_start(world: World, error: BaseException) -> None:
    actor = Scripted(on_start=raising(error))
    handle = world.spawn(actor)
    assert world.end().failed
    assert type(error).__name__ in world.end().reason
    assert world.started == []
    assert not handle.alive


def test_an_actor_may_finish_in_on_start(world: World) -> None:
    actor = Scripted()
    actor.scripts["on_start"] = actor.finish
    world.spawn(actor)
    assert not world.end().failed
    assert actor.ran == ["on_start", "on_stop"]
    assert world.started == []


@pytest.mark.parametrize("error", type_of_error, ids=repr)
def test_a_handler_that_raises_ends_its_actor_with_reason_and_trace(world: World, error: BaseException) -> None:
    actor = Scripted()
    handle = world.spawn(actor)
    handle.tell(error)
    end = world.end()
    assert end.failed
    assert repr(error) in end.reason or str(error) in end.reason
    assert "on_receive" in end.trace
    assert actor.ran == ["on_start", "on_receive", "on_failure"]
    assert actor.failed_on is error, "on_failure may look at the message that did it"


@pytest.mark.parametrize("error", type_of_error, ids=repr)
def test_a_failing_ask_answers_the_asker_and_fails_the_actor(world: World, error: BaseException) -> None:
    actor = Scripted()
    handle = world.spawn(actor)
    future = handle.ask(error)
    assert world.end().failed
    with pytest.raises(type(error) if isinstance(error, Exception) else HandlerExit):
        future.get(timeout=0)
    assert actor.ran == ["on_start", "on_receive", "on_failure"]
    assert actor.failed_on is error


def test_a_class_may_answer_with_exceptions_and_live(world: World) -> None:
    class Answering(Scripted):
        ask_crashes = False

    handle = world.spawn(Answering())
    future = handle.ask(KeyError("no such thing"))
    world.stepper.settle()
    with pytest.raises(KeyError):
        future.get(timeout=0)
    assert handle.alive
    handle.tell(ValueError("told"))
    assert world.end().failed


@pytest.mark.parametrize("error", type_of_error, ids=repr)
@pytest.mark.parametrize("ask", [False, True])
def test_an_on_failure_that_raises_changes_nothing_about_why(world: World, error: BaseException, ask: bool) -> None:
    handle = world.spawn(Scripted(on_failure=raising(error)))
    (handle.ask if ask else handle.tell)(ZeroDivisionError("the first"))
    assert world.end().reason == "ZeroDivisionError: the first"


@pytest.mark.parametrize("error", type_of_error, ids=repr)
def test_an_on_stop_that_raises_is_a_failed_end(world: World, error: BaseException) -> None:
    actor = Scripted(on_stop=raising(error))
    world.spawn(actor).tell(Shutdown("test"))
    assert world.end().failed
    assert type(error).__name__ in world.end().reason


def test_a_stop_through_pykka_resolves_whatever_on_stop_does(world: World) -> None:
    actor = Scripted(on_stop=raising(SystemExit(3)))
    world.spawn(actor)
    stopped = actor.actor_ref.stop(block=False)
    world.stepper.settle()
    assert stopped.get(timeout=0)


def test_finishing_twice_stops_once(world: World) -> None:
    actor = Scripted()

    def twice() -> None:
        actor.finish()
        actor.finish()

    actor.scripts["on_receive"] = twice
    world.spawn(actor).tell("go")
    assert not world.end().failed
    assert actor.ran == ["on_start", "on_receive", "on_stop"]


def test_an_actor_may_put_its_stop_off(world: World) -> None:
    class Slow(Scripted):
        def shut_down(self, message: Shutdown) -> bool:
            self.system.after(5.0, self.handle, "ready")
            return False

    actor = Slow()
    actor.scripts["on_receive"] = actor.finish
    handle = world.spawn(actor)
    handle.tell(Shutdown("test"))
    world.stepper.run(4)
    assert handle.alive
    world.stepper.run(1)
    assert not world.end().failed


def test_giving_up_delivers_nothing_more_and_runs_no_hook(world: World) -> None:
    actor = Scripted()
    handle = world.spawn(actor)
    waiting = handle.ask("waiting")
    actor.give_up("took too long")
    with pytest.raises(pykka.ActorDeadError):
        waiting.get(timeout=0)
    assert world.end() == End("took too long", failed=True)
    assert actor.ran == ["on_start"]


def test_nothing_holds_an_actor_that_ended(world: World) -> None:
    actor = Scripted()
    seen = weakref.ref(actor)
    world.spawn(actor).tell(ValueError("boom"))
    assert world.end().failed
    actor.scripts.clear()
    del actor
    gc.collect()
    assert seen() is None


def test_a_turn_has_a_context_of_its_own(world: World) -> None:
    variable = contextvars.ContextVar("variable", default="outside")
    seen: list[str] = []

    class Setter(Actor):
        def on_receive(self, message: Any) -> None:
            seen.append(variable.get())
            variable.set(message)

    handle = world.spawn(Setter())
    for name in ("first", "second"):
        handle.tell(name)
        world.stepper.settle()
    assert seen == ["outside", "outside"]
    assert variable.get() == "outside"


def test_a_message_that_nobody_handles_is_named_without_its_content(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = world.spawn(Actor())
    handle.tell("a secret")
    world.stepper.settle()
    logged = capsys.readouterr().out
    assert "unexpected_message" in logged
    assert "secret" not in logged
    assert handle.alive
