"""The whole tree in virtual time: simulated engine and database, scripted faults, restarts of ourselves.

The simulated daemon and database outlive every runtime, as the real ones do.
"""

from functools import partial

from tests.simulation.ground import HOSTILE, UNPREPARABLE, UNSTARTABLE, Client, Ground, Incarnation

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.events import Action, BotEvent, Position
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.restart_policy import RestartPolicy
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.throttle import Bounds
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.feed import FakeFeed, StreamWorld
from the0_actors.adapters.testing.store import FakeStore, StoreWorld
from the0_actors.supervisors.tree import Ports, Tree, TreeSettings

Runtime = Incarnation[Tree]
"""One incarnation of ourselves."""


class World(Ground[Tree]):
    """Engine, database and however many runtimes, on one virtual clock."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.store = StoreWorld(self.clock, down=self.script.store)
        self.stream = StreamWorld(self.stepper.timers.after, self._acknowledged, partial(self.script.latency, "feed"))
        self.on_the_way = Bounds(least=1, calls=1, most=3)
        """Few enough that small fleets go in waves too."""
        self.acknowledged: list[tuple[BotEvent, Position | None]] = []
        """What was acknowledged because it was written; what can never be written is not here."""

    @property
    def database(self) -> StoreWorld:
        return self.store

    def start(self, host: str = "host-1") -> Runtime:
        """Start one more incarnation of ourselves."""
        number = len(self.runtimes) + 1
        process, system, lanes = self._process()
        store, feed = FakeStore(self.store), FakeFeed(self.stream)
        clients: list[Client] = [store, feed]

        ports = Ports(
            store=store,
            identify=FakeEngine(self.engine, "").identify,
            engine=partial(self._engine, clients),
            prepare=self._preparation,
            lock=partial(self._lock, clients, "realtime"),
            memory=self._memory(host),
            word=self.word,
            feed=lambda _installation: feed,
        )
        policy = RestartPolicy(base=1.0, cap=60.0, healthy_after=30.0, loop_after=3)
        settings = TreeSettings(holder=f"runtime-{number}", policy=policy, on_the_way=self.on_the_way)
        runtime = Runtime(system, process, clients)
        runtime.tree = Tree(
            system,
            ports,
            lanes,
            settings,
            reporter=runtime.reports.append,
            announce=runtime.announce,
            drained=runtime.say_drained,
        )
        self.runtimes.append(runtime)
        runtime.tree.start(runtime.ended.append)
        return runtime

    def _acknowledged(self, event: BotEvent, position: Position | None) -> None:
        """Safety: what is acknowledged is written, unless it can never be."""
        if event.custom is None and event.action is not Action.DELETED:
            return
        written = ((e, p) for e, p, _ in self.store.applied if e.bot_id == event.bot_id)
        if not any((e is event and p == position) or _supersedes(e, p, position) for e, p in written):
            # Raised here it would be a failure of the actor that acknowledges.
            self.violations.append(f"{event} at {position} was acknowledged and is not written")
        self.acknowledged.append((event, position))

    # what is so

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
        told = self.phases(runtime, bot_id)
        return told[-1].phase if told else None


def _supersedes(event: BotEvent, at: Position | None, position: Position | None) -> bool:
    """Tell whether what was written makes an event of the same bot at this position needless."""
    if event.action is Action.DELETED or position is None or at is None:
        return event.action is Action.DELETED or at == position
    return position.before(at)
