"""The desired state as a source: polls all documents, and follows the change stream where there is one.

A poll tells digests, a change tells an id; both are hints, and the bot reads its own document. A stream that ends is
opened anew, and each opening is followed by a poll.
"""

from dataclasses import dataclass
from typing import Any

from the0_actors.actors.errors import OtherDatabase
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, DocumentChanged, DocumentsListed, Tick
from the0_actors.actors.ports.engine import Subscription, closed
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.ports.store import DesiredState, Listing
from the0_actors.actors.retry import Backoff


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The change stream is over."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class StreamDue:
    """Open the change stream again."""


@dataclass(frozen=True, slots=True)
class Polling:
    """What the source works with."""

    store: DesiredState
    lane: Lane
    fleet: Handle
    lease: Handle
    interval: float = 30.0
    """Seconds between polls."""
    deadline: float = 60.0


class MongoSource(Actor):
    """Polls one database. `parts` and `alarm` may be read from any thread."""

    ahead = True

    def __init__(self, polling: Polling) -> None:
        super().__init__()
        self._polling = polling
        self._active = False
        self._listing = False
        self._relist = False
        self._stream: Subscription | None = None
        self._number = 0
        self._timer: Timer | None = None
        self._backoff = Backoff(cap=min(10.0, polling.interval))
        self._stream_backoff = Backoff(cap=30.0)
        self._stream_note = "no change stream yet"
        self.alarm = ""
        self.parts: tuple[PartStatus, ...] = (PartStatus("mongodb", ok=False, required=True, note="not read yet"),)

    def on_start(self) -> None:
        """Ask whether this runtime may act."""
        self._polling.lease.tell(AskActive(self.handle))

    def on_receive(self, message: Any) -> Any:
        """Take an answer, an end, or the time."""
        match message:
            case ActiveMoved(active):
                self._activate(active=active)
            case Completed(overdue=True):
                self._note(ok=False, note=f"{message.token} takes too long")
            case Completed(token="list"):
                self._listed(message)
            case Completed(token="stream"):
                self._opened(message)
            case Tick():
                self._list()
            case StreamDue():
                self._open()
            case StreamEnded():
                self._ended(message)
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Close the stream."""
        if self._timer is not None:
            self._timer.cancel()
        self._close()

    def on_failure(self, *_about: Any, **_more: Any) -> None:
        """Stop as always: what is left open would go on beside what a successor opens."""
        self.on_stop()

    def _activate(self, *, active: bool) -> None:
        self._active = active
        if active:
            self._open()
            self._list()
        else:
            self._close()
            self._note(ok=False, note="standby")

    def _list(self) -> None:
        if not self._active:
            return
        if self._listing:
            self._relist = True
            return
        self._listing, self._relist = True, False
        self._polling.lane.submit("poll", self._polling.store.list, self.handle, "list", self._polling.deadline)

    def _listed(self, done: Completed) -> None:
        self._listing = False
        listing = done.value
        if isinstance(listing, Listing):
            self._backoff.reset()
            self.alarm = ""
            self._note(ok=True, note=self._stream_note)
            self._polling.fleet.tell(
                DocumentsListed(done.began, listing.digests, listing.quarantined, listing.duplicates)
            )
            self._again(0.0 if self._relist else self._polling.interval)
        else:
            if isinstance(done.error, OtherDatabase):
                self.alarm = f"{done.error.reason}; nothing that it says is believed until the old one is restored"
            self._note(ok=False, note=f"cannot read: {done.error}")
            self._again(self._backoff.next(self.system.rng))

    def _again(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())

    def _open(self) -> None:
        if not self._active or self._stream is not None:
            return
        self._number = self.system.next_run()  # unlike any of a predecessor, whose end may be told late
        number, fleet, handle = self._number, self._polling.fleet, self.handle

        def changed(bot_id: str) -> None:
            fleet.tell(DocumentChanged(bot_id))

        def ended(reason: str) -> None:
            handle.tell(StreamEnded(number, reason))

        store = self._polling.store
        self._polling.lane.submit(
            "stream", lambda: store.watch(changed, ended), handle, "stream", self._polling.deadline, disposer=closed
        )

    def _opened(self, done: Completed) -> None:
        if done.error is not None:
            self._reopen(f"no change stream: {done.error}")
            return
        stream: Any = done.value
        if stream is None:
            self._stream_note = "polling alone, the server offers no change stream"
            return
        if not self._active or self.actor_stopped.is_set():
            stream.close()
            return
        self._close()  # an answer to a predecessor that failed came before
        self._stream, self._stream_note = stream, "change stream open"
        self._stream_backoff.reset()
        self._list()

    def _ended(self, message: StreamEnded) -> None:
        if message.number == self._number:
            self._stream = None
            self._reopen(f"change stream ended: {message.reason}")

    def _reopen(self, note: str) -> None:
        self._stream_note = note
        self.system.after(self._stream_backoff.next(self.system.rng), self.handle, StreamDue())

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus("mongodb", ok=ok, required=True, note=note),)
