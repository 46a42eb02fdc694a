"""What a stream already holds when we first read it: folded per bot, so that only the last event of each acts.

Read through a consumer that needs no acknowledgement and is gone afterwards. Nothing is remembered of it until the
durable consumer is made behind it, so an interrupted fold begins anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from the0_actors.actors.domain.events import BotEvent
from the0_actors.actors.domain.wire import BOTS, Family, Refusal, parse_event
from the0_actors.adapters.nats.streams import Detached, Puller, Stream

BATCH = 200
"""Messages that one pull asks for."""

EXPIRES = 5.0
"""Seconds that one pull may take; what is asked for is there already."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and its place in the stream."""

    event: BotEvent
    sequence: int


class Backlog:
    """The last event of each bot, in the stream's order."""

    def __init__(self, seen: Callable[[Msg], None], refused: Callable[[str, str], None], family: Family = BOTS) -> None:
        """`seen` hears of every message, `refused` of those that are no events."""
        self._family = family
        self._last: dict[str, Recorded] = {}
        self._seen, self._refused = seen, refused
        self.end = 0
        """Sequence up to which the stream was read."""

    @property
    def events(self) -> tuple[Recorded, ...]:
        """What is to be delivered."""
        return tuple(self._last.values())

    async def read(self, client: Client, stream: Stream) -> None:
        """Read all that the stream holds now. Raises `Detached` when it cannot be read to its end."""
        js = client.jetstream()
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            filter_subjects=list(self._family.subjects),
            inactive_threshold=60.0,
            mem_storage=True,
        )
        consumer = await js.add_consumer(stream.name, config)
        self.end = stream.last
        async with Puller(client, stream.name, consumer.name) as puller:
            await self._pull(puller, consumer.num_pending or 0)
        try:
            await js.delete_consumer(stream.name, consumer.name)
        except nats.js.errors.NotFoundError:
            raise Detached("the stream went away while its backlog was read") from None

    async def _pull(self, puller: Puller, left: int) -> None:
        expected = 1
        while left:
            batch = min(left, BATCH)
            await puller.ask(batch, EXPIRES)
            for _ in range(batch):
                message = await puller.answer(EXPIRES)
                if message is None or message.metadata.sequence.consumer != expected:
                    raise Detached("the backlog could not be read whole")
                expected += 1
                self._take(message)
            left -= batch

    def _take(self, message: Msg) -> None:
        self._seen(message)
        sequence = message.metadata.sequence.stream
        self.end = max(self.end, sequence)
        if message.subject not in self._family.subjects:
            return
        event = parse_event(message.subject, message.data, self._family)
        if isinstance(event, Refusal):
            self._refused(message.subject, event.reason)
            return
        self._last.pop(event.bot_id, None)
        self._last[event.bot_id] = Recorded(event, sequence)
