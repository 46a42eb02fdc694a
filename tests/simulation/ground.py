"""What outlives every runtime: the simulated engine's host, time, faults, and how runtimes are killed.

`World` (realtime bots) and `ScheduleWorld` stand on it. A runtime is killed by forgetting its step dispatcher: calls
that its lanes had in flight may still take effect, as after a SIGKILL.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from the0_actors.actors.bot.stepping import Lanes
from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import Refused, Unavailable, Unlaunchable
from the0_actors.actors.identity import Word
from the0_actors.actors.kernel.dispatcher import Dispatcher, Turn
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.ports.engine import Engine, Happening
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeContainer, Fault
from the0_actors.adapters.testing.lock import FakeLock
from the0_actors.adapters.testing.store import FakeStore, StoreWorld
from the0_actors.supervisors.reports import Report, What

HOSTILE = "hostile"
"""A code version that can never run."""
UNPREPARABLE = "missing"
"""A code version whose object is not there."""
UNSTARTABLE = "unstartable"
"""A code version whose container the engine refuses to create."""

LANES = tuple(one.name for one in fields(Lanes))

AnyTree = TypeVar("AnyTree")


class FakeMemory:
    """What the data folder of a host remembers."""

    def __init__(self, kept: dict[str, str]) -> None:
        self._kept = kept

    def recall(self) -> dict[str, str]:
        return dict(self._kept)

    def remember(self, installation: str, engine: str) -> None:
        self._kept[installation] = engine


@dataclass
class Script:
    """What goes wrong, by chance, while it is switched on."""

    rng: random.Random
    fault_share: float = 0.0
    store_share: float = 0.0
    answer_share: float = 0.0
    """Of writes whose answer is lost, not the write."""
    slow_share: float = 0.0
    lie_once: bool = False
    engine_takes: float | None = None
    """Seconds of every engine call, when set."""

    def engine(self, operation: str, _target: str) -> Fault:
        if operation == "list" and self.lie_once:
            self.lie_once = False
            return Fault.LIE
        if self.rng.random() >= self.fault_share:
            return Fault.NONE
        changes = operation in {"create", "start", "signal", "resume", "remove"}
        return self.rng.choice([Fault.REFUSE, Fault.LOSE, Fault.LOSE_AFTER] if changes else [Fault.LOSE])

    def store(self, _operation: str) -> bool:
        return self.rng.random() < self.store_share

    def answer(self, _operation: str) -> bool:
        return self.rng.random() < self.answer_share

    def latency(self, lane: str) -> float:
        if lane == "engine" and self.engine_takes is not None:
            return self.engine_takes
        if self.slow_share and self.rng.random() < self.slow_share:
            return self.rng.choice([0.5, 5.0, 40.0, 150.0])
        return self.rng.choice([0.0, 0.0, 0.001, 0.02])


class Client(Protocol):
    """A connection to one of the services."""

    def drop(self) -> None:
        """Lose it, and open nothing more, as when its process is killed."""


@dataclass
class Incarnation(Generic[AnyTree]):
    """One incarnation of ourselves."""

    system: ActorSystem
    process: "Process"
    clients: list[Client]
    """Its connections."""
    tree: AnyTree = field(init=False)
    reports: list[Report] = field(default_factory=list[Report])
    transitions: list[tuple[str, Transition]] = field(default_factory=list[tuple[str, Transition]])
    drained: bool = False
    alive: bool = True
    ended: list[object] = field(default_factory=list[object])

    def announce(self, bot_id: str, transition: Transition) -> None:
        """Keep what it announces."""
        self.transitions.append((bot_id, transition))

    def say_drained(self) -> None:
        """Hear that no container is left."""
        self.drained = True


class Ground(Generic[AnyTree]):
    """Engine, hosts and however many runtimes, on one virtual clock."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.stepper = Stepper(self.rng.randrange(2**32))
        self.clock = self.stepper.clock
        self.script = Script(random.Random(self.rng.randrange(2**32)))
        self.engine = EngineWorld(self.clock, fault=self.script.engine, unstartable=UNSTARTABLE)
        self.fetch_fails: Callable[[str], bool] = self.script.store
        self.memories: dict[str, dict[str, str]] = {}
        """What each host remembers."""
        self.word = Word()
        """What the operator says to the runtimes that start from now on."""
        self.runtimes: list[Incarnation[AnyTree]] = []
        self.violations: list[str] = []
        self.by_hand: set[str] = set()
        """Containers that a hand started: two live until they are seen."""

    def start(self, host: str = "host-1") -> Incarnation[AnyTree]:
        """Start one more incarnation of ourselves."""
        raise NotImplementedError

    def install(self) -> Installation:
        """Have an installation, as after a first start on an engine that others use too."""
        return FakeStore(self.database).installation(self.engine.engine_id)

    @property
    def database(self) -> StoreWorld:
        """Return the database."""
        raise NotImplementedError

    def _process(self) -> tuple["Process", ActorSystem, Lanes]:
        """Return what one more incarnation lives in."""
        process = Process(self.stepper.dispatcher)
        rng = random.Random(self.rng.randrange(2**32))
        system = ActorSystem(Mortal(process), self.clock, self.stepper.timers, rng=rng)
        return process, system, Lanes(*(self._lane(name, process) for name in LANES))

    def _lane(self, name: str, process: "Process") -> StepLane:
        return StepLane(name, self.stepper, partial(self.script.latency, name), process)

    def _lock(self, clients: list[Client], kind: str, installation: Installation) -> FakeLock:
        """Return a runtime's hand on a lock: the same one each time."""
        name = f"{installation.id}-{kind}"
        for client in clients:
            if isinstance(client, FakeLock) and client.name == name:
                return client
        lock = FakeLock(self.engine, name)
        clients.append(lock)
        return lock

    def _memory(self, host: str) -> FakeMemory:
        return FakeMemory(self.memories.setdefault(host, {}))

    def _engine(self, clients: list[Client], installation: Installation) -> FakeEngine:
        client = FakeEngine(self.engine, installation.id)
        clients.append(client)
        return client

    def go_runs(self, bot_id: str, spec: LaunchSpec | None = None, *, auto_remove: bool = False) -> FakeContainer:
        """Have a container of the Go runtime that runs a bot."""
        name, running = f"adoring_{bot_id}", Status.RUNNING
        container = FakeContainer(
            f"p-{bot_id}", name, bot_id, None, running, spec, "", "", Birth(), 1.0, auto_remove=auto_remove
        )
        self.engine.containers[container.container_id] = container
        return container

    def second(self, bot_id: str) -> FakeContainer | None:
        """Have a second container with a bot's labels, under another name: started by a hand from the bot's own."""
        ours = [one for one in self.engine.of(bot_id) if one.installation not in {None, "foreign"}]
        if not ours:
            return None
        self.engine.made += 1
        number = self.engine.made
        running, at = Status.RUNNING, self.clock.wall()
        container = replace(ours[0], container_id=f"h{number}", name=f"by-hand-{number}", status=running, exit=None)
        container.started_at, container.handed_out = at, {}
        self.engine.add(container)
        self.by_hand.add(container.container_id)
        self.engine.tell(container, Happening.STARTED)
        return container

    def rename(self, bot_id: str) -> None:
        """Have a hand rename a bot's containers."""
        for container in self.engine.of(bot_id):
            if container.installation not in {None, "foreign"}:
                self.engine.made += 1
                self.engine.rename(container.container_id, f"renamed-{self.engine.made}")

    def kill(self, runtime: Incarnation[AnyTree]) -> None:
        """SIGKILL: no actor of it takes another turn; its locks are free; its calls in flight may still happen."""
        runtime.alive = False
        mortal = runtime.system.dispatcher
        assert isinstance(mortal, Mortal)
        mortal.alive = False
        runtime.process.kept.clear()
        for client in runtime.clients:
            client.drop()

    def freeze(self, runtime: Incarnation[AnyTree]) -> None:
        """SIGSTOP: it does nothing, and its connections stay open."""
        runtime.process.frozen = True

    def thaw(self, runtime: Incarnation[AnyTree]) -> None:
        """SIGCONT: all that became due happens now."""
        runtime.process.thaw()

    def run(self, seconds: float) -> None:
        """Let time pass, looking at the invariants after every turn."""
        until = self.clock.monotonic() + seconds
        self._settle()
        while (due := self.stepper.timers.next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            self.stepper.timers.fire_due()
            self._settle()
        self.clock.advance_to(until)

    def turns(self, count: int) -> None:
        """Let so many turns happen, in the time that they need."""
        for _ in range(count):
            while not self.stepper.dispatcher.waiting:
                due = self.stepper.timers.next_due()
                assert due is not None
                self.clock.advance_to(due)
                self.stepper.timers.fire_due()
            self.stepper.dispatcher.step()
            self.check()

    def _settle(self) -> None:
        for _ in range(200_000):
            if not self.stepper.dispatcher.step():
                return
            self.check()
        raise AssertionError("still busy: a message loop")

    def check(self) -> None:
        """Safety: at most one live container per bot of those that we started, and what `violations` has."""
        assert not self.violations, self.violations
        alive: dict[str, str] = {}
        for container in self.engine.containers.values():
            if container.installation == "foreign" or container.container_id in self.by_hand:
                continue
            if container.status in {Status.RUNNING, Status.PAUSED}:
                other = alive.setdefault(container.bot_id, container.container_id)
                if other != container.container_id:
                    raise AssertionError(f"two of {container.bot_id}: {other} and {container.container_id}")

    def failures(self) -> list[Report]:
        """Crashes of our own actors: bugs."""
        return [r for runtime in self.runtimes for r in runtime.reports if r.what in {What.FAILED, What.GIVEN_UP}]

    def running(self, bot_id: str) -> list[str]:
        """Return the ids of a bot's live containers."""
        return [c.container_id for c in self.engine.of(bot_id) if c.status in {Status.RUNNING, Status.PAUSED}]

    def phases(self, runtime: Incarnation[AnyTree], bot_id: str) -> list[Transition]:
        """Return what was announced of a bot."""
        return [transition for id_, transition in runtime.transitions if id_ == bot_id]

    def _preparation(self, engine: Engine) -> Callable[[LaunchSpec], str]:
        def prepare(spec: LaunchSpec) -> str:
            engine.check(spec)
            if spec.code_version == HOSTILE:
                raise Unlaunchable("hostile archive")
            if spec.code_version == UNPREPARABLE:
                raise Refused("no object behind the key")
            if self.fetch_fails("fetch"):
                raise Unavailable("objects", "fetch fails by script")
            engine.prepare(spec)
            code_hash = hashlib.sha256(spec.code_key.encode()).hexdigest()
            self.engine.code.add(code_hash)
            return code_hash

        return prepare


class Process:
    """What the turns and the calls of one process run on: it can be frozen, and goes on later where it was."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self.frozen = False
        self.kept: list[Turn] = []

    def submit(self, turn: Turn, *, ahead: bool = False) -> None:
        self._dispatcher.submit(_ProcessTurn(self, turn), ahead=ahead)

    def thaw(self) -> None:
        self.frozen = False
        kept, self.kept = self.kept, []
        for turn in kept:
            self.submit(turn)


class _ProcessTurn:
    def __init__(self, owner: Process, turn: Turn) -> None:
        self._owner, self._turn = owner, turn

    def turn(self) -> None:
        if self._owner.frozen:
            self._owner.kept.append(self._turn)
        else:
            self._turn.turn()


class Mortal:
    """A dispatcher that can be switched off, with everything that was queued."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self.alive = True

    def submit(self, turn: Turn, *, ahead: bool = False) -> None:
        if self.alive:
            self._dispatcher.submit(_MortalTurn(self, turn), ahead=ahead)


class _MortalTurn:
    def __init__(self, owner: Mortal, turn: Turn) -> None:
        self._owner, self._turn = owner, turn

    def turn(self) -> None:
        if self._owner.alive:
            self._turn.turn()
