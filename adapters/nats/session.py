"""One connection's life: the core subscription, and the durable consumer whenever there is a stream.

While a stream delivers, it is pulled far ahead, so that a deletion that stands behind thousands of updates goes first;
what the core subscription hears meanwhile is held (see `hints`). Without a stream that is delivered itself, without a
position. A message is acknowledged when it is written.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

import nats.js.errors
import structlog
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy

from the0_actors.actors.domain.events import Action, BotEvent, Position
from the0_actors.actors.domain.wire import QUEUE, Refusal, parse_event
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.feed import Lag
from the0_actors.adapters.nats.backlog import Backlog
from the0_actors.adapters.nats.buffer import Buffer
from the0_actors.adapters.nats.connect import Connection, say, settle, to_the_end, together
from the0_actors.adapters.nats.hints import Hint, Hints
from the0_actors.adapters.nats.known import Known
from the0_actors.adapters.nats.outlet import Offered, Outlet
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.adapters.nats.streams import Detached, Puller, Stream, described, find

log = structlog.get_logger(__name__)

WINDOW = 32_768
"""Messages that are pulled ahead and not acknowledged: a deletion behind them is found, and goes first."""

PULLED = 500
"""Messages that one pull asks for."""

MESSAGES = 2_000
BOTS_AT_ONCE = 100
"""Messages, and bots, that are delivered together: so long does a deletion wait that comes meanwhile."""

_PROLONGED = 4
"""A message in work is prolonged this many times within its acknowledgement time."""

_PATIENCE = 5
"""Deliveries of which none is settled for so many acknowledgement times are taken for lost."""

_PENDING = 65_536
_PENDING_BYTES = 64 * 2**20
"""What the client may queue for us; our callback only files, so this is reached by a loop that is stuck alone."""


class Stillness:
    """How long something has been as it is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def seconds(self, value: object) -> float:
        """Return for how long this value was the one seen."""
        if value != self._seen:
            self._seen, self._since = value, self._clock()
        return self._clock() - self._since


