"""The actor: pykka's, run in turns on a dispatcher, with failures that stay its own.

What pykka does stays pykka's: the loop, envelopes, `ask`, `tell`, `stop`, proxies. What it lacks is added here: every
end of an actor, whatever its cause, is told to whoever started it; a `SystemExit` in a handler fails that actor alone.
"""

import contextvars
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pykka
import structlog

from the0_actors.actors.kernel.end import NORMAL, End, failure
from the0_actors.actors.kernel.errors import HandlerExit, NotFresh, TurnOver, Unbound
from the0_actors.actors.kernel.future import Future
from the0_actors.actors.kernel.mailbox import Mailbox
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.stop_flag import StopFlag

if TYPE_CHECKING:
    from the0_actors.actors.kernel.handle import Handle
    from the0_actors.actors.kernel.system import ActorSystem

__all__ = ["NORMAL", "Actor", "End"]

_log = structlog.get_logger(__name__)


class Actor(pykka.Actor):
    """Base of all actors. Subclasses implement `on_start`, `on_receive`, `on_stop`, as with pykka.

    Whatever one of these raises ends the incarnation as failed, and its supervisor decides what follows; `on_failure`
    runs before that, and `in_hand` is then the message that did it. This holds for an `ask` too: the asker gets the
    exception *and* the actor fails, because state that a handler left half changed is no better for having been asked.
    A class whose handlers may raise by way of an answer says `ask_crashes = False`.
    """

    ahead: ClassVar[bool] = False
    """Whether its turns go before those of actors without it: for the few that many others depend on."""
    ask_crashes: ClassVar[bool] = True
    """Whether an exception in answering an `ask` fails the actor, as one in handling a `tell` always does."""

    handle: "Handle"
    """This actor's stable name; set before `on_start`."""
    system: "ActorSystem"
    """The system it lives in; set before `on_start`."""

    def __init__(self) -> None:
        self.mailbox = self._create_actor_inbox()
        self.actor_inbox = self.mailbox
        self.actor_stopped = StopFlag()
        self.actor_urn = ""
        self._end = NORMAL
        self._on_end: Callable[[End], None] | None = None
        self._on_started: Callable[[], object] | None = None

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return Future()

    @property
    def actor_ref(self) -> pykka.ActorRef[Self]:
        """Pykka's reference, made when somebody wants it: most actors are reached through their handle."""
        ref: pykka.ActorRef[Self] | None = self.__dict__.get("_actor_ref")
        if ref is None:
            ref = self._actor_ref = pykka.ActorRef(self)
        return ref

    def bind(
        self,
        system: "ActorSystem",
        handle: "Handle",
        on_end: Callable[[End], None] | None,
        on_started: Callable[[], object] | None,
    ) -> None:
        """Tie the actor to its system, before it is started. For `ActorSystem.spawn`. Raises `NotFresh`."""
        if hasattr(self, "handle") or self.mailbox.closed:
            raise NotFresh(f"{self} has lived before; a factory makes a new actor each time")
        self.system, self.handle = system, handle
        self.actor_urn = self.actor_urn or handle.path
        self._on_end, self._on_started = on_end, on_started
        self.mailbox.bind(self, system, handle.path)

    def _start_actor_loop(self) -> None:
        if not hasattr(self, "handle"):
            pykka.ActorRegistry.unregister(self.actor_ref)
            raise Unbound(f"{type(self).__name__} belongs to no actor system")
        self.mailbox.start()

    def take_turn(self, *, first: bool) -> None:
        """Run pykka's loop until the mailbox ends the turn. For `Mailbox.turn`."""
        contextvars.Context().run(self._turn, first)

    def _turn(self, first: bool) -> None:  # noqa: FBT001 - Context.run passes positionally
        try:
            if first:
                self._actor_loop_setup()
            self._actor_loop_running()
        except TurnOver:
            return
        except BaseException as error:  # noqa: BLE001 - on_failure may raise anything; no worker dies of it
            self.fail(error)

    def _actor_loop_setup(self) -> None:
        try:
            self.on_start()
        except BaseException as error:  # noqa: BLE001 - SystemExit too is this actor's failure
            self.fail(error)
        started, self._on_started = self._on_started, None
        if started is not None and not self.actor_stopped.is_set():
            started()

    def _handle_receive(self, message: Any) -> Any:
        try:
            if isinstance(message, Shutdown):
                return self._stop() if self.shut_down(message) else None
            return super()._handle_receive(message)
        except Exception as error:
            self._failed_to_answer(error)
            raise
        except BaseException as error:
            exit_ = HandlerExit(f"{error!r} in {self}")
            exit_.__cause__ = error
            self._failed_to_answer(exit_)
            raise exit_ from error

    def _failed_to_answer(self, error: Exception) -> None:
        """Fail when the message in hand is an `ask`; for a `tell` pykka does it when the exception arrives there."""
        envelope = self.mailbox.in_hand
        if self.ask_crashes and envelope is not None and envelope.reply_to is not None:
            self._handle_failure(type(error), error, error.__traceback__)
            try:
                self.on_failure(type(error), error, error.__traceback__)
            except BaseException as second:  # noqa: BLE001 - the asker gets the first
                self.fail(second)

    @property
    def in_hand(self) -> object:
        """The message that is being handled, or that failed while `on_failure` runs; None in `on_start`."""
        envelope = self.mailbox.in_hand
        return None if envelope is None else envelope.message

    def on_receive(self, message: Any) -> Any:
        """Handle an ordinary message; what it returns answers an `ask`. Here: a warning that nobody handles it."""
        _log.warning("unexpected_message", path=self.actor_urn, actor=type(self).__name__, kind=type(message).__name__)

    def shut_down(self, message: Shutdown) -> bool:  # noqa: ARG002 - for overriders
        """Take the order to stop; False to stop later by oneself (`self.finish`), within the budget."""
        return True

    def finish(self) -> None:
        """Stop now, normally: `on_stop` runs, what waits becomes dead letters. For use in a handler."""
        self._stop()

    def fail(self, error: BaseException) -> None:
        """Stop now, as failed. For use in a handler that cannot raise."""
        self._handle_failure(type(error), error, error.__traceback__)

    def conclude(self, end: End) -> None:
        """Stop now with this end, without `on_stop`. The first failure stays: later ones are its consequences."""
        if not self._end.failed:
            self._end = end
        self.actor_stopped.set()

    def _stop(self) -> None:
        if self.actor_stopped.is_set():
            return
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
        if "_actor_ref" in self.__dict__:
            pykka.ActorRegistry.unregister(self.actor_ref)
        self.conclude(failure(exception_type, exception_value, traceback))

    def finished(self) -> None:
        """Tell the end, after the mailbox closed. For `Mailbox`."""
        on_end, self._on_end = self._on_end, None
        if hasattr(self, "system"):
            self.system.ended(self, self._end, on_end)

    def give_up(self, reason: str) -> None:
        """End an actor that does not stop: nothing more is delivered; a turn in progress runs to nowhere.

        Called from any thread. That turn cannot be killed: what it still does, it does beside its successor.
        """
        self._end = End(reason, failed=True)
        self.actor_stopped.set()
        if self.mailbox.close():
            self.finished()

    def came_back(self) -> None:
        """Clean up after a turn that ended when the actor had been given up. For `Mailbox`, in the turn's thread."""

    def __str__(self) -> str:
        return f"{type(self).__name__} ({self.handle.path})" if hasattr(self, "handle") else super().__str__()
