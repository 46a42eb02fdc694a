"""One connection to NATS, without the client's own reconnecting.

The client library gives up after a budget of reconnects and then stays silent; here a lost connection simply ends,
and whoever opened it opens another one.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.nats.settings import NatsSettings

_CANCELLING = 1.5
"""Seconds until a task that did not end is cancelled once more; longer than a connection takes to close."""

type_of_failure = (nats.errors.Error, OSError, asyncio.TimeoutError)
"""What the client raises when it got no usable answer."""


class _Client(Client):
    """The library's client, but it says nothing to a server without TLS when TLS was asked for."""

    def __init__(self, *, wants_tls: bool) -> None:
        super().__init__()
        self._wants_tls = wants_tls

    def _connect_command(self) -> bytes:
        # This holds user and password, and the library would send it in the clear if the server just offers no TLS.
        if self._wants_tls and not self._server_info.get("tls_required"):
            raise nats.errors.Error("the server offers no TLS")
        return super()._connect_command()


class Connection:
    """An open connection, the event of its end, and the last error that the client told."""

    def __init__(self, settings: NatsSettings, dropped: Callable[[str], None]) -> None:
        """Take whom to tell when the client threw a message away, because nobody took it."""
        self.client: Client = _Client(wants_tls=settings.wants_tls)
        self._settings = settings
        self.closed = asyncio.Event()
        self.denials = 0
        """How often the server refused a subject to us."""
        self._dropped = dropped
        self._told = ""

    async def open(self) -> None:
        """Connect. Raises `Unavailable`; a connection that failed is closed."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout * 2 * len(settings.servers)):
                await self._connect()
        except type_of_failure as error:
            await self.close()
            reason = self._told if isinstance(error, nats.errors.NoServersError) and self._told else say(error)
            raise Unavailable("nats", reason) from error

    async def _connect(self) -> None:
        settings = self._settings
        options: dict[str, Any] = {"tls": context} if (context := settings.tls()) else {}
        await self.client.connect(
            servers=settings.servers,
            name="the0-actors",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=settings.connect_timeout,  # type: ignore[arg-type]  # annotated int, used as seconds
            ping_interval=settings.ping_interval,  # type: ignore[arg-type]
            max_outstanding_pings=2,
            user=settings.user,
            password=settings.password,
            token=settings.token,
            error_cb=self._failed,
            closed_cb=self._ended,
            **options,
        )

    async def close(self) -> None:
        """Close it for good. May be called twice."""
        try:
            async with asyncio.timeout(1):
                await self.client.close()
        except type_of_failure:
            pass  # the other end is gone already
        self.closed.set()

    @property
    def reason(self) -> str:
        """Why it ended, in one line."""
        return self._told or "the connection was closed"

    async def _failed(self, error: Exception) -> None:
        self._told = say(error)
        self.denials += "permissions violation" in self._told.lower()
        if isinstance(error, nats.errors.SlowConsumerError):
            self._dropped(error.subject)

    async def _ended(self) -> None:
        self.closed.set()


async def settle(client: Client) -> None:
    """Wait until the server has dealt with everything sent so far.

    Twice, since the client writes the ping of a flush past what still waits in its own buffer.
    """
    await client.flush()
    await client.flush()


def say(error: BaseException) -> str:
    """Put an error of the client into one line for an operator."""
    text = " ".join(str(error).split()).removeprefix("nats: ")
    return text or type(error).__name__


def once(settings: NatsSettings, work: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """Connect, do `work`, close; blocks. Raises `Unavailable`, and `Refused` when the server said no.

    Must not be called on a thread that runs an event loop.
    """
    asyncio.run(_once(settings, work))


async def _once(settings: NatsSettings, work: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    connection = Connection(settings, lambda _subject: None)
    await connection.open()
    try:
        await work(connection.client)
    except nats.js.errors.ServiceUnavailableError as error:
        raise Unavailable("nats", say(error)) from error
    except nats.js.errors.APIError as error:
        raise Refused(f"nats: {say(error)}") from error
    except type_of_failure as error:
        raise Unavailable("nats", say(error)) from error
    finally:
        await connection.close()


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Do several things beside each other until one of them ends or fails; then end the others, and raise what it did.

    A cancellation ends all.
    """
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until they are done: the client library loses a cancellation that meets a message or a time-out."""

    async def insist() -> None:
        while pending := [task for task in tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=_CANCELLING)
        await asyncio.gather(*tasks, return_exceptions=True)

    await to_the_end(insist())


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what ends something whole, although we are cancelled meanwhile, and again: that is raised when it is done."""
    task, cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError
