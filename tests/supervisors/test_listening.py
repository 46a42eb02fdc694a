"""A runtime that has started hears events: over a real NATS server, with an engine and a database in memory."""

import json
import random
import signal
import time
from dataclasses import replace

import pytest
from tests.adapters.nats.conftest import QUICK
from tests.parts.documents import custom
from tests.parts.nats import Nats, nats
from tests.parts.waiting import until

from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.adapters.nats.feed import NatsFeed
from the0_actors.adapters.testing.engine import EngineWorld, FakeEngine
from the0_actors.adapters.testing.lock import FakeLock
from the0_actors.adapters.testing.store import FakeStore, StoreWorld
from the0_actors.supervisors.runtime import Runtime
from the0_actors.supervisors.tree import Ports

__all__ = ["nats"]

pytestmark = pytest.mark.nats


class Service:
    """A runtime that hears one NATS, and what it wrote."""

    def __init__(self, url: str) -> None:
        clock = SystemClock()
        self.store = StoreWorld(clock, offers_stream=False)
        engine = EngineWorld(clock, code={"0" * 64})
        settings = replace(QUICK, url=url, connect_timeout=0.5)
        self.runtime = Runtime(
            Ports(
                store=FakeStore(self.store),
                identify=FakeEngine(engine, "").identify,
                engine=lambda installation: FakeEngine(engine, installation.id),
                prepare=lambda _engine: lambda _spec: "0" * 64,
                lock=lambda installation: FakeLock(engine, installation.id),
                feed=lambda installation: NatsFeed(
                    replace(settings, installation=installation.id), random.Random(7), FakeStore(self.store).streams
                ),
            )
        )

    def wrote(self, bot_id: str) -> bool:
        return any(event.bot_id == bot_id for event, _, _ in self.store.applied)


def send(nats: Nats, bot_id: str) -> None:
    created = {"id": bot_id, "config": {}, "custom": custom()}
    nats.publish([("the0.bot.created", json.dumps(created).encode())])


@pytest.mark.parametrize("stream", [False, True], ids=["core alone", "with a stream"])
def test_an_event_that_is_sent_right_after_the_start_is_heard(nats: Nats, *, stream: bool) -> None:
    """Over core NATS nobody keeps it: it was lost."""
    if stream:
        nats.make_stream()
    service = Service(nats.url)
    with service.runtime as runtime:
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")
        assert runtime.deaf() == ""
        until(runtime.ready, "ready")


def test_a_server_that_is_away_hinders_neither_the_start_nor_readiness_and_is_named(nats: Nats) -> None:
    nats.stop()
    service = Service(nats.url)
    began = time.monotonic()
    with service.runtime as runtime:
        assert time.monotonic() - began < 5.0
        assert "Connect" in runtime.deaf()
        until(runtime.ready, "ready")
        nats.start()
        until(lambda: not runtime.deaf(), "heard")
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")


def test_while_nobody_knows_whether_events_are_heard_it_is_not_ready(nats: Nats) -> None:
    """A server that is hung takes the connection and says nothing."""
    nats.signal(signal.SIGSTOP)
    service = Service(nats.url)
    try:
        service.runtime.start(patience=0.3)
        until(lambda: service.runtime.status_role() == "active", "active")
        assert not service.runtime.ready()
        nats.signal(signal.SIGCONT)
        until(service.runtime.ready, "ready")
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")
    finally:
        service.runtime.stop()
