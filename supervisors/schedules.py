"""The part of the tree that runs scheduled bots: a small tree of its own, with a lease of its own.

    /schedules     one_for_one
    ├── lease      first up, last down: nobody may act without it
    ├── watcher    the engine's events and listings
    ├── janitor    sweeps unused code and the state of deleted schedules
    ├── bots       rest_for_one: crew (a DynamicSupervisor of ScheduleActors), fleet, cron
    └── sources    one_for_one: mongo, and nats when there is one

So a runtime may run either kind alone, and two of them share a database. Wiring only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from the0_actors.actors.bot.actor import Deadlines
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.domain.runs import RunRecord
from the0_actors.actors.errors import NotActive
from the0_actors.actors.fence import Fence, FencedEngine
from the0_actors.actors.fleet import Crew, Fleet, FleetRules, Holds
from the0_actors.actors.janitor import Janitor, Sweeping
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Lane
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.lease import Claim, LeaseKeeper
from the0_actors.actors.messages import AskActive, RelistSoon, Tick
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.feed import EventFeed
from the0_actors.actors.ports.host import Host
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.ports.store import Installation
from the0_actors.actors.schedule.actor import ScheduleActor, ScheduleWorld
from the0_actors.actors.schedule.messages import DrainRuns, Rearm
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.actors.sources.cron import CronSource, Keeping
from the0_actors.actors.sources.mongo import MongoSource, Polling
from the0_actors.actors.sources.nats import Listening, NatsSource
from the0_actors.actors.sources.watcher import EngineWatcher, Watching
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart, Strategy
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild, StopChild
from the0_actors.supervisors.paths import bot_child_id
from the0_actors.supervisors.reports import Reporter
from the0_actors.supervisors.supervisor import Supervisor

NAME = "schedules"


@dataclass(frozen=True, slots=True)
class SchedulePorts:
    """The outside world, as schedules need it. What is not here is the same as for bots."""

    store: ScheduleStore
    identify: Callable[[], str]
    """Ask the engine who it is. Blocks."""
    engine: Callable[[Installation], Engine]
    """Build the engine of an installation. Blocks."""
    prepare: Callable[[Engine], Callable[[LaunchSpec], str]]
    """Build the preparation on an engine."""
    keep: Callable[[str, bytes], None]
    """Store the result of a schedule's run. Blocks."""
    host: Host
    """With a lock other than that of bots."""
    feed: Callable[[Installation], EventFeed] | None = None


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """The numbers of this part. Seconds."""

    rules: ScheduleRules
    lease_term: float = 9.0
    check_interval: float = 10.0
    relist_interval: float = 60.0
    watch_silence: float = 300.0
    sweep_interval: float = 3600.0
    keep_state: float = 7 * 24 * 3600.0
    """How long the state of a deleted schedule is kept."""
    start_budget: int = 32
    drain_budget: float = 30.0
    """How long runs may go on when the runtime stops."""
    fleet: FleetRules = FleetRules()
    deadlines: Deadlines = Deadlines()


