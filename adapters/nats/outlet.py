"""The way out of the feed's loop to its listener: one delivery at a time, states only when they change.

Nothing passes after `shut` returned.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec

import structlog

from the0_actors.actors.domain.events import BotEvent, Position
from the0_actors.actors.ports.feed import Delivery, FeedListener, FeedState

P = ParamSpec("P")

log = structlog.get_logger(__name__)


class Outlet:
    """Calls one listener. All methods but `shut` belong to the feed's loop."""

    def __init__(self, listener: FeedListener) -> None:
        self._listener = listener
        self._gate = threading.RLock()
        self._shut = False
        self._state: FeedState | None = None
        self._alarm = ""

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

    async def offer(
        self,
        event: BotEvent,
        position: Position | None,
        *,
        prolong: Callable[[], Awaitable[None]] | None = None,
        every: float,
        times: int,
    ) -> bool:
        """Deliver one event and wait until it is settled; return whether it was written.

        Every so many seconds `prolong` is awaited. A delivery that is not settled after so many `times` is taken for
        lost (its receiver was restarted) and counts as not written; settling it later has no effect.
        """
        loop = asyncio.get_running_loop()
        settled: asyncio.Future[bool] = loop.create_future()

        def settle(*, written: bool) -> None:
            if not settled.done():
                settled.set_result(written)

        delivery = Delivery(
            event,
            position,
            done=lambda: _call_on(loop, partial(settle, written=True)),
            again=lambda: _call_on(loop, partial(settle, written=False)),
        )
        self._pass(self._listener.delivered, delivery)
        for _ in range(times):
            await asyncio.wait({settled}, timeout=every)
            if settled.done():
                return settled.result()
            if prolong is not None:
                await prolong()
        log.warning("nats_delivery_unsettled", bot_id=event.bot_id, seconds=every * times)
        return False

    def _pass(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        with self._gate:
            if not self._shut:
                call(*args, **kwargs)


def _call_on(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        log.debug("nats_settled_after_close")  # the loop is closed: whatever was settled comes again later
