"""The way out of the feed's loop to its listener: some deliveries at a time, states only when they change.

Nothing passes after `shut` returned.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import ParamSpec

import structlog

from the0_actors.actors.domain.events import BotEvent, Position
from the0_actors.actors.ports.feed import Delivery, FeedListener, FeedState, Lag

P = ParamSpec("P")
Offered = tuple[BotEvent, Position | None]

log = structlog.get_logger(__name__)


class Outlet:
    """Calls one listener. All methods but `shut` belong to the feed's loop."""

    def __init__(self, listener: FeedListener) -> None:
        self._listener = listener
        self._gate = threading.RLock()
        self._shut = False
        self._state: FeedState | None = None
        self._alarm = ""
        self._lag = Lag(0, None)

    def shut(self) -> None:
        """Let nothing pass from now on. Waits for a call of the listener that is under way on another thread."""
        with self._gate:
            self._shut = True

    def alarm(self, note: str) -> None:
        """Add a note of something lost to every state from now on."""
        log.warning("nats_events_lost", reason=note)
        self._alarm = note

    def state(self, *, connected: bool, durable: bool = False, note: str = "") -> None:
        """Tell how the connection is, unless that was told last."""
        text = "; ".join(part for part in (note, self._alarm) if part)
        before, state = self._state, FeedState(connected, durable, text, bool(self._alarm))
        if state == before:
            return
        self._state = state
        if not connected and (before is None or before.connected):
            log.warning("nats_disconnected", reason=note)
        self._pass(self._listener.changed, state)

    def refused(self, subject: str, reason: str) -> None:
        """Tell of a message that was no event."""
        log.warning("nats_message_refused", subject=subject, reason=reason)
        self._pass(self._listener.refused, subject, reason)

    def lagging(self, lag: Lag) -> None:
        """Tell how many events wait, unless that was told last."""
        if lag != self._lag:
            self._lag = lag
            self._pass(self._listener.lagging, lag)

    async def offer(self, events: Sequence[Offered], patience: float) -> list[bool]:
        """Deliver some events and wait until they are settled; return of each whether it was written.

        When none is settled for so many seconds, the others are taken for lost (their receiver was restarted) and count
        as not written; settling them later has no effect.
        """
        loop = asyncio.get_running_loop()
        settled: list[asyncio.Future[bool]] = [loop.create_future() for _ in events]
        deliveries = [
            Delivery(
                event, position, done=_settling(loop, one, written=True), again=_settling(loop, one, written=False)
            )
            for (event, position), one in zip(events, settled, strict=True)
        ]
        self._pass(self._listener.delivered, deliveries)
        waiting = set(settled)
        while waiting:
            before = len(waiting)
            _, waiting = await asyncio.wait(waiting, timeout=patience)
            if len(waiting) == before:
                log.warning("nats_delivery_unsettled", events=before, seconds=patience)
                break
        return [one.done() and one.result() for one in settled]

    def _pass(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        with self._gate:
            if not self._shut:
                call(*args, **kwargs)


def _settling(loop: asyncio.AbstractEventLoop, settled: asyncio.Future[bool], *, written: bool) -> Callable[[], None]:
    """Return what settles a delivery, from any thread; what comes second has no effect."""

    def settle() -> None:
        if not settled.done():
            settled.set_result(written)

    def call() -> None:
        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            log.debug("nats_settled_after_close")  # the loop is closed: whatever was settled comes again later

    return call
