"""The whole tree in virtual time: simulated engine and database, scripted faults, restarts of ourselves.

The simulated daemon and database outlive every runtime, as the real ones do. A runtime is killed by forgetting its step
dispatcher: calls that its lanes had in flight may still take effect, as after a SIGKILL.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from the0_actors.actors.bot.stepping import Lanes
from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.events import Action, BotEvent, Position
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.restart_policy import RestartPolicy
from the0_actors.actors.errors import Refused, Unavailable, Unlaunchable
from the0_actors.actors.kernel.dispatcher import Dispatcher, Turn
from the0_actors.actors.kernel.step import Stepper
from the0_actors.actors.kernel.step_lane import StepLane
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.status import Phase, Transition
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.testing.engine import EngineWorld, FakeEngine, Fault
from the0_actors.adapters.testing.feed import FakeFeed, StreamWorld
from the0_actors.adapters.testing.store import FakeStore, StoreWorld
from the0_actors.supervisors.reports import Report, What
from the0_actors.supervisors.tree import Ports, Tree, TreeSettings

HOSTILE = "hostile"
"""A code version that can never run."""
UNPREPARABLE = "missing"
"""A code version whose object is not there."""
UNSTARTABLE = "unstartable"
"""A code version whose container the engine refuses to create."""


class FakeHost:
    """A host whose lock dies with its process."""

    locks: dict[str, object]

    def __init__(self, id_: str, locks: dict[str, object]) -> None:
        self._id = id_
        self.locks = locks

    @property
    def id(self) -> str:
        return self._id

    def take(self, installation: str) -> bool:
        return self.locks.setdefault(installation, self) is self

    def give_back(self) -> None:
        for installation, owner in tuple(self.locks.items()):
            if owner is self:
                del self.locks[installation]


@dataclass
class Script:
    """What goes wrong, by chance, while it is switched on."""

    rng: random.Random
    fault_share: float = 0.0
    store_share: float = 0.0
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

    def latency(self, lane: str) -> float:
        if lane == "engine" and self.engine_takes is not None:
            return self.engine_takes
        if self.slow_share and self.rng.random() < self.slow_share:
            return self.rng.choice([0.5, 5.0, 40.0, 150.0])
        return self.rng.choice([0.0, 0.0, 0.001, 0.02])


@dataclass
class Runtime:
    """One incarnation of ourselves."""

    system: ActorSystem
    tree: Tree
    host: FakeHost
    clients: list[FakeStore | FakeEngine | FakeFeed]
    """Its connections."""
    reports: list[Report] = field(default_factory=list[Report])
    transitions: list[tuple[str, Transition]] = field(default_factory=list[tuple[str, Transition]])
    drained: bool = False
    alive: bool = True
    ended: list[object] = field(default_factory=list[object])


class World:
    """Engine, database and however many runtimes, on one virtual clock."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.stepper = Stepper(self.rng.randrange(2**32))
        self.clock = self.stepper.clock
        self.script = Script(random.Random(self.rng.randrange(2**32)))
        self.engine = EngineWorld(self.clock, fault=self.script.engine, unstartable=UNSTARTABLE)
        self.store = StoreWorld(self.clock, down=self.script.store)
        self.stream = StreamWorld(self.stepper.timers.after, self._acknowledged, partial(self.script.latency, "feed"))
        self.acknowledged: list[tuple[BotEvent, Position | None]] = []
        """What was acknowledged because it was written; what can never be written is not here."""
        self.fetch_fails: Callable[[str], bool] = self.script.store
        self.locks: dict[str, object] = {}
        self.runtimes: list[Runtime] = []
        self.violations: list[str] = []

    def start(self, host: str = "host-1") -> Runtime:
        """Start one more incarnation of ourselves."""
        number = len(self.runtimes) + 1
        system = ActorSystem(
            Mortal(self.stepper.dispatcher),
            self.clock,
            self.stepper.timers,
            rng=random.Random(self.rng.randrange(2**32)),
        )
        names = ("store", "engine", "objects")
        lanes = Lanes(*(StepLane(name, self.stepper, partial(self.script.latency, name)) for name in names))
        fake_host = FakeHost(host, self.locks)
        store, feed = FakeStore(self.store), FakeFeed(self.stream)
        clients: list[FakeStore | FakeEngine | FakeFeed] = [store, feed]

        def engine(installation: Installation) -> FakeEngine:
            client = FakeEngine(self.engine, installation.id)
            clients.append(client)
            return client

        ports = Ports(
            store=store,
            identify=FakeEngine(self.engine, "").identify,
            engine=engine,
            prepare=self._preparation,
            host=fake_host,
            feed=lambda _installation: feed,
        )
        settings = TreeSettings(
            holder=f"runtime-{number}", policy=RestartPolicy(base=1.0, cap=60.0, healthy_after=30.0, loop_after=3)
        )
        reports: list[Report] = []
        transitions: list[tuple[str, Transition]] = []
        runtime: Runtime

        def drained() -> None:
            runtime.drained = True

        tree = Tree(
            system,
            ports,
            lanes,
            settings,
            reporter=reports.append,
            announce=lambda bot_id, transition: transitions.append((bot_id, transition)),
            drained=drained,
        )
        runtime = Runtime(system, tree, fake_host, clients, reports, transitions)
        self.runtimes.append(runtime)
        tree.start(runtime.ended.append)
        return runtime

    def kill(self, runtime: Runtime) -> None:
        """SIGKILL: no actor of it takes another turn; its locks are free; its calls in flight may still happen."""
        runtime.alive = False
        mortal = runtime.system.dispatcher
        assert isinstance(mortal, Mortal)
        mortal.alive = False
        runtime.host.give_back()
        for client in runtime.clients:
            client.drop()

    def run(self, seconds: float) -> None:
        """Let time pass, looking at the invariants after every turn."""
        until = self.clock.monotonic() + seconds
        self._settle()
        while (due := self.stepper.timers.next_due()) is not None and due <= until:
            self.clock.advance_to(due)
            self.stepper.timers.fire_due()
            self._settle()
        self.clock.advance_to(until)

    def _settle(self) -> None:
        for _ in range(200_000):
            if not self.stepper.dispatcher.step():
                return
            self.check()
        raise AssertionError("still busy: a message loop")

    def check(self) -> None:
        """Safety: at most one live container per bot, and what `violations` has."""
        assert not self.violations, self.violations
        alive: dict[str, str] = {}
        for container in self.engine.containers.values():
            if container.installation == "foreign":
                continue
            if container.status in {Status.RUNNING, Status.PAUSED}:
                other = alive.setdefault(container.bot_id, container.container_id)
                if other != container.container_id:
                    raise AssertionError(f"two of {container.bot_id}: {other} and {container.container_id}")

    def _acknowledged(self, event: BotEvent, position: Position | None) -> None:
        """Safety: what is acknowledged is written, unless it can never be."""
        if event.custom is None and event.action is not Action.DELETED:
            return
        if not any(e is event and p == position for e, p, _ in self.store.applied):
            # Raised here it would be a failure of the actor that acknowledges.
            self.violations.append(f"{event} at {position} was acknowledged and is not written")
        self.acknowledged.append((event, position))

    def failures(self) -> list[Report]:
        """Crashes of our own actors: bugs."""
        return [r for runtime in self.runtimes for r in runtime.reports if r.what in {What.FAILED, What.GIVEN_UP}]

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

    # what is so

    def running(self, bot_id: str) -> list[str]:
        """Return the ids of a bot's live containers."""
        return [c.container_id for c in self.engine.of(bot_id) if c.status in {Status.RUNNING, Status.PAUSED}]

    def version(self, bot_id: str) -> str | None:
        """Return the code version that runs."""
        for container in self.engine.of(bot_id):
            if container.status is Status.RUNNING and container.spec is not None:
                return container.spec.code_version
        return None

    def wanted_versions(self) -> dict[str, str]:
        """Return bot id to code version of all that are to run and can."""
        return {
            bot_id: answer.spec.code_version
            for bot_id, answer in self.store.documents.items()
            if isinstance(answer, Wanted)
            and bot_id not in self.store.holds
            and bot_id not in self.store.tombstones
            and answer.spec.code_version not in {HOSTILE, UNPREPARABLE, UNSTARTABLE}
        }

    def phase(self, runtime: Runtime, bot_id: str) -> Phase | None:
        """Return the last announced phase of a bot."""
        for id_, transition in reversed(runtime.transitions):
            if id_ == bot_id:
                return transition.phase
        return None


class Mortal:
    """A dispatcher that can be switched off, with everything that was queued."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self.alive = True

    def submit(self, turn: Turn) -> None:
        if self.alive:
            self._dispatcher.submit(_MortalTurn(self, turn))


class _MortalTurn:
    def __init__(self, owner: Mortal, turn: Turn) -> None:
        self._owner, self._turn = owner, turn

    def turn(self) -> None:
        if self._owner.alive:
            self._turn.turn()
