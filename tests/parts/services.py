"""A runtime that hears one NATS, on an engine in memory that costs nothing, and on whichever database."""

import random
from dataclasses import replace

from tests.adapters.nats.conftest import QUICK

from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.ports.store import BotStore
from the0_actors.adapters.nats.feed import NatsFeed
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld
from the0_actors.adapters.testing.lock import FakeLock
from the0_actors.adapters.testing.store import FakeStore, StoreWorld
from the0_actors.supervisors.runtime import Runtime
from the0_actors.supervisors.tree import Ports


class Service:
    """The runtime, not started; without a given store its database is in memory, and `wrote` tells what it took."""

    def __init__(self, url: str, store: BotStore | None = None) -> None:
        clock = SystemClock()
        self.store = StoreWorld(clock, offers_stream=False)
        store = store or FakeStore(self.store)
        engine = EngineWorld(clock, code={"0" * 64})
        settings = replace(QUICK, url=url, connect_timeout=0.5)
        self.runtime = Runtime(
            Ports(
                store=store,
                identify=FakeEngine(engine, "").identify,
                engine=lambda installation: FakeEngine(engine, installation.id),
                prepare=lambda _engine: lambda _spec: "0" * 64,
                lock=lambda installation: FakeLock(engine, installation.id),
                feed=lambda installation: NatsFeed(
                    replace(settings, installation=installation.id), random.Random(7), store.streams
                ),
            )
        )

    def wrote(self, bot_id: str) -> bool:
        return any(event.bot_id == bot_id for event, _, _ in self.store.applied)
