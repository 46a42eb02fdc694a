"""Very many schedules over an engine that costs nothing: memory of each, and how soon a run begins that is due.

`ours` spreads their times evenly, so that most of the runtime's work is what it would be every day; `burst` has all of
them due in one second. Run one measurement with `python -m tests.bench.schedules ours 10000`.
"""

import gc
import random
import statistics
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

from tests.bench.child import Numbers, answer, resident
from tests.parts.documents import created

from the0_actors.actors.domain.schedules import NEXT
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.kernel.dead_letters import DeadLetter
from the0_actors.actors.ports.engine import EngineEvent, Happening
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.adapters.host import HostLock
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeSubscription, Fault
from the0_actors.adapters.testing.schedules import FakeScheduleStore, ScheduleWorld
from the0_actors.adapters.testing.store import FakeStore
from the0_actors.supervisors import ports as adapters
from the0_actors.supervisors.journal import Journal
from the0_actors.supervisors.reports import Report
from the0_actors.supervisors.runtime import Runtime
from the0_actors.supervisors.schedules import SchedulePorts
from the0_actors.supervisors.tree import Ports

LOADED = adapters.__name__
"""Adapters and their client libraries are loaded, as in a real process."""
SPREAD = 600
"""Seconds over which very many schedules are spread: each runs every ten minutes, 17 of 10,000 in each second."""
FEW = 1_000
"""Up to so many are spread over a minute."""
SAMPLED = 10
"""One of so many is waited for."""
LASTS = 2.0
"""Seconds that a run takes."""
LEAD = 5.0
"""Seconds from the start to a burst, and one more for each of `LED`."""
LED = 200
PATIENCE = 300.0


