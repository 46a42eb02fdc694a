"""The actor: pykka's, run in turns on a dispatcher, with failures that stay its own.

What pykka does stays pykka's: the loop, envelopes, `ask`, `tell`, `stop`, proxies. What it lacks is added here: every
end of an actor, whatever its cause, is told to whoever started it; a `SystemExit` in a handler fails that actor alone.
"""

import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_exception, format_exception_only
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pykka

from the0_actors.actors.kernel.errors import HandlerExit, TurnOver
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.actors.kernel.messages import Shutdown

if TYPE_CHECKING:
    from the0_actors.actors.kernel.handle import Handle
    from the0_actors.actors.kernel.system import ActorSystem


@dataclass(frozen=True, slots=True)
class End:
    """How one incarnation ended."""

    reason: str
    """`normal`, or the failure in one line."""
    failed: bool
    trace: str = ""
    """Formatted traceback of the failure."""


NORMAL = End("normal", failed=False)


class StopFlag(threading.Event):
    """A `threading.Event` without its kilobyte: the condition is made when somebody waits."""

    def __init__(self) -> None:  # deliberately without super(): that is where the kilobyte is
        self._flag = False
        self._waiters: threading.Condition | None = None

    def set(self) -> None:
        """Set, and wake who waits."""
        self._flag = True
        waiters = self._waiters
        if waiters is not None:
            with waiters:
                waiters.notify_all()

    def clear(self) -> None:
        """Unset."""
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Block until set, at most `timeout` seconds; return whether it is set."""
        if self._waiters is None:
            self._waiters = threading.Condition()
        waiters = self._waiters
        with waiters:
            waiters.wait_for(self.is_set, timeout)
        return self._flag


class Actor(pykka.Actor):
    """Base of all actors. Subclasses implement `on_start`, `on_receive`, `on_stop`, as with pykka."""

    handle: "Handle"
    """This actor's stable name; set before `on_start`."""
    system: "ActorSystem"
    """The system it lives in; set before `on_start`."""

    def __init__(self) -> None:
        self.mailbox = self._create_actor_inbox()
        self.actor_inbox = self.mailbox
        self.actor_stopped = StopFlag()
        self.actor_urn = f"urn:actor:{id(self):x}"
        self._actor_ref: pykka.ActorRef[Any] = pykka.ActorRef(self)
        self._end = NORMAL
        self._on_end: Callable[[End], None] | None = None
        self._on_started: Callable[[], object] | None = None

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return Future()

    def bind(
        self,
        system: "ActorSystem",
        handle: "Handle",
        on_end: Callable[[End], None],
        on_started: Callable[[], object] | None,
    ) -> None:
        """Tie the actor to its system, before it is started. For `ActorSystem.spawn`."""
        self.system, self.handle = system, handle
        self._on_end, self._on_started = on_end, on_started

    def _start_actor_loop(self) -> None:
        self.mailbox.bind(self, self.system, self.handle.path)

    def take_turn(self, *, first: bool) -> None:
        """Run pykka's loop until the mailbox ends the turn. For `Mailbox.turn`."""
        contextvars.Context().run(self._turn, first)

    def _turn(self, first: bool) -> None:  # noqa: FBT001 - Context.run passes positionally
        if first:
            self._actor_loop_setup()
        try:
            self._actor_loop_running()
        except TurnOver:
            return

    def _actor_loop_setup(self) -> None:
        try:
            self.on_start()
        except BaseException as error:  # noqa: BLE001 - SystemExit too is this actor's failure
            self.fail(error)
            return
        started, self._on_started = self._on_started, None
        if started is not None:
            started()

    def _handle_receive(self, message: Any) -> Any:
        try:
            if isinstance(message, Shutdown):
                return self._stop() if self.shut_down(message) else None
            return super()._handle_receive(message)
        except Exception:
            raise
        except BaseException as error:
            raise HandlerExit(f"{error!r} in {self}") from error

    def shut_down(self, message: Shutdown) -> bool:  # noqa: ARG002 - for overriders
        """Take the order to stop; False to stop later by oneself (`self.finish`), within the budget."""
        return True

    def finish(self) -> None:
        """Stop now, normally: `on_stop` runs, what waits becomes dead letters. For use in a handler."""
        self._stop()

    def fail(self, error: BaseException) -> None:
        """Stop now, as failed. For use in a handler that cannot raise."""
        self._handle_failure(type(error), error, error.__traceback__)

    def _stop(self) -> None:
        try:
            super()._stop()
        except BaseException as error:  # noqa: BLE001 - on_stop may raise SystemExit
            self.fail(error)

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remember why, and stop. The log line is the supervisor's, who knows what follows."""
        self._end = End(
            reason="".join(format_exception_only(exception_type, exception_value)).strip(),
            failed=True,
            trace="".join(format_exception(exception_type, exception_value, traceback)),
        )
        pykka.ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()

    def finished(self) -> None:
        """Tell the end, after the mailbox closed. For `Mailbox`."""
        if self._on_end is not None:
            self._on_end(self._end)

    def give_up(self, reason: str) -> None:
        """End an actor that does not stop: nothing more is delivered; a turn in progress runs to nowhere."""
        self.actor_stopped.set()
        self._end = End(reason, failed=True)
        if self.mailbox.close():
            self.finished()

    def __str__(self) -> str:
        return f"{type(self).__name__} ({self.handle.path})" if hasattr(self, "handle") else super().__str__()
