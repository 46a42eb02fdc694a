"""The platform's events as a source: each is written to the database, acknowledged, and Fleet is told at once.

One write at a time, in the order of arrival. An event that came over JetStream and could not be written goes back to
the stream; one that came over core NATS has nobody to go back to, so it stays at the head until it is written.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.messages import ActiveMoved, AskActive, DocumentChanged, Tick
from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.feed import Delivery, EventFeed, FeedState
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.ports.store import DesiredState
from the0_actors.actors.retry import Backoff


@dataclass(frozen=True, slots=True)
class Delivered:
    """One event, from the feed's thread."""

    delivery: Delivery


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """A message that was no event."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listening:
    """What the source works with."""

    feed: Callable[[], EventFeed]
    """The feed, once this runtime is active."""
    store: DesiredState
    lane: Lane
    fleet: Handle
    lease: Handle
    mongo: Handle
    """Polls at each reconnect: what core NATS carried meanwhile is lost, the database may know more."""
    deadline: float = 30.0


class _Listener:
    """Passes the feed's calls on as messages."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def delivered(self, delivery: Delivery) -> None:
        self._handle.tell(Delivered(delivery))

    def refused(self, subject: str, reason: str) -> None:
        self._handle.tell(RefusedEvent(subject, reason))

    def changed(self, state: FeedState) -> None:
        self._handle.tell(state)


class NatsSource(Actor):
    """Listens to one NATS. `parts`, `settled`, `alarm` and `refused` may be read from any thread."""

    def __init__(self, listening: Listening) -> None:
        super().__init__()
        self._listening = listening
        self._subscription: Subscription | None = None
        self._queue: deque[Delivery] = deque()
        self._writing = False
        self._backoff = Backoff(cap=10.0)
        self._connected = False
        self.settled = False
        """It is known whether we listen: the server has our subscription, or a first try to connect has failed."""
        self.alarm = ""
        self.refused = 0
        self.last_refusal = ""
        self.parts: tuple[PartStatus, ...] = (PartStatus("nats", ok=False, required=False, note="not connected yet"),)

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._listening.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take an event, an answer, or the state of the connection."""
        match message:
            case ActiveMoved(active):
                self._activate(active=active)
            case Delivered(delivery):
                self._queue.append(delivery)
                self._write()
            case Completed(overdue=True):
                self._note(ok=False, note="a write takes too long")
            case Completed():
                self._written(message)
            case FeedState():
                self._changed(message)
            case RefusedEvent():
                self.refused += 1
                self.last_refusal = f"{message.subject}: {message.reason}"
            case Tick():
                self._write()
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Close the connection; what was not acknowledged is delivered again later."""
        self._close()

    def on_failure(self, *_about: Any, **_more: Any) -> None:
        """Stop as always: what is left open would go on beside what a successor opens."""
        self.on_stop()

    def _activate(self, *, active: bool) -> None:
        if active and self._subscription is None:
            self._subscription = self._listening.feed().open(_Listener(self.handle))
        elif not active:
            self._close()
            self._note(ok=False, note="standby")

    def _close(self) -> None:
        subscription, self._subscription = self._subscription, None
        self.settled = False
        self._queue.clear()
        if subscription is not None:
            subscription.close()

    def _write(self) -> None:
        if self._writing or not self._queue:
            return
        self._writing = True
        delivery, store = self._queue[0], self._listening.store
        self._listening.lane.submit(
            "events",
            lambda: store.apply(delivery.event, delivery.position),
            self.handle,
            delivery,
            self._listening.deadline,
        )

    def _written(self, done: Completed) -> None:
        self._writing = False
        delivery: Any = done.token
        if not self._queue or self._queue[0] is not delivery:
            self._write()
            return
        if done.error is None or isinstance(done.error, MalformedDocument):
            self._settled(delivery, done.error)
        elif delivery.position is not None:
            self._queue.popleft()
            delivery.again()
            self._note(ok=False, note=f"cannot write: {done.error}")
        else:
            self._note(ok=False, note=f"cannot write: {done.error}")
            self.system.after(self._backoff.next(self.system.rng), self.handle, Tick())
            return
        self._write()

    def _settled(self, delivery: Delivery, error: Exception | None) -> None:
        self._queue.popleft()
        self._backoff.reset()
        delivery.done()
        if error is not None:
            self.refused += 1
            self.last_refusal = f"{delivery.event.bot_id}: {error}"
            return
        self._note(ok=self._connected, note="connected" if self._connected else "not connected")
        self._listening.fleet.tell(DocumentChanged(delivery.event.bot_id))

    def _changed(self, state: FeedState) -> None:
        if state.connected and not self._connected:
            self._listening.mongo.tell(Tick())
        self._connected = state.connected
        self.settled = True
        if state.alarm:
            self.alarm = state.note
        self._note(ok=state.connected, note=state.note or ("connected" if state.connected else "not connected"))

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus("nats", ok=ok, required=False, note=note),)
