"""The listener that these tests put behind a feed, and the feed itself with short waits."""

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parts.nats import Nats, nats
from tests.parts.waiting import until

from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.feed import Delivery, FeedState, Lag
from the0_actors.adapters.nats.feed import NatsFeed
from the0_actors.adapters.nats.settings import NatsSettings

__all__ = ["nats"]

QUICK = NatsSettings(
    url="nats://127.0.0.1:1",
    installation="0123456789ab",
    connect_timeout=2.0,
    reconnect_first=0.02,
    reconnect_most=0.1,
    look_every=0.2,
    idle=0.3,
    ack_wait=2.0,
    retry_first=0.05,
    retry_most=0.2,
)


class Heard:
    """A listener that remembers, and settles each delivery at once unless it is told not to."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.states: list[FeedState] = []
        self.lags: list[Lag] = []
        self.refusals: list[tuple[str, str]] = []
        self.threads: set[str] = set()
        self.settle: Callable[[Delivery], None] = lambda delivery: delivery.done()

    def delivered(self, deliveries: Sequence[Delivery]) -> None:
        self.threads.add(threading.current_thread().name)
        for delivery in deliveries:
            self.deliveries.append(delivery)
            self.settle(delivery)

    def lagging(self, lag: Lag) -> None:
        self.lags.append(lag)

    def refused(self, subject: str, reason: str) -> None:
        self.refusals.append((subject, reason))

    def changed(self, state: FeedState) -> None:
        self.states.append(state)

    @property
    def ids(self) -> list[str]:
        return [delivery.event.bot_id for delivery in self.deliveries]

    @property
    def state(self) -> FeedState:
        return self.states[-1] if self.states else FeedState(connected=False, durable=False, note="not opened")

    def await_ids(self, *ids: str) -> None:
        until(lambda: set(ids) <= set(self.ids), f"{ids} among {self.ids[-10:]}, {self.state}")

    def await_durable(self, *, durable: bool = True) -> None:
        until(lambda: self.state.connected and self.state.durable is durable, f"durable={durable}, is {self.states}")

    def await_core(self) -> None:
        until(lambda: self.state.connected and "no stream" in self.state.note, f"core alone, is {self.states}")

    def await_down(self) -> None:
        until(lambda: self.states and not self.state.connected, f"down, is {self.states}")

    def versions(self) -> dict[str, object]:
        """What a store would hold in the end: position decides; deleted is final."""
        kept: dict[str, object] = {}
        for delivery in self.deliveries:
            event = delivery.event
            kept[event.bot_id] = None if event.action == "deleted" else (event.config or {}).get("version")
        return kept


class Feeds:
    """Opens feeds and closes them at the end of the test."""

    def __init__(self) -> None:
        self._open: list[Subscription] = []

    def open(
        self, url: str, listener: Heard, read: Callable[[], Mapping[str, int]] = dict, **settings: object
    ) -> Subscription:
        feed = NatsFeed(replace(QUICK, url=url, **settings), random.Random(7), read)  # type: ignore[arg-type]
        subscription = feed.open(listener)
        self._open.append(subscription)
        return subscription

    def close(self) -> None:
        for subscription in self._open:
            subscription.close()


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    feeds = Feeds()
    yield feeds
    feeds.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def event(action: str, bot_id: str, version: int = 0) -> tuple[str, bytes]:
    """Return subject and payload of one event."""
    return f"the0.bot.{action}", json.dumps({"id": bot_id, "config": {"version": version}}).encode()


@pytest.fixture
def streamed(nats: Nats) -> Nats:
    """A server with the platform's stream."""
    nats.make_stream()
    return nats


class Servers:
    """Starts servers with other settings than the usual ones; they are stopped at the end of the test."""

    def __init__(self) -> None:
        self._started: list[Nats] = []

    def __call__(self, folder: Path, *arguments: str, jetstream: bool = True, start: bool = True) -> Nats:
        server = Nats(folder, *arguments, jetstream=jetstream)
        self._started.append(server)
        if start:
            server.start()
        return server

    def stop(self) -> None:
        for server in self._started:
            server.stop()


@pytest.fixture
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()
