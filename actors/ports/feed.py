"""Port: the platform's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from the0_actors.actors.domain.events import BotEvent, Position
from the0_actors.actors.ports.engine import Subscription


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to be written."""

    event: BotEvent
    position: Position | None
    """None when it came over core NATS."""
    done: Callable[[], None]
    """Call after the write (acknowledges; thread-safe, does not block)."""
    again: Callable[[], None]
    """Call when the write failed: it is delivered again later."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """How the connection is, at each change of it."""

    connected: bool
    """The server has our subscription: what is sent from now on is heard."""
    durable: bool
    """A JetStream consumer is attached; otherwise core subscriptions alone."""
    note: str
    """One line: why it is down, or that a stream was recreated (an alarm: what it held is lost to everyone)."""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Lag:
    """What is not worked off."""

    waiting: int
    """Events that are delivered and not settled, or that the stream holds beyond them."""
    since: float | None
    """Unix seconds at which the oldest of them was sent; None when that is not known."""


class FeedListener(Protocol):
    """Who receives. Called on the feed's own thread; returns at once."""

    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """Take some events, in the order of the stream or of their arrival; deletions may come before their turn."""
        ...

    def lagging(self, lag: Lag) -> None:
        """Take notice of how many events wait."""
        ...

    def refused(self, subject: str, reason: str) -> None:
        """Take notice of a message that was no event (no JSON, an empty id); it was acknowledged and dropped."""
        ...

    def changed(self, state: FeedState) -> None:
        """Take notice of the connection. Each time `connected` turns true the receiver resyncs."""
        ...


class EventFeed(Protocol):
    """The connection to NATS. First connect may fail, reconnects never run out."""

    def open(self, listener: FeedListener) -> Subscription:
        """Begin, without waiting for the connection."""
        ...
