"""The platform's events as a source: they are written to the database, acknowledged, and Fleet is told at once.

One write at a time, of many bots together: a backlog is folded per bot, and what deletes or switches off comes first
(`fold`). What could not be written stays until it is; nothing is acknowledged before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from the0_actors.actors.domain.documents import is_enabled
from the0_actors.actors.domain.durations import format_duration
from the0_actors.actors.domain.events import Applied
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.messages import ActiveMoved, AskActive, DocumentChanged, Tick
from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.feed import Delivery, EventFeed, FeedState, Lag
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.ports.store import DesiredState
from the0_actors.actors.retry import Backoff
from the0_actors.actors.sources.fold import Fold, Step

TOGETHER: Final = 100
"""Bots whose events are written in one call: so long does a deletion wait that comes meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Events, from the feed's thread."""

    deliveries: tuple[Delivery, ...]


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


NOTHING: Final = Lag(0, None)


class _Listener:
    """Passes the feed's calls on as messages."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        self._handle.tell(Delivered(tuple(deliveries)))

    def lagging(self, lag: Lag) -> None:
        self._handle.tell(lag)

    def refused(self, subject: str, reason: str) -> None:
        self._handle.tell(RefusedEvent(subject, reason))

    def changed(self, state: FeedState) -> None:
        self._handle.tell(state)


class NatsSource(Actor):
    """Listens to one NATS. `parts`, `settled`, `alarm` and `refused` may be read from any thread."""

    ahead = True

    def __init__(self, listening: Listening) -> None:
        super().__init__()
        self._listening = listening
        self._subscription: Subscription | None = None
        self._fold = Fold()
        self._writing: tuple[Step, ...] = ()
        self._unsure = False
        """The last write failed: it may have been done."""
        self._lag = NOTHING
        self._backoff = Backoff(cap=10.0)
        self._connected = False
        self.settled = False
        """It is known whether we listen: the server has our subscription, or a first try to connect has failed."""
        self.alarm = ""
        self.refused = 0
        self.last_refusal = ""
        self._part = PartStatus("nats", ok=False, required=False, note="not connected yet")

    @property
    def parts(self) -> tuple[PartStatus, ...]:
        """How the connection is, and how many events wait."""
        return (replace(self._part, note=self._part.note + _behind(self._lag, self.system.clock.wall())),)

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._listening.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take an event, an answer, or the state of the connection."""
        match message:
            case ActiveMoved(active):
                self._activate(active=active)
            case Delivered(deliveries):
                self._fold.add(deliveries)
                self._write()
            case Lag():
                self._lag = message
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
        self._fold.clear()
        self._writing, self._lag = (), NOTHING
        if subscription is not None:
            subscription.close()

    def _write(self) -> None:
        if self._writing or not self._fold:
            return
        self._writing = steps = self._fold.next(TOGETHER)
        events, store = [(step.chosen.event, step.chosen.position) for step in steps], self._listening.store
        self._listening.lane.submit(
            "events", lambda: store.apply_all(events), self.handle, steps, self._listening.deadline
        )

    def _written(self, done: Completed) -> None:
        steps, outcomes = self._writing, done.value
        if done.token is not steps:
            self._write()  # an answer to a predecessor, or to what was heard before we were told to stop
            return
        self._writing = ()
        if done.error is not None or not isinstance(outcomes, Sequence):
            self._unsure = True
            self._note(ok=False, note=f"cannot write: {done.error}")
            self.system.after(self._backoff.next(self.system.rng), self.handle, Tick())
            return
        self._backoff.reset()
        self._note(ok=self._connected, note="connected" if self._connected else "not connected")
        for step, outcome in zip(steps, outcomes, strict=True):
            self._settle(step, outcome)
        self._unsure = False
        self._write()

    def _settle(self, step: Step, outcome: Any) -> None:
        bot_id = step.chosen.event.bot_id
        if isinstance(outcome, MalformedDocument):
            self.refused += 1
            self.last_refusal = f"{bot_id}: {outcome}"
            self._fold.refused(step)
            step.chosen.done()
            return
        self._fold.written(step)
        for delivery in step.covered:
            delivery.done()
        # A no-op is not worth a read; but what failed before may have been written, and a switch-off is now announced.
        if outcome is Applied.WRITTEN or self._unsure or not is_enabled({"config": step.chosen.event.config}):
            self._listening.fleet.tell(DocumentChanged(bot_id))

    def _changed(self, state: FeedState) -> None:
        if state.connected and not self._connected:
            self._listening.mongo.tell(Tick())
        self._connected = state.connected
        self.settled = True
        if state.alarm:
            self.alarm = state.note
        self._note(ok=state.connected, note=state.note or ("connected" if state.connected else "not connected"))

    def _note(self, *, ok: bool, note: str) -> None:
        self._part = PartStatus("nats", ok=ok, required=False, note=note)


def _behind(lag: Lag, now: float) -> str:
    if not lag.waiting:
        return ""
    age = "" if lag.since is None else f", the oldest for {format_duration(max(float(round(now - lag.since)), 0.0))}"
    return f"; {lag.waiting} event{'' if lag.waiting == 1 else 's'} wait{'s' if lag.waiting == 1 else ''}{age}"