class Session:
    """Works over one open connection until it is cancelled or fails."""

    def __init__(
        self, settings: NatsSettings, connection: Connection, hints: Hints, outlet: Outlet, known: Known
    ) -> None:
        self._settings = settings
        self._family = settings.family
        self._connection = connection
        self._client = connection.client
        self._js = connection.client.jetstream(timeout=settings.request_timeout)
        self._hints = hints
        self._outlet = outlet
        self._known = known
        self._following = False
        self._deletions = f"{self._family.prefix}{Action.DELETED}"

    async def run(self) -> None:
        """Listen, and follow a stream whenever there is one. Never returns."""
        # One wildcard: three subscriptions would be three queues, in which a bot's events overtake each other.
        if not await self._subscribe(f"{self._family.prefix}*") and not await self._subscribe(*self._family.subjects):
            raise Unavailable("nats", self._connection.reason)
        self._outlet.state(connected=True, note="looking for a stream")
        without = 0
        while True:
            found = await find(self._js, self._family)
            if isinstance(found, str):
                self._outlet.state(connected=True, note=found)
                await self._heed(self._settings.look_every)
                without = self._hints.mark()
                continue
            while self._hints.oldest(without):
                await self._heed_some(without)  # heard when there was no stream: older than all that it holds
            reason = await self._follow(found)
            self._outlet.state(connected=True, note=reason)
            await self._heed(self._settings.retry_first)

    async def _subscribe(self, *subjects: str) -> bool:
        """Subscribe in the queue group; return whether the server let us."""
        denials = self._connection.denials
        for subject in subjects:
            await self._client.subscribe(
                subject, QUEUE, self._hear, pending_msgs_limit=_PENDING, pending_bytes_limit=_PENDING_BYTES
            )
        await settle(self._client)
        return self._connection.denials == denials

    async def _hear(self, message: Msg) -> None:
        if message.subject not in self._family.subjects:
            return
        if self._hints.hear(Hint(message.subject, message.data)) and not self._following:
            self._outlet.alarm("events came faster than they could be written; some were forgotten")

    async def _heed(self, seconds: float) -> None:
        """Deliver what core NATS brings, for so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._hints.some()
            except TimeoutError:
                return
            await self._heed_some(None)

    async def _heed_some(self, mark: int | None) -> bool:
        """Deliver hints (of those before the mark); return False when there are none or one was not written."""
        events: dict[Hint, BotEvent] = {}
        for hint in self._hints.next(MESSAGES, self._deletions, mark):
            event = parse_event(hint.subject, hint.payload, self._family)
            if isinstance(event, Refusal):
                self._outlet.refused(hint.subject, event.reason)
                self._hints.forget(hint)
            else:
                events[hint] = event
        self._outlet.lagging(Lag(len(self._hints), None))
        written = await self._offer([(event, None) for event in events.values()])
        for hint, done in zip(events, written, strict=True):
            if done:
                self._hints.forget(hint)
        self._outlet.lagging(Lag(len(self._hints), None))
        if not all(written):
            await asyncio.sleep(self._settings.retry_first)
        return bool(written) and all(written)

    async def _follow(self, stream: Stream) -> str:
        """Deliver what the stream brings until it cannot; return why."""
        try:
            await self._recognise(stream)
        except Unavailable as error:
            return f"the stream waits until we know how far it was read: {error.reason}"
        self._following = True
        try:
            consumer = await self._attach(stream)
            self._outlet.state(connected=True, durable=True)
            await self._pump(stream, consumer)
        except Detached as detached:
            return str(detached)
        except nats.js.errors.APIError as error:
            return f"JetStream refused: {error.description or say(error)}"
        finally:
            self._following = False

    async def _recognise(self, stream: Stream) -> None:
        """Raise the alarm for a stream that is not what we read last. Raises `Unavailable` while that is not known."""
        self._known.learn(await asyncio.to_thread(self._known.ask))
        if lost := self._known.meet(stream.identity, stream.last):
            self._outlet.alarm(lost)

    async def _attach(self, stream: Stream) -> ConsumerInfo:
        """Return our durable consumer, made behind the folded backlog when there is none of this numbering yet."""
        await self._bury_dead(stream)
        try:
            existing: ConsumerInfo = await self._js.consumer_info(stream.name, self._settings.durable)
        except nats.js.errors.NotFoundError:
            return await self._attach_anew(stream)
        numbering = existing.config.description or stream.identity
        read = 0 if existing.ack_floor is None else existing.ack_floor.stream_seq
        if numbering == str(self._known.current(stream.identity)) and not (self._known.blank and read):
            if existing.config.max_ack_pending != WINDOW:  # made by an older version of ours
                config = existing.config.evolve(max_ack_pending=WINDOW)
                return await self._js.add_consumer(stream.name, config)
            return existing
        # It waits for sequences from before the stream went back, or behind events of which the database knows nothing.
        await self._js.delete_consumer(stream.name, self._settings.durable)
        return await self._attach_anew(stream)

    async def _bury_dead(self, stream: Stream) -> None:
        """Remove the consumers of installations that ours took the place of: they would hold their place for ever."""
        for consumer in self._settings.dead:
            with suppress(nats.js.errors.NotFoundError):
                await self._js.delete_consumer(stream.name, consumer)
                log.info("nats_consumer_removed", consumer=consumer)

    async def _attach_anew(self, stream: Stream) -> ConsumerInfo:
        start = await self._catch_up(stream)
        consumer = await self._js.add_consumer(
            stream.name,
            ConsumerConfig(
                durable_name=self._settings.durable,
                description=str(self._known.current(stream.identity)),
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._settings.ack_wait,
                max_ack_pending=WINDOW,
                filter_subjects=list(self._family.subjects),
            ),
        )
        if described(await self._js.stream_info(stream.name)).identity != stream.identity:
            await self._js.delete_consumer(stream.name, self._settings.durable)  # it begins where nothing is known of
            raise Detached("the stream was recreated while we attached")
        return consumer

    async def _catch_up(self, stream: Stream) -> int:
        """Deliver the last event of each bot in the backlog; return the sequence to go on from."""
        self._outlet.state(connected=True, note="reading what the stream holds")
        backlog = Backlog(self._strike_out, self._outlet.refused, self._family)
        await backlog.read(self._client, stream)
        recorded = sorted(backlog.events, key=lambda one: one.event.action is not Action.DELETED)
        for start in range(0, len(recorded), BOTS_AT_ONCE):
            piece = recorded[start : start + BOTS_AT_ONCE]
            self._outlet.lagging(Lag(len(recorded) - start, None))
            await self._offer_until_written([(one.event, self._position(stream, one.sequence)) for one in piece])
        self._outlet.lagging(Lag(0, None))
        log.info("nats_backlog_read", bots=len(backlog.events), up_to=backlog.end)
        return backlog.end + 1

    async def _offer_until_written(self, events: list[Offered]) -> None:
        while events:
            written = await self._offer(events)
            events = [one for one, done in zip(events, written, strict=True) if not done]
            await asyncio.sleep(self._settings.retry_first if events else 0)

    async def _pump(self, stream: Stream, consumer: ConsumerInfo) -> NoReturn:
        """Deliver what the stream brings. Never returns; raises `Detached`."""
        buffer = Buffer(WINDOW, _PENDING_BYTES, self._deletions)
        try:
            await together(self._pull(buffer, consumer), self._hand_on(buffer, stream), self._prolong(buffer))
        finally:
            await to_the_end(self._give_back(buffer))
        raise Detached("nothing reads the stream any more")

    async def _give_back(self, buffer: Buffer) -> None:
        """Have what is not settled delivered to whoever comes next, without the acknowledgement time between.

        Our own pulls are over before, and all that they brought is held: the server would hand it to them.
        """
        for message in buffer.held:
            if not self._client.is_closed:
                await message.nak()

    async def _pull(self, buffer: Buffer, consumer: ConsumerInfo) -> None:
        puller = Puller(self._client, consumer.stream_name, consumer.name)
        try:
            async with puller:
                await self._pull_on(puller, buffer, consumer)
        finally:
            for message in puller.left:
                buffer.add(message)

    async def _pull_on(self, puller: Puller, buffer: Buffer, consumer: ConsumerInfo) -> NoReturn:
        idle, still = self._settings.idle, Stillness(asyncio.get_running_loop().time)
        while True:
            batch, mark = min(await buffer.room(), PULLED), self._hints.mark()
            await puller.ask(batch, idle)
            got = 0
            while got < batch and (message := await puller.answer(idle)) is not None:
                self._strike_out(message)
                buffer.add(message)
                got += 1
            if got or buffer:
                still.seconds(object())
                continue
            now = await self._look_at(consumer)
            waiting = bool(now.num_pending or now.num_ack_pending)
            if not waiting:
                # The stream has nothing more, so it does not hold what was heard before we asked.
                while await self._heed_some(mark):
                    log.info("nats_hint_not_in_stream")
            handed_out = now.delivered and now.delivered.consumer_seq
            if still.seconds((waiting, handed_out)) > self._settings.stuck and waiting:
                await self._abandon(consumer)

    async def _hand_on(self, buffer: Buffer, stream: Stream) -> None:
        """Deliver what was pulled, some bots at a time, and acknowledge what was written."""
        while True:
            await buffer.some()
            events = await self._next(buffer)
            self._outlet.lagging(buffer.lag())
            places = [self._position(stream, message.metadata.sequence.stream) for message, _ in events]
            offered = [(event, place) for (_, event), place in zip(events, places, strict=True)]
            for (message, _), written in zip(events, await self._offer(offered), strict=True):
                await (message.ack() if written else message.nak(delay=self._delay(message.metadata.num_delivered)))
                buffer.release(message)
            self._outlet.lagging(buffer.lag())

    async def _next(self, buffer: Buffer) -> list[tuple[Msg, BotEvent]]:
        """Take messages of so many bots; what is none of ours or no event is acknowledged and told."""
        events: list[tuple[Msg, BotEvent]] = []
        bots: set[str] = set()
        while len(bots) < BOTS_AT_ONCE and len(events) < MESSAGES and (message := buffer.pop()) is not None:
            event = parse_event(message.subject, message.data, self._family)
            if isinstance(event, BotEvent):
                events.append((message, event))
                bots.add(event.bot_id)
                continue
            if message.subject in self._family.subjects:
                self._outlet.refused(message.subject, event.reason)
            await message.ack()
            buffer.release(message)
        return events

    async def _prolong(self, buffer: Buffer) -> None:
        """Tell the server in time that we are at it."""
        while True:
            await asyncio.sleep(self._settings.ack_wait / _PROLONGED)
            for message in buffer.held:
                if not message.is_acked:
                    await message.in_progress()

    def _position(self, stream: Stream, sequence: int) -> Position:
        return Position(self._known.identity(stream.identity, sequence), sequence)

    def _delay(self, failures: int) -> float:
        doubled: float = self._settings.retry_first * 2 ** (min(failures, 20) - 1)
        return min(doubled, self._settings.retry_most)

    async def _look_at(self, consumer: ConsumerInfo) -> ConsumerInfo:
        """Return how our consumer is now. Raises `Detached` if it is not ours any more."""
        try:
            now: ConsumerInfo = await self._js.consumer_info(consumer.stream_name, consumer.name)
        except nats.js.errors.NotFoundError:
            raise Detached("our consumer is gone") from None
        if now.created != consumer.created:
            raise Detached("our consumer was made anew by somebody else")
        return now

    async def _abandon(self, consumer: ConsumerInfo) -> NoReturn:
        """Delete a consumer that keeps messages to itself: the one made in its place reads all that the stream holds.

        Seen after a server was killed: what it remembers of a consumer can contradict what it remembers of the stream.
        """
        log.warning("nats_consumer_stuck", consumer=consumer.name)
        await self._js.delete_consumer(consumer.stream_name, consumer.name)
        raise Detached("our consumer was stuck")

    def _strike_out(self, message: Msg) -> None:
        self._hints.forget(Hint(message.subject, message.data))

    async def _offer(self, events: Sequence[Offered]) -> list[bool]:
        return await self._outlet.offer(events, self._settings.ack_wait * _PATIENCE)