class ScheduleTree:
    """The handles of this part, and the factory of its supervisor."""

    def __init__(
        self,
        system: ActorSystem,
        ports: SchedulePorts,
        lanes: tuple[Lane, Lane, Lane],
        settings: ScheduleSettings,
        *,
        reporter: Reporter,
        announce: Callable[[str, Transition], None],
        drained: Callable[[], None],
        in_use: Callable[[], frozenset[str]] | None = None,
    ) -> None:
        """Keep the parts. `lanes` are those of the store, the engine and the objects.

        `in_use` names code that a sweep must leave alone, where that is more than schedules have prepared.
        """
        self._in_use = in_use or self.code_in_use
        self._system = system
        self._ports = ports
        self._store_lane, self._engine_lane, self._objects_lane = lanes
        self._settings = settings
        self._reporter = reporter
        self._announce = announce
        self._drained = drained
        self._world: ScheduleWorld | None = None
        self._feed: EventFeed | None = None
        self.fence = Fence(system.clock)
        self.lease = system.handle(f"/{NAME}/lease")
        self.watcher = system.handle(f"/{NAME}/watcher")
        self.janitor = system.handle(f"/{NAME}/janitor")
        self.crew = system.handle(f"/{NAME}/bots/crew")
        self.fleet = system.handle(f"/{NAME}/bots/fleet")
        self.cron = system.handle(f"/{NAME}/bots/cron")
        self.mongo = system.handle(f"/{NAME}/sources/mongo")
        self.nats = system.handle(f"/{NAME}/sources/nats")

    def child(self) -> ChildSpec:
        """Return what the root starts."""
        return ChildSpec(NAME, self._root, shutdown=40.0)

    def the_engine(self) -> Engine:
        """Return the fenced engine. Raises `NotActive` before the installation is known."""
        return self._the_world().engine

    def bot_actors(self) -> list[ScheduleActor]:
        """Return the living schedules' actors; read only what they publish."""
        return [actor for handle in self._handles() if isinstance(actor := handle.actor, ScheduleActor)]

    def bot(self, bot_id: str) -> Handle:
        """Return the handle of a schedule's actor."""
        return self._system.handle(f"{self.crew.path}/{bot_child_id(bot_id)}")

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """Read a schedule's latest records. Blocks; raises `Unavailable`."""
        return self._ports.store.runs(bot_id, limit)

    def code_in_use(self) -> frozenset[str]:
        """Return the code that is prepared for a run and may not be in a container yet."""
        prepared = (actor.state.prepared for actor in self.bot_actors())
        return frozenset(found[1] for found in prepared if found is not None)

    def _handles(self) -> list[Handle]:
        prefix = self.crew.path + "/"
        return [handle for handle in self._system.handles() if handle.path.startswith(prefix)]

    def _rearm(self) -> None:
        for handle in self._handles():
            if handle.alive:
                handle.tell(Rearm())

    def _root(self) -> Supervisor:
        children = (
            ChildSpec("lease", self._lease_keeper),
            ChildSpec("watcher", self._watcher),
            ChildSpec("janitor", self._janitor),
            ChildSpec("bots", self._bots, shutdown=30.0),
            ChildSpec("sources", partial(Supervisor, self._sources(), reporter=self._reporter), shutdown=10.0),
        )
        return Supervisor(children, reporter=self._reporter)

    def _bots(self) -> Supervisor:
        crew = partial(DynamicSupervisor, intensity=Intensity(1000, 60.0), reporter=self._reporter)
        keeping = Keeping(self._rearm, self._settings.start_budget)
        children = (
            ChildSpec("crew", crew, shutdown=20.0),
            ChildSpec("fleet", self._fleet),
            ChildSpec("cron", partial(CronSource, keeping)),
        )
        return Supervisor(children, strategy=Strategy.REST_FOR_ONE, reporter=self._reporter)

    def _fleet(self) -> Fleet:
        ask = ((self.lease, AskActive(self.fleet)), (self.mongo, Tick()), (self.watcher, RelistSoon()))
        return Fleet(
            Crew(self._start_schedule, self._stop_schedule),
            Holds(self._ports.store, self._store_lane),
            self._settings.fleet,
            self._drained,
            ask,
            partial(self.watcher.tell, RelistSoon()),
            kind=Kind.SCHEDULED,
            drain=lambda: DrainRuns(self._system.clock.monotonic() + self._settings.drain_budget),
        )

    def _start_schedule(self, bot_id: str) -> Handle:
        factory = partial(self._schedule, bot_id)
        spec = ChildSpec(bot_child_id(bot_id), factory, Restart.TRANSIENT, backoff=Backoff(cap=60.0))
        self.crew.tell(StartChild(spec))
        return self.bot(bot_id)

    def _stop_schedule(self, bot_id: str) -> None:
        self.crew.tell(StopChild(bot_child_id(bot_id)))

    def _schedule(self, bot_id: str) -> ScheduleActor:
        return ScheduleActor(bot_id, self._the_world())

    def _sources(self) -> tuple[ChildSpec, ...]:
        mongo = ChildSpec("mongo", self._mongo)
        return (mongo, ChildSpec("nats", self._nats)) if self._ports.feed is not None else (mongo,)

    def _mongo(self) -> MongoSource:
        interval = self._settings.check_interval
        return MongoSource(Polling(self._ports.store, self._store_lane, self.fleet, self.lease, interval))

    def _nats(self) -> NatsSource:
        store, lane = self._ports.store, self._store_lane
        return NatsSource(Listening(self._the_feed, store, lane, self.fleet, self.lease, self.mongo))

    def _watcher(self) -> EngineWatcher:
        settings = self._settings
        watching = Watching(
            self.the_engine,
            self._engine_lane,
            self.fleet,
            self.lease,
            settings.relist_interval,
            settings.watch_silence,
        )
        return EngineWatcher(watching)

    def _janitor(self) -> Janitor:
        ports, settings = self._ports, self._settings
        return Janitor(
            Sweeping(
                self.the_engine,
                self._in_use,
                ports.store,
                self._objects_lane,
                self.lease,
                settings.keep_state,
                settings.sweep_interval,
            )
        )

    def _lease_keeper(self) -> LeaseKeeper:
        ports, settings = self._ports, self._settings
        nats = () if ports.feed is None else (self.nats,)
        claim = Claim(
            holder=settings.rules.holder,
            host=ports.host,
            term=settings.lease_term,
            store=ports.store,
            identify=ports.identify,
            install=self._install,
            fence=self.fence,
            lane=self._store_lane,
            tell=(self.fleet, self.watcher, self.janitor, self.mongo, *nats),
        )
        return LeaseKeeper(claim)

    def _install(self, installation: Installation) -> None:
        if self._world is not None:
            return
        ports = self._ports
        engine = FencedEngine(ports.engine(installation), self.fence)
        self._feed = None if ports.feed is None else ports.feed(installation)
        self._world = ScheduleWorld(
            store=ports.store,
            engine=engine,
            prepare=ports.prepare(engine),
            keep=ports.keep,
            lane_store=self._store_lane,
            lane_engine=self._engine_lane,
            lane_objects=self._objects_lane,
            fleet=self.fleet,
            cron=self.cron,
            rules=self._settings.rules,
            announce=self._announce,
            deadlines=self._settings.deadlines,
        )

    def _the_world(self) -> ScheduleWorld:
        if self._world is None:
            raise NotActive("the installation is not known yet")
        return self._world

    def _the_feed(self) -> EventFeed:
        if self._feed is None:
            raise NotActive("the installation is not known yet")
        return self._feed
