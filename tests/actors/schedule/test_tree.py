"""The part of the tree that runs schedules, in virtual time: many due at once, kills of ourselves, two schedulers."""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from tests.parts.documents import created, deleted
from tests.simulation.world import FakeHost, Mortal

from the0_actors.actors.bot.stepping import Lanes
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.messages import DrainFleet
from the0_actors.actors.ports.engine import EngineEvent, Happening
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.adapters.testing.engine import EngineWorld, FakeEngine, FakeSubscription
from the0_actors.adapters.testing.schedules import FakeScheduleStore, ScheduleWorld
from the0_actors.supervisors.schedules import SchedulePorts, ScheduleSettings, ScheduleTree
from the0_actors.supervisors.side import Surroundings
from the0_actors.supervisors.supervisor import Supervisor

MINUTE = 60


class Runtime:
    """One incarnation of ourselves."""

    def __init__(self, world: "World", host: str, **settings: object) -> None:
        number = next(world.numbers)
        self.mortal = Mortal(world.stepper.dispatcher)
        self.system = ActorSystem(self.mortal, world.clock, world.stepper.timers, rng=random.Random(number))
        lanes = Lanes(*(StepLane(name, world.stepper, world.latency) for name in ("store", "engine", "objects")))
        self.host = FakeHost(host, world.locks)
        ports = SchedulePorts(
            store=FakeScheduleStore(world.store),
            identify=FakeEngine(world.engine, "").identify,
            engine=lambda installation: FakeEngine(world.engine, installation.id),
            prepare=lambda _engine: lambda _spec: "hash",
            keep=lambda _bot_id, _result: None,
            host=self.host,
        )
        self.drained = False
        holder = f"runtime-{number}"
        chosen = ScheduleSettings(rules=ScheduleRules(holder), **settings)  # type: ignore[arg-type]
        around = Surroundings(
            self.system,
            lanes,
            holder,
            reporter=lambda _report: None,
            announce=lambda _bot_id, _transition: None,
            code_in_use=frozenset,
        )
        self.tree = ScheduleTree(around, ports, chosen, drained=lambda: setattr(self, "drained", True))
        root = partial(Supervisor, (self.tree.child(),), reporter=lambda _report: None)
        self.system.spawn(self.system.handle("/"), root, lambda _end: None)


