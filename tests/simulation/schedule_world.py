"""The part of the tree that runs schedules, in virtual time: an engine whose programs end, a database, and runtimes.

Every start of a program is counted under its slot, over all runtimes: a slot that starts twice is a violation.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.parts.documents import custom
from tests.simulation.ground import Client, Ground, Incarnation

from the0_actors.actors.domain.events import Action, Applied, BotEvent
from the0_actors.actors.domain.launch import RESULT
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import FakeContainer
from the0_actors.adapters.testing.schedules import FakeScheduleStore
from the0_actors.adapters.testing.schedules import ScheduleWorld as Database
from the0_actors.adapters.testing.store import StoreWorld, no_fault
from the0_actors.supervisors.schedules import SchedulePorts, ScheduleSettings, ScheduleTree
from the0_actors.supervisors.side import Surroundings
from the0_actors.supervisors.supervisor import Supervisor

Runtime = Incarnation[ScheduleTree]
"""One incarnation of ourselves."""
PAUSE: Final = 1.0
"""Seconds after which a program that should end, but is paused, is looked at again."""


@dataclass(frozen=True)
class Program:
    """What a schedule's program does."""

    code: int = 0
    lasts: float | None = 5.0
    """Seconds; None: it never ends by itself."""


class ScheduleWorld(Ground[ScheduleTree]):
    """Engine, database and however many runtimes, on one virtual clock."""

    def __init__(self, seed: int, wall: float | None = None) -> None:
        super().__init__(seed)
        if wall is not None:
            self.clock.step(wall - self.clock.wall())
        self.store = Database(self.clock, down=self.script.store, lost_answers=self.script.answer)
        self.engine.began = self._began
        self.settings: dict[str, Any] = {}
        """Of the runtimes that start from now on, where they are not the usual ones."""
        self.rules: dict[str, Any] = {}
        self.program = Program()
        """What a schedule's program does that is not among `programs`."""
        self.programs: dict[str, Program] = {}
        self.starts: Counter[tuple[str, str]] = Counter()
        """By schedule, and the reason that stands on its container, which names the slot."""
        self.order: list[tuple[str, str]] = []
        """The same, as they began."""

    @property
    def database(self) -> StoreWorld:
        return self.store

    def start(self, host: str = "host-1") -> Runtime:
        """Start one more incarnation of ourselves."""
        store = FakeScheduleStore(self.store)
        process, system, lanes = self._process()
        runtime = Runtime(system, process, [store])
        holder = f"runtime-{len(self.runtimes) + 1}"
        settings = ScheduleSettings(rules=ScheduleRules(holder, **self.rules), **self.settings)

        def code_in_use() -> frozenset[str]:
            return runtime.tree.code_in_use()

        around = Surroundings(
            runtime.system,
            lanes,
            holder,
            reporter=runtime.reports.append,
            announce=runtime.announce,
            code_in_use=code_in_use,
        )
        ports = self._ports(store, runtime.clients, host)
        runtime.tree = ScheduleTree(around, ports, settings, runtime.say_drained)
        self.runtimes.append(runtime)
        root = partial(Supervisor, (runtime.tree.child(),), reporter=runtime.reports.append)
        runtime.system.spawn(runtime.system.handle("/"), root, runtime.ended.append)
        return runtime

    def hand_over(self, runtime: Runtime) -> None:
        """Give the engine's lock to another: its holder was out of the engine's reach for long."""
        assert self.store.installation is not None
        lock = self._lock(runtime.clients, "scheduled", self.store.installation)
        self.engine.locks[lock.name] = lock

    def check(self) -> None:
        """Safety: what is noticed when a program starts."""
        assert not self.violations, self.violations

    def _ports(self, store: FakeScheduleStore, clients: list[Client], host: str) -> SchedulePorts:
        return SchedulePorts(
            store=store,
            identify=FakeEngine(self.engine, "").identify,
            engine=partial(self._engine, clients),
            prepare=self._preparation,
            keep=self._keep,
            lock=partial(self._lock, clients, "scheduled"),
            memory=self._memory(host),
            word=self.word,
        )

    def _keep(self, bot_id: str, _result: bytes) -> None:
        if self.fetch_fails("keep"):
            raise Unavailable("objects", f"the result of {bot_id} cannot be stored, by script")

    # programs

    def _began(self, container: FakeContainer) -> None:
        slot = container.bot_id, container.birth.reason
        self.order.append(slot)
        self.starts[slot] += 1
        # Only a start makes two live ones: it is looked at here, since after each turn thousands would take too long.
        spared = self.by_hand | {"f1"}
        live = [one for one in self.running(container.bot_id) if one not in spared]
        if len(live) > 1:
            self.violations.append(f"two of {container.bot_id}: {live}")
        if self.starts[slot] > 1:
            self.violations.append(f"{slot} ran {self.starts[slot]} times")
        program = self.programs.get(container.bot_id, self.program)
        if program.code == 0:
            container.handed_out[RESULT] = b"{}"
        if program.lasts is not None:
            self.stepper.timers.after(program.lasts, partial(self._end, container, program.code))

    def _end(self, container: FakeContainer, code: int) -> None:
        if self.engine.containers.get(container.container_id) is not container:
            return
        if container.status is Status.RUNNING:
            self.engine.die(container, code)
        elif container.status is Status.PAUSED:
            self.stepper.timers.after(PAUSE, partial(self._end, container, code))

    # documents

    def write(self, bot_id: str, config: Mapping[str, Any], version: str = "1") -> Applied:
        """Make a schedule, or change it."""
        action = Action.UPDATED if bot_id in self.store.schedules else Action.CREATED
        about = {**custom(type="scheduled", version=version), "version": version, "filePath": f"user/{version}"}
        return self._write(BotEvent(action, bot_id, {"name": bot_id, **config}, about))

    def put(self, bot_id: str, schedule: str, **config: Any) -> Applied:
        """Make a schedule, or change it."""
        return self.write(bot_id, {"schedule": schedule, **config})

    def delete(self, bot_id: str) -> Applied:
        """Delete it."""
        return self._write(BotEvent(Action.DELETED, bot_id, {"name": bot_id}, None))

    def _write(self, event: BotEvent) -> Applied:
        """Write as somebody whose database is there."""
        down, self.store.down = self.store.down, no_fault
        try:
            return FakeScheduleStore(self.store).apply(event, None)
        finally:
            self.store.down = down

    # what is so

    def records(self, bot_id: str) -> list[RunRecord]:
        """Return a schedule's records, in order of due time."""
        return sorted(self.store.records_of(bot_id), key=lambda record: record.due)

    def outcomes(self) -> Counter[Outcome]:
        """Count the records."""
        return Counter(record.outcome for record in self.store.records.values())
