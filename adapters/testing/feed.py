"""A stream of the platform's events and its feed, in memory: one durable consumer, one delivery out at a time.

Like the real ones it delivers again what was not acknowledged: after `again`, after a connection that was lost, and to
the next runtime. It keeps no events that came over core NATS.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from the0_actors.actors.domain.events import BotEvent, Position
from the0_actors.actors.ports.feed import Delivery, FeedListener, FeedState

RETRY = 0.5
"""Seconds after which a delivery that was given back comes again."""


@dataclass
class StreamWorld:
    """The server. `after(seconds, call)` is its timer; `acknowledged` hears of each acknowledgement."""

    after: Callable[[float, Callable[[], object]], object]
    acknowledged: Callable[[BotEvent, Position], object] = lambda _event, _position: None
    connected: bool = True
    messages: list[BotEvent] = field(default_factory=list[BotEvent])
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

    def publish(self, event: BotEvent) -> None:
        """Store an event and deliver it when its turn has come."""
        self.messages.append(event)
        self.history[Position(self.identity, len(self.messages))] = event
        self.deliver()

    def whisper(self, event: BotEvent) -> None:
        """Send an event over core NATS: only who listens now hears it."""
        for line in tuple(self.lines) if self.connected else ():
            line.listener.delivered(Delivery(event, None, done=lambda: None, again=lambda: None))

    def connect(self, *, connected: bool) -> None:
        """Lose the connection of everybody, or give it back."""
        if connected == self.connected:
            return
        self.connected = connected
        for line in tuple(self.lines):
            line.out = None
            line.listener.changed(FeedState(connected, connected, "" if connected else "lost by script"))
        self.deliver()

    def recreate(self) -> None:
        """Delete the stream and make it again: what it held is lost to everyone."""
        self.made += 1
        self.messages, self.settled = [], 0
        for line in tuple(self.lines):
            line.out = None
            if self.connected:
                note = "the stream was deleted and recreated"
                line.listener.changed(FeedState(connected=True, durable=True, note=note, alarm=True))

    def repeat(self) -> None:
        """Deliver what is out once more, as after a lost acknowledgement."""
        for line in self.lines:
            line.out = None
        self.deliver()

    def deliver(self) -> None:
        """Hand out the next message, unless one is out or nobody is there."""
        if not self.connected or not self.lines or self.settled >= len(self.messages):
            return
        if any(line.out is not None for line in self.lines):
            return
        line, number = self.lines[0], self.settled
        event, position = self.messages[number], Position(self.identity, number + 1)
        out = line.out = object()

        def mine() -> bool:
            return line.out is out and line in self.lines

        def done() -> None:
            if mine():
                line.out = None
                self.settled += 1
                self.acknowledged(event, position)
                self.deliver()

        def again() -> None:
            if mine():
                self.after(RETRY, come_again)

        def come_again() -> None:
            if mine():
                self.repeat()

        line.listener.delivered(Delivery(event, position, done, again))


class FakeLine:
    """One open feed."""

    def __init__(self, world: StreamWorld, listener: FeedListener) -> None:
        self._world, self.listener = world, listener
        self.out: object | None = None
        """The delivery that is neither acknowledged nor given back."""
        world.lines.append(self)
        listener.changed(FeedState(world.connected, world.connected, "" if world.connected else "lost by script"))
        world.deliver()

    def close(self) -> None:
        """End it; what is out goes to the next."""
        if self in self._world.lines:
            self._world.lines.remove(self)
            self._world.deliver()


class FakeFeed:
    """The port `EventFeed` on a `StreamWorld`."""

    def __init__(self, world: StreamWorld) -> None:
        self._world = world
        self._opened: list[FakeLine] = []

    def open(self, listener: FeedListener) -> FakeLine:
        """Begin."""
        line = FakeLine(self._world, listener)
        self._opened.append(line)
        return line

    def drop(self) -> None:
        """Lose all of its connections, as when its process is killed."""
        for line in self._opened:
            line.close()