class World:
    """Engine and database, and however many runtimes, on one virtual clock."""

    def __init__(self, seed: int = 1) -> None:
        self.stepper = Stepper(seed)
        self.clock = self.stepper.clock
        self.rng = random.Random(seed)
        self.engine = EngineWorld(self.clock)
        self.engine.code.add("hash")
        self.store = ScheduleWorld(self.clock)
        self.locks: dict[str, object] = {}
        self.numbers = iter(range(1, 100))
        self.runs: Counter[tuple[str, str]] = Counter()
        self.order: list[str] = []
        self.latency: Callable[[], float] = lambda: self.rng.choice([0.0, 0.001, 0.02])
        self.lasts = 5.0
        self.create_at_once = 0
        FakeSubscription(self.engine, self._started, lambda _reason: None)

    def _started(self, event: EngineEvent) -> None:
        if event.happening is not Happening.STARTED:
            return
        container = self.engine.containers[event.container_id]
        self.runs[event.bot_id, container.birth.reason] += 1
        self.order.append(event.bot_id)
        assert sum(one.status is Status.RUNNING for one in self.engine.of(event.bot_id)) == 1
        end = partial(self._end, event.container_id)
        self.stepper.timers.after(self.lasts, end)

    def _end(self, container_id: str) -> None:
        container = self.engine.containers.get(container_id)
        if container is not None and container.status is Status.RUNNING:
            self.engine.die(container, 0)

    def put(self, bot_id: str, schedule: str) -> None:
        FakeScheduleStore(self.store).apply(created(bot_id, schedule=schedule), None)

    def kill(self, runtime: Runtime) -> None:
        runtime.mortal.alive = False
        runtime.host.give_back()
        counters = [one for one in self.engine.subscribers if one.emit == self._started]
        self.engine.subscribers[:] = counters

    def run(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        self.settle()
        while (due := self.stepper.timers.next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            self.stepper.timers.fire_due()
            self.settle()
        self.clock.advance_to(until)

    def settle(self) -> None:
        while self.stepper.dispatcher.step():
            pass

    def outcomes(self) -> Counter[Outcome]:
        return Counter(record.outcome for record in self.store.records.values())


def test_schedules_run_when_they_are_due() -> None:
    world = World()
    for number in range(20):
        world.put(f"b{number}", "* * * * *")
    runtime = Runtime(world, "host")
    world.run(10 * MINUTE + 30)
    assert world.outcomes() == {Outcome.SUCCEEDED: 200}
    assert set(world.runs.values()) == {1}
    assert world.engine.containers == {}
    assert {actor.state.transitions[-1].phase for actor in runtime.tree.bot_actors()} == {Phase.IDLE}


def test_p73_many_in_one_second_start_in_order_of_due_time_under_the_budget() -> None:
    world = World()
    world.latency = lambda: 0.05
    world.lasts = 600.0
    world.run(1.0)
    for number in range(600):
        world.put(f"b{number:05}", f"{number % 3} 0 1 * * *")
    on_its_way = most = 0
    Runtime(world, "host", start_budget=16, check_interval=3600.0)
    while len(world.order) != 600:
        world.run(0.05)
        on_its_way = sum(one.status is Status.CREATED for one in world.engine.containers.values())
        most = max(most, on_its_way)
        assert world.clock.wall() < 1_767_225_600 + 2 * 3600
    assert most <= 16
    slots = [int(bot_id[1:]) % 3 for bot_id in world.order]
    # Those that are on their way together may overtake each other.
    assert all(slots.index(one) >= 200 * one - 16 for one in (1, 2))


@pytest.mark.parametrize("seed", range(6))
def test_p09_killed_again_and_again_no_slot_runs_twice_and_each_is_recorded_once(seed: int) -> None:
    world = World(seed)
    for number in range(10):
        world.put(f"b{number}", ("* * * * *", "*/2 * * * *", "@every 45s")[number % 3])
    for _ in range(12):
        runtime = Runtime(world, "host")
        world.run(world.rng.uniform(1, 100))
        world.kill(runtime)
        world.run(world.rng.choice([0.0, 1.0, 90.0]))
    runtime = Runtime(world, "host")
    world.run(5 * MINUTE)
    assert set(world.runs.values()) == {1}
    by_bot: dict[str, list[tuple[int, int]]] = {}
    for record in world.store.records.values():
        by_bot.setdefault(record.bot_id, []).append((record.due, record.last or record.due))
    for spans in by_bot.values():
        spans.sort()
        assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert world.outcomes()[Outcome.OPEN] <= 10


@pytest.mark.parametrize("host", ["host", "elsewhere"])
def test_of_two_schedulers_one_acts_and_the_other_follows(host: str) -> None:
    world = World()
    for number in range(10):
        world.put(f"b{number}", "* * * * *")
    first = Runtime(world, "host")
    world.run(1.0)
    second = Runtime(world, host)
    world.run(3 * MINUTE)
    assert (len(first.tree.bot_actors()), len(second.tree.bot_actors())) == (10, 0)
    world.kill(first)
    world.run(5 * MINUTE)
    assert len(second.tree.bot_actors()) == 10
    assert set(world.runs.values()) == {1}
    assert world.outcomes() == {Outcome.SUCCEEDED: 70, Outcome.OPEN: 10}


def test_whoever_keeps_the_due_times_may_crash() -> None:
    world = World()
    world.put("b", "* * * * *")
    runtime = Runtime(world, "host")
    world.run(90)
    runtime.tree.cron.tell("what is this?")
    world.run(5 * MINUTE)
    assert world.outcomes() == {Outcome.SUCCEEDED: 6}


def test_a_graceful_stop_waits_for_the_runs() -> None:
    world = World()
    world.lasts = 20.0
    world.put("b", "* * * * *")
    runtime = Runtime(world, "host")
    world.run(65)
    runtime.tree.fleet.tell(DrainFleet())
    world.run(10)
    assert not runtime.drained
    world.run(300)
    assert runtime.drained
    assert world.outcomes() == {Outcome.SUCCEEDED: 1}


def test_a_deleted_schedule_leaves_nothing() -> None:
    world = World()
    world.put("b", "* * * * *")
    runtime = Runtime(world, "host")
    world.run(65)
    FakeScheduleStore(world.store).apply(deleted("b"), None)
    world.run(60)
    assert runtime.tree.bot_actors() == []
    assert world.engine.containers == {}
