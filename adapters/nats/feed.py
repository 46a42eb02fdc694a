"""The feed of the platform's events: a thread with an event loop that keeps one connection after another.

It decides when to connect again and tells the listener how things are. What happens on a connection is the session's.
"""

import asyncio
import random
import threading
import traceback
from collections.abc import Callable, Mapping

import structlog

from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.feed import FeedListener
from the0_actors.adapters.nats.connect import Connection, end, say, type_of_failure
from the0_actors.adapters.nats.hints import Hints
from the0_actors.adapters.nats.known import Known, nothing
from the0_actors.adapters.nats.outlet import Outlet
from the0_actors.adapters.nats.session import Session
from the0_actors.adapters.nats.settings import NatsSettings

log = structlog.get_logger(__name__)

_HELD = 100_000
_HELD_BYTES = 64 * 2**20
"""How much is held of what was heard over core NATS and not yet acted on."""

_CLOSING = 5.0
"""Seconds that `close` waits for the thread."""


class NatsFeed:
    """`EventFeed` over NATS. Source of the options: `NatsSettings`."""

    def __init__(
        self, settings: NatsSettings, rng: random.Random, read: Callable[[], Mapping[str, int]] = nothing
    ) -> None:
        """`read` tells how far which stream was written (`BotStore.streams`), so that a loss meanwhile is noticed.

        It may block, and raise `Unavailable`: then the stream waits, and core NATS is all there is.
        Raises `InvalidSetting` for addresses, names or TLS files that cannot be right.
        """
        _ = settings.servers, settings.durable, settings.tls()
        self._settings = settings
        self._rng = rng
        self._known = Known(read)

    def open(self, listener: FeedListener) -> Subscription:
        """Begin, on a thread of its own, without waiting for the connection."""
        return _Line(self._settings, self._rng, self._known, Outlet(listener))


class _Line:
    """One open feed: its thread, its loop, and one connection after another."""

    def __init__(self, settings: NatsSettings, rng: random.Random, known: Known, outlet: Outlet) -> None:
        self._settings = settings
        self._rng = rng
        self._known = known
        self._outlet = outlet
        self._hints = Hints(_HELD, _HELD_BYTES)
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="nats-feed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._outlet.shut()
        try:
            self._loop.call_soon_threadsafe(self._closing.set)
        except RuntimeError:
            return  # closed before
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSING)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        keeping = asyncio.ensure_future(self._keep())
        await self._closing.wait()
        await end(keeping)

    async def _keep(self) -> None:
        """Connect again and again. Whatever ends a connection is told and followed by another try."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            reason = await self._connect_once()
            self._outlet.state(connected=False, note=reason)
            failures = 0 if loop.time() - began > self._settings.reconnect_most else failures + 1
            await asyncio.sleep(self._rng.uniform(0, self._most(failures)))

    def _most(self, failures: int) -> float:
        doubled: float = self._settings.reconnect_first * 2 ** min(failures, 30)
        return min(doubled, self._settings.reconnect_most)

    async def _connect_once(self) -> str:
        """Keep one connection for as long as it lasts; return why it ended."""
        connection = Connection(self._settings, self._dropped)
        try:
            await connection.open()
            log.info("nats_connected")
            return await self._work(connection)
        except Unavailable as error:
            return error.reason
        except type_of_failure as error:
            return say(error)
        except Exception as error:  # noqa: BLE001  # a bug of ours must not end the feed in silence
            # The text alone: a renderer that shows local variables would show payloads.
            log.error("nats_session_failed", trace=traceback.format_exc())  # noqa: TRY400
            return f"{type(error).__name__}: {say(error)}"
        finally:
            await connection.close()

    async def _work(self, connection: Connection) -> str:
        session = Session(self._settings, connection, self._hints, self._outlet, self._known)
        work = asyncio.ensure_future(session.run())
        closed = asyncio.ensure_future(connection.closed.wait())
        try:
            await asyncio.wait({work, closed}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
            return connection.reason
        finally:
            await end(work, closed)

    def _dropped(self, subject: str) -> None:
        self._outlet.alarm(f"messages on {subject} came faster than they could be filed; some were dropped")