class Attendance(Journal):
    """Counts who waits for its time."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.waiting: set[str] = set()
        self.all_wait = threading.Event()

    def bot(self, bot_id: str, transition: Transition) -> None:
        if transition.phase is Phase.IDLE and not self.all_wait.is_set():
            self.waiting.add(bot_id)
            if len(self.waiting) == self.expected:
                self.waiting.clear()
                self.all_wait.set()

    def supervisor(self, report: Report) -> None:
        """Say nothing: a log line for each schedule would be what is measured."""

    def dead_letter(self, letter: DeadLetter) -> None:
        """Say nothing."""


class Runs:
    """The programs of a fake engine: each ends after `LASTS` seconds. Keeps how late each was asked for."""

    def __init__(self, store: ScheduleWorld) -> None:
        self._store = store
        self.world = EngineWorld(SystemClock(), fault=self._called)
        self.world.code.add("hash")
        self._going: deque[tuple[float, str]] = deque()
        self.late: list[tuple[int, float]] = []
        """For each run its due time, and the seconds from then to the call that makes its container."""
        self.started = 0
        FakeSubscription(self.world, self._begin, lambda _reason: None)
        threading.Thread(target=self._end, daemon=True).start()

    def _called(self, operation: str, target: str) -> Fault:
        if operation == "create":
            due = self._store.schedules[target][NEXT]  # it moves on when the run is over
            self.late.append((due, time.time() - due))
        return Fault.NONE

    def _begin(self, event: EngineEvent) -> None:
        if event.happening is Happening.STARTED:
            self.started += 1
            self._going.append((time.monotonic() + LASTS, event.container_id))

    def _end(self) -> None:
        while True:
            while self._going and self._going[0][0] <= time.monotonic():
                container = self.world.containers.get(self._going.popleft()[1])
                if container is not None:
                    self.world.die(container, 0)
            time.sleep(0.01)


class Rig:
    """A database of schedules and an engine, and one runtime after the other on them."""

    def __init__(self, expressions: list[str], folder: str) -> None:
        self.store = ScheduleWorld(SystemClock())
        self.runs = Runs(self.store)
        self._folder = Path(folder)
        for number, expression in enumerate(expressions):
            FakeScheduleStore(self.store).apply(created(f"bot{number:06d}", schedule=expression), None)

    def runtime(self) -> tuple[Runtime, Attendance]:
        attendance, engine = Attendance(len(self.store.schedules)), self.runs.world
        ports = SchedulePorts(
            store=FakeScheduleStore(self.store),
            identify=FakeEngine(engine, "").identify,
            engine=lambda installation: FakeEngine(engine, installation.id),
            prepare=lambda _engine: lambda _spec: "hash",
            keep=lambda _bot_id, _result: None,
            lock=lambda installation: HostLock(installation.id, self._folder),
        )
        # Of bots there are none; a tree wants their ports all the same.
        alone = Ports(
            store=FakeStore(self.store),
            identify=ports.identify,
            engine=ports.engine,
            prepare=ports.prepare,
            lock=ports.lock,
            schedules=ports,
            realtime=False,
        )
        return Runtime(alone, journal=attendance), attendance


def ours(schedules: int) -> Numbers:
    """Measure one runtime with so many schedules, then one that starts after it."""
    with tempfile.TemporaryDirectory() as folder:
        return _spread(Rig(_expressions(schedules), folder), schedules)


def _expressions(schedules: int) -> list[str]:
    spread = SPREAD if schedules > FEW else 60
    seconds = [number * spread // schedules for number in range(schedules)]
    random.Random(1).shuffle(seconds)  # ids say nothing of times
    return [f"{at % 60} {at // 60}/{spread // 60} * * * *" for at in seconds]


def _spread(rig: Rig, schedules: int) -> Numbers:
    runtime, attendance = rig.runtime()
    gc.collect()
    before, began = resident(), time.perf_counter()
    runtime.start()
    _wait(attendance.all_wait)
    up = time.perf_counter() - began
    gc.collect()
    memory = (resident() - before) / schedules
    late = _lateness(rig.runs, schedules // SAMPLED)
    runtime.stop()
    rig.runs.late.clear()
    runtime, attendance = rig.runtime()
    began = time.perf_counter()
    runtime.start()
    while not rig.runs.late:
        time.sleep(0.001)
    first = time.perf_counter() - began
    _wait(attendance.all_wait)
    runtime.stop()
    return {
        "memory_bytes": memory,
        "up_s": up,
        "due_p50_ms": statistics.median(late) * 1e3,
        "due_p99_ms": statistics.quantiles(late, n=100)[98] * 1e3,
        "first_s": first,
    }


def _lateness(runs: Runs, samples: int) -> list[float]:
    """Return how late those runs were asked for that are due from now on."""
    since, until = time.time(), time.monotonic() + PATIENCE
    while len(found := [late for due, late in runs.late.copy() if due > since]) < samples:
        if time.monotonic() > until:
            raise TimeoutError(f"{len(found)} of {samples} runs began")
        time.sleep(0.1)
    return found


def burst(schedules: int) -> Numbers:
    """Measure how long it takes until all have started that are due in the same second."""
    lead = LEAD + schedules / LED
    while (took := _burst(schedules, lead)) is None:
        lead *= 2  # a busy machine: not all were up when they were due
    return {"burst_s": took}


def _burst(schedules: int, lead: float) -> float | None:
    due = time.time() + lead
    at = time.gmtime(due)
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig([f"{at.tm_sec} {at.tm_min} {at.tm_hour} * * *"] * schedules, folder)
        runtime, attendance = rig.runtime()
        runtime.start()
        in_time = attendance.all_wait.wait(due - time.time())
        while in_time and rig.runs.started < schedules:
            time.sleep(0.01)
        took = time.time() - int(due)
        runtime.stop()
    return took if in_time else None


def _wait(event: threading.Event) -> None:
    if not event.wait(PATIENCE):
        raise TimeoutError("not all schedules are up")


if __name__ == "__main__":
    answer({"ours": ours, "burst": burst})
