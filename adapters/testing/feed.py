"""A stream of the platform's events and its feed, in memory: one durable consumer, some deliveries out at a time.

Like the real ones it delivers again what was not acknowledged: after `again`, after a connection or an acknowledgement
that was lost, when nobody answers, and to the next runtime. What came over core NATS is kept by the line that heard it,
and by nobody when that line is closed.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, takewhile

from the0_actors.actors.domain.events import BotEvent, Position
from the0_actors.actors.ports.feed import Delivery, FeedListener, FeedState, Lag

TOGETHER = 3
"""Events that are delivered together."""
RETRY = 0.5
"""Seconds after which a delivery that was given back comes again."""
PATIENCE = 150.0
"""Seconds after which a delivery that nobody settled comes again."""
REFUSED = "the0.bot.created"
"""Subject of the messages that are no events."""


Placed = tuple[BotEvent, Position | None]


def at_once() -> float:
    """Deliver without delay."""
    return 0.0


@dataclass
class StreamWorld:
    """The server. `after(seconds, call)` is its timer; `acknowledged` hears of each acknowledgement."""

    after: Callable[[float, Callable[[], object]], object]
    acknowledged: Callable[[BotEvent, Position | None], object] = lambda _event, _position: None
    delay: Callable[[], float] = at_once
    """Seconds that the next delivery is under way."""
    connected: bool = True
    lose_acknowledgement: bool = False
    """Whether the next acknowledgement does not arrive."""
    messages: list[BotEvent | str] = field(default_factory=list[BotEvent | str])
    """Events, and the reason to refuse what is none."""
    settled: int = 0
    """How many of the messages are acknowledged: those at the front."""
    history: dict[Position, BotEvent] = field(default_factory=dict[Position, BotEvent])
    """All that was ever published, in order, also to streams that are gone."""
    made: int = 1
    """How often the stream was made."""
    lines: "list[FakeLine]" = field(default_factory=list)

    @property
    def identity(self) -> str:
        """The stream's identity."""
        return f"events@{self.made}"

    def publish(self, message: BotEvent | str) -> None:
        """Store an event (or what is none), and deliver it when its turn has come."""
        self.messages.append(message)
        if isinstance(message, BotEvent):
            self.history[Position(self.identity, len(self.messages))] = message
        self.deliver()

    def whisper(self, event: BotEvent) -> None:
        """Send an event over core NATS: only who is connected now hears it."""
        if self.connected and self.lines:
            self.lines[0].heard.append(event)
            self.deliver()

    def connect(self, *, connected: bool) -> None:
        """Lose the connection of everybody, or give it back."""
        if connected == self.connected:
            return
        self.connected = connected
        for line in tuple(self.lines):
            line.out = None
            line.tell(FeedState(connected, connected, "" if connected else "lost by script"))
        self.deliver()

    def recreate(self) -> None:
        """Delete the stream and make it again: what it held is lost to everyone."""
        self.made += 1
        self.messages, self.settled = [], 0
        for line in tuple(self.lines):
            line.out = None
            if self.connected:
                note = "the stream was deleted and recreated"
                line.tell(FeedState(connected=True, durable=True, note=note, alarm=True))
        self.deliver()

    def repeat(self) -> None:
        """Deliver what is out once more, as when the time to acknowledge has run out."""
        for line in self.lines:
            line.out = None
        self.deliver()

    def forget_consumer(self) -> None:
        """Lose what was acknowledged: all that the stream holds is delivered again."""
        self.settled = 0
        self.repeat()

    def deliver(self) -> None:
        """Hand out the next messages, unless some are out or nobody is there. What was heard alone goes first."""
        if not self.connected or not self.lines or any(line.out is not None for line in self.lines):
            return
        line = self.lines[0]
        if line.heard:
            line.offer([(event, None) for event in islice(line.heard, TOGETHER)])
            return
        while self.settled < len(self.messages):
            message = self.messages[self.settled]
            if isinstance(message, BotEvent):
                line.offer(self._next())
                return
            line.listener.refused(REFUSED, message)
            self.settled += 1

    def _next(self) -> list[Placed]:
        """Return the events that come next, up to what is none."""
        first = self.settled
        events = takewhile(lambda message: isinstance(message, BotEvent), self.messages[first : first + TOGETHER])
        return [
            (event, Position(self.identity, number))
            for number, event in enumerate(events, first + 1)
            if isinstance(event, BotEvent)
        ]


@dataclass(eq=False)
class _Out:
    """Deliveries that are on their way together."""

    count: int
    done: set[int] = field(default_factory=set[int])


class FakeLine:
    """One open feed."""

    def __init__(self, world: StreamWorld, listener: FeedListener) -> None:
        self._world, self.listener = world, listener
        self.heard = deque[BotEvent]()
        """What came over core NATS and was not written yet."""
        self.out: _Out | None = None
        """The deliveries that are neither acknowledged nor given back."""
        world.lines.append(self)
        self.tell(FeedState(world.connected, world.connected, "" if world.connected else "lost by script"))
        world.deliver()

    def tell(self, state: FeedState) -> None:
        """Tell how the connection is."""
        self.listener.changed(state)

    def offer(self, events: list[Placed]) -> None:
        """Deliver some events, some time from now. They are out until each of them is done."""
        world, out = self._world, _Out(len(events))
        self.out = out
        deliveries = [
            Delivery(
                event,
                position,
                done=self._while_out(out, partial(self._done, out, number, event, position)),
                again=self._while_out(out, partial(self._come_again, out, RETRY)),
            )
            for number, (event, position) in enumerate(events)
        ]
        self.listener.lagging(Lag(len(world.messages) - world.settled, None))
        deliver = self._while_out(out, partial(self.listener.delivered, deliveries))
        delay = world.delay()
        if delay > 0:
            world.after(delay, deliver)
        else:
            deliver()
        self._come_again(out, PATIENCE)

    def close(self) -> None:
        """End it; what is out goes to the next."""
        if self in self._world.lines:
            self._world.lines.remove(self)
            self._world.deliver()

    def _while_out(self, out: object, call: Callable[[], object]) -> Callable[[], None]:
        def checked() -> None:
            if self.out is out and self in self._world.lines:
                call()

        return checked

    def _come_again(self, out: object, seconds: float) -> None:
        self._world.after(seconds, self._while_out(out, self._world.repeat))

    def _done(self, out: _Out, number: int, event: BotEvent, position: Position | None) -> None:
        world = self._world
        if number in out.done:
            return
        world.acknowledged(event, position)
        if world.lose_acknowledgement:
            world.lose_acknowledgement = False
            self._come_again(out, RETRY)
            return
        out.done.add(number)
        if len(out.done) < out.count:
            return
        self.out = None
        for _ in range(out.count):
            if position is None:
                self.heard.popleft()
            else:
                world.settled += 1
        world.deliver()


class FakeFeed:
    """The port `EventFeed` on a `StreamWorld`."""

    def __init__(self, world: StreamWorld) -> None:
        self._world = world
        self._opened: list[FakeLine] = []
        self._dropped = False

    def open(self, listener: FeedListener) -> FakeLine:
        """Begin."""
        line = FakeLine(self._world, listener)
        self._opened.append(line)
        if self._dropped:
            line.close()
        return line

    def drop(self) -> None:
        """Lose all of its connections, and keep none open, as when its process is killed."""
        self._dropped = True
        for line in self._opened:
            line.close()
