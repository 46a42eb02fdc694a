"""The platform's stream, as we find it: which one carries the bot events, who it is, and reading it by pulls.

The stream is the API's. Nothing here makes, changes or removes one; only consumers of ours are made.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Self

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import Header, StreamInfo

from the0_actors.actors.domain.wire import BOTS, Family
from the0_actors.adapters.nats.connect import say, to_the_end, type_of_failure

_NOTHING = {"404", "408"}
"""Statuses by which the server ends a pull that found nothing."""

_WITHDRAWING = 1.0
"""Seconds that the server has to answer when we ask for no more."""

_LOOK = 0.02

_BEYOND = 2.0
"""Seconds that we wait for the server's end of a pull beyond the time that the pull may take."""


class Detached(Exception):
    """Raised when the stream or the consumer is not (any more) what we read from. Look again."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that carries the bot events."""

    name: str
    identity: str
    """Name and creation time: a stream that was deleted and made again is another one."""
    last: int
    """Sequence of its last message when we looked."""


async def find(js: JetStreamContext, family: Family = BOTS) -> Stream | str:
    """Return the stream that carries the family's events, or in one line why there is none."""
    try:
        name = await js.find_stream_name_by_subject(family.subjects[0])
        return described(await js.stream_info(name))
    except nats.js.errors.NotFoundError:
        return "no stream carries the bot events"
    except nats.js.errors.APIError as error:
        return f"JetStream is not available: {error.description or say(error)}"
    except nats.errors.TimeoutError:
        return "JetStream does not answer"


def described(info: StreamInfo) -> Stream:
    """Return what we keep of a stream's description."""
    # The identity is stored, so its text is always made the same way.
    created = info.created.astimezone(UTC).isoformat(timespec="microseconds") if info.created else ""
    return Stream(info.config.name or "", f"{info.config.name}@{created}", info.state.last_seq)


class Puller:
    """Asks one consumer for messages. Each request has its own reply subject, so that a late end is not mistaken."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._client = client
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._requests = 0
        self.left: list[Msg] = []
        """What had arrived at the end and was not handed on."""

    async def __aenter__(self) -> Self:
        # Never more is under way than was asked for, so the client need not throw anything away.
        self._replies = await self._client.subscribe(f"{self._inbox}.*", pending_bytes_limit=0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ask for no more, and keep in `left` what is under way."""
        if not self._client.is_closed:
            await to_the_end(self._withdraw())

    async def ask(self, batch: int, expires: float) -> None:
        """Ask for so many messages within so many seconds."""
        self._requests += 1
        request = {"batch": batch, "expires": int(expires * 1e9)}
        await self._client.publish(self._next, json.dumps(request).encode(), f"{self._inbox}.{self._requests}")

    async def answer(self, expires: float) -> Msg | None:
        """Return the next message of the last request; None when the server ended it. Raises `Detached`."""
        while True:
            message = await self._reply(within=expires + _BEYOND)
            status = (message.headers or {}).get(Header.STATUS)
            if status is None:
                return message
            if message.subject != f"{self._inbox}.{self._requests}":
                continue
            if status in _NOTHING:
                return None
            raise Detached((message.headers or {}).get(Header.DESCRIPTION) or f"the consumer answered {status}")

    async def _withdraw(self) -> None:
        """Unsubscribe. What the client has of it then would be thrown away, and the server counts it as handed out."""
        drained = asyncio.ensure_future(_drained(self._replies))
        while not drained.done():
            await asyncio.sleep(0)  # what fails at once must not keep the other from its end
            with suppress(*type_of_failure):
                message = await self._replies.next_msg(timeout=_LOOK)
                if Header.STATUS not in (message.headers or {}):
                    self.left.append(message)
        drained.cancel()

    async def _reply(self, within: float) -> Msg:
        try:
            return await self._replies.next_msg(timeout=within)
        except nats.errors.TimeoutError:
            raise Detached("the consumer does not answer") from None
        except asyncio.CancelledError:
            # The client cancels its own waiters when its connection closes; that is not a cancellation of ours.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise nats.errors.ConnectionClosedError from None


async def _drained(replies: Subscription) -> None:
    """Have the server send no more, and wait until all that it has sent is here and was taken."""
    with suppress(*type_of_failure):
        async with asyncio.timeout(_WITHDRAWING):
            await replies.drain()  # type: ignore[no-untyped-call]
