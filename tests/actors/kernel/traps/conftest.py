"""Thirteen traps of the actor library: each `…_plain` shows pykka alone fall in, each `…_ours` the kernel pass by.

The plain tests are facts about pykka 4.5, kept so that we notice when one no longer holds and its cure can go.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pykka
import pykka.messages
import pytest

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.seam import Envelope
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.system import ActorSystem

PATIENCE = 20.0
"""Seconds for what must happen."""
MOMENT = 0.05
"""Seconds for what must not."""

thread_dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Plain(pykka.ThreadingActor):
    """Pykka alone, with its thread at hand."""

    use_daemon_thread = True
    thread: threading.Thread

    def _actor_loop(self) -> None:
        self.thread = threading.current_thread()
        super()._actor_loop()

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message() if callable(message) else message


class Ours(Actor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message() if callable(message) else message


def start(kind: type[Plain]) -> tuple[pykka.ActorRef[Plain], Plain]:
    ref: pykka.ActorRef[Plain] = kind.start()
    actor = ref._actor_weakref()  # pyright: ignore[reportPrivateUsage]
    assert actor is not None
    return ref, actor


def ended(actor: Plain) -> None:
    """Wait until an actor's thread is over."""
    actor.thread.join(PATIENCE)
    assert not actor.thread.is_alive()


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    yield
    for ref in pykka.ActorRegistry.get_all():
        if issubclass(ref.actor_class, Plain):
            ref.actor_inbox.put(Envelope(pykka.messages._ActorStop()))  # pyright: ignore[reportPrivateUsage]
            pykka.ActorRegistry.unregister(ref)


class World:
    """Ours on the stepper."""

    def __init__(self) -> None:
        self.stepper = Stepper(1)
        self.system: ActorSystem = self.stepper.system()
        self.ends: list[End] = []

    def spawn(self, kind: Callable[[], Actor] = Ours, path: str = "/ours") -> Handle:
        handle = self.system.handle(path)
        self.system.spawn(handle, kind, self.ends.append)
        self.stepper.settle()
        return handle


@pytest.fixture
def world() -> World:
    return World()
