"""A small service that embeds the runtime: its own engine, its own database, one bot, and the status at the end.

Both parts are the fakes that ship with the package, so it runs anywhere:

    python examples/embedding/service.py
"""

import time
from collections.abc import Callable

from the0_actors import Ports, Runtime
from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.status import Phase, RuntimeStatus
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld
from the0_actors.adapters.testing.lock import FakeLock
from the0_actors.adapters.testing.store import FakeStore, StoreWorld, spec_of

CODE = "0" * 64
"""Hash of the code that every bot here has."""


def my_ports(engine: EngineWorld, store: StoreWorld) -> Ports:
    """Return what the runtime is to work with. Nothing is contacted."""

    def prepare(_: Engine) -> Callable[[LaunchSpec], str]:
        return lambda _: CODE

    return Ports(
        store=FakeStore(store),
        identify=FakeEngine(engine, "").identify,
        engine=lambda installation: FakeEngine(engine, installation.id),
        prepare=prepare,
        lock=lambda installation: FakeLock(engine, installation.id),
    )


def serve(patience: float = 30.0) -> RuntimeStatus:
    """Run one bot until it is seen running, at most `patience` seconds; return the status then."""
    clock = SystemClock()
    engine, store = EngineWorld(clock, code={CODE}), StoreWorld(clock)
    with Runtime(my_ports(engine, store), mode="fake") as runtime:
        store.put("bot-1", Wanted(spec_of("bot-1")))
        until = clock.monotonic() + patience
        while not runtime.holding({Phase.RUNNING}) and clock.monotonic() < until:
            time.sleep(0.05)
        return runtime.status()


if __name__ == "__main__":
    for bot in serve().bots:
        print(bot.bot_id, bot.phase, bot.reason)
