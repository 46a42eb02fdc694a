"""A whole runtime over an engine that costs nothing: memory of each bot, and how soon things happen with many present.

Run one measurement with `python -m tests.bench.fleet ours 1000`.
"""

import gc
import hashlib
import random
import statistics
import threading
import time
from collections.abc import Callable

from tests.bench.child import Numbers, answer, resident

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.kernel.dead_letters import DeadLetter
from the0_actors.actors.ports.engine import Engine, Fresh
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.host import HostLock
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault
from the0_actors.adapters.testing.store import FakeStore, StoreWorld, spec_of
from the0_actors.supervisors import ports as adapters
from the0_actors.supervisors.journal import Journal
from the0_actors.supervisors.reports import Report
from the0_actors.supervisors.runtime import Runtime
from the0_actors.supervisors.tree import Ports, TreeSettings

LOADED = adapters.__name__
"""Adapters and their client libraries are loaded, as in a real process."""
SAMPLES = 200
PACE = 0.005
"""Seconds between two samples: they are not to queue behind each other."""


class Stopwatch(Journal):
    """Hears what bots do, and times it."""

    def __init__(self) -> None:
        self.running = 0
        self.all_running = threading.Event()
        self.expected = 0
        self.seen: dict[tuple[str, str], float] = {}

    def bot(self, bot_id: str, transition: Transition) -> None:
        self.seen.setdefault((bot_id, transition.phase), time.perf_counter())
        if transition.phase is Phase.RUNNING and transition.reason == "as wanted":
            self.running += 1
            if self.running >= self.expected:
                self.all_running.set()

    def supervisor(self, report: Report) -> None:
        """Say nothing: a log line for each bot would be what is measured."""

    def dead_letter(self, letter: DeadLetter) -> None:
        """Say nothing."""


class Rig:
    """A runtime with fakes, or with a real engine between them."""

    def __init__(
        self,
        bots: int,
        engine: Callable[[Installation], Engine] | None = None,
        identify: Callable[[], str] | None = None,
        code: str = "",
    ) -> None:
        self.code = code
        clock = SystemClock()
        self.engine = EngineWorld(clock, fault=self._called)
        self.store = StoreWorld(clock)
        self.watch = Stopwatch()
        self.watch.expected = bots
        self.calls: dict[str, float] = {}
        for number in range(bots):
            self.store.documents[f"bot{number:06d}"] = Wanted(
                spec_of(f"bot{number:06d}", config_json='{"symbol":"BTC"}')
            )
        store = FakeStore(self.store)
        ports = Ports(
            store=store,
            identify=identify or FakeEngine(self.engine, "").identify,
            engine=engine or (lambda installation: FakeEngine(self.engine, installation.id)),
            prepare=self._preparation,
            lock=lambda installation: HostLock(installation.id),
        )
        self.runtime = Runtime(ports, TreeSettings(), journal=self.watch)

    def _called(self, operation: str, target: str) -> Fault:
        if operation in {"create", "signal"}:
            self.calls.setdefault(target, time.perf_counter())
        return Fault.NONE

    def _preparation(self, engine: Engine) -> Callable[[LaunchSpec], str]:
        def prepare(spec: LaunchSpec) -> str:
            engine.prepare(spec)
            if self.code:
                return self.code
            code_hash = hashlib.sha256(spec.code_key.encode()).hexdigest()
            self.engine.code.add(code_hash)
            return code_hash

        return prepare


def ours(bots: int) -> Numbers:
    """Measure one runtime with so many bots."""
    rig = Rig(bots)
    gc.collect()
    before = resident()
    began = time.perf_counter()
    cpu = time.process_time()
    rig.runtime.start()
    if not rig.watch.all_running.wait(300):
        raise TimeoutError(f"{rig.watch.running} of {bots} run")
    up, cpu = time.perf_counter() - began, time.process_time() - cpu
    rig.watch.seen.clear()
    gc.collect()
    whole = resident()
    fakes = _cost_of_fakes(bots)
    # Edits and exits fall on different bots: who is being replaced has no container to end.
    chosen = random.Random(1).sample(sorted(rig.store.documents), min(2 * SAMPLES, bots))
    events = _latencies(rig, chosen[::2], _edit, rig.calls.get)
    exits = _latencies(rig, chosen[1::2], _die, lambda bot_id: _decided(rig, bot_id))
    rig.runtime.stop()
    return {
        "up_s": up,
        "up_cpu_s": cpu,
        "memory_bytes": (whole - before - fakes) / bots,
        "whole_bytes": whole - fakes,
        "event_p50_ms": statistics.median(events) * 1e3,
        "event_p99_ms": statistics.quantiles(events, n=100)[98] * 1e3,
        "exit_p50_ms": statistics.median(exits) * 1e3,
        "exit_p99_ms": statistics.quantiles(exits, n=100)[98] * 1e3,
    }


def _latencies(
    rig: Rig, chosen: list[str], cause: Callable[[Rig, str], None], effect: Callable[[str], float | None]
) -> list[float]:
    latencies: list[float] = []
    rig.calls.clear()
    rig.watch.seen.clear()
    for bot_id in chosen:
        began = time.perf_counter()
        cause(rig, bot_id)
        while (at := effect(bot_id)) is None:
            if time.perf_counter() - began > 10.0:
                raise TimeoutError(bot_id)
            time.sleep(0.0002)
        latencies.append(at - began)
        time.sleep(PACE)
    return latencies


def _decided(rig: Rig, bot_id: str) -> float | None:
    """Return when it was decided to restart a bot: a short pause may be over by the time that its phase is told."""
    times = [rig.watch.seen.get((bot_id, phase)) for phase in (Phase.BACKOFF, Phase.PREPARING, Phase.STARTING)]
    return min((at for at in times if at is not None), default=None)


def _edit(rig: Rig, bot_id: str) -> None:
    rig.store.put(bot_id, Wanted(spec_of(bot_id, "2")))


def _die(rig: Rig, bot_id: str) -> None:
    container = rig.engine.by_name(FakeEngine(rig.engine, "a1b2c3d4e5f6").name_of(bot_id, Kind.REALTIME))
    if container is not None:
        rig.engine.die(container, 1)


def _cost_of_fakes(bots: int) -> int:
    """Return the resident memory that a fake daemon with so many containers takes, which a real one has elsewhere."""
    gc.collect()
    before = resident()
    world = EngineWorld(SystemClock())
    engine = FakeEngine(world, "a1b2c3d4e5f6")
    world.code.add("hash")
    for number in range(bots):
        engine.create(Fresh(spec_of(f"bot{number:06d}", config_json='{"symbol":"BTC"}'), "hash"), Birth())
    gc.collect()
    cost = resident() - before
    del world
    return cost


if __name__ == "__main__":
    answer({"ours": ours})
