"""The tree: which actors there are, under whom, and what each is given.

    /              one_for_one
    ├── servers    Keeper of the embedded servers, when there are any
    ├── lease      first up, last down: nobody may act without it
    ├── engine     EngineWatcher, Janitor
    ├── bots       rest_for_one: crew (a DynamicSupervisor of BotActors), then fleet
    ├── sources    one_for_one: mongo, and nats when there is one
    └── schedules  what runs scheduled bots: see `schedules`

Wiring only. It builds what depends on the installation (the engine, the feed) when the lease's actor has found it out.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from the0_actors.actors.bot.actor import BotActor, BotWorld
from the0_actors.actors.bot.rules import Rules, TakeOver
from the0_actors.actors.bot.state import Run
from the0_actors.actors.bot.stepping import Deadlines, Lanes
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.domain.restart_policy import RestartPolicy
from the0_actors.actors.errors import NotActive
from the0_actors.actors.fence import Fence, FencedEngine
from the0_actors.actors.fleet import Crew, Fleet, FleetRules, Holds
from the0_actors.actors.janitor import Janitor, Sweeping
from the0_actors.actors.keeper import Keeper
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.lease import Claim, LeaseKeeper
from the0_actors.actors.messages import AskActive, DrainFleet, RelistSoon, Tick
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.feed import EventFeed
from the0_actors.actors.ports.host import Host
from the0_actors.actors.ports.servers import Servers
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.ports.store import BotStore, Installation
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.actors.sources.mongo import MongoSource, Polling
from the0_actors.actors.sources.nats import Listening, NatsSource
from the0_actors.actors.sources.watcher import EngineWatcher, Watching
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart, Strategy
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild, StopChild
from the0_actors.supervisors.paths import bot_child_id
from the0_actors.supervisors.reports import Reporter
from the0_actors.supervisors.schedules import SchedulePorts, ScheduleSettings, ScheduleTree
from the0_actors.supervisors.supervisor import Supervisor

KNOWN_FINGERPRINTS = 1024
"""Fingerprints that are kept: a bot asks for its own several times while it is started."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world, as the tree needs it."""

    store: BotStore
    identify: Callable[[], str]
    """Ask the engine who it is. Blocks."""
    engine: Callable[[Installation], Engine]
    """Build the engine of an installation. Blocks."""
    prepare: Callable[[Engine], Callable[[LaunchSpec], str]]
    """Build the preparation on an engine."""
    host: Host
    feed: Callable[[Installation], EventFeed] | None = None
    """Build the feed; None when no NATS is configured."""
    schedules: SchedulePorts | None = None
    """What scheduled bots need beside; None: they are left alone."""
    realtime: bool = True
    """False: realtime bots are left alone."""


def holder_name() -> str:
    """Return a name for this process that no other has."""
    return f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """The numbers of the tree. The defaults are what the command line runs with."""

    holder: str = ""
    """Identity of this runtime, for the lease. When empty, each tree makes up a name that no other has."""
    lease_term: float = 9.0
    """Seconds."""
    reconcile_interval: float = 30.0
    relist_interval: float = 60.0
    watch_silence: float = 300.0
    sweep_interval: float = 3600.0
    keep_state: float = 7 * 24 * 3600.0
    """Seconds from a bot's deletion to the removal of its state, give or take a sweep. Less than 90 days."""
    stop_grace: float = 30.0
    take_over: TakeOver = TakeOver.STOP
    policy: RestartPolicy = RestartPolicy()
    fleet: FleetRules = FleetRules()
    deadlines: Deadlines = Deadlines()
    schedules: ScheduleSettings | None = None


class Installed:
    """What can be built only once the installation is known. Written once, by the lease's call."""

    def __init__(self) -> None:
        self.world: BotWorld | None = None
        self.engine: Engine | None = None
        self.feed: EventFeed | None = None

    def the_world(self) -> BotWorld:
        """Return what bots' actors are given. Raises `NotActive` before the installation is known."""
        if self.world is None:
            raise NotActive("the installation is not known yet")
        return self.world

    def the_engine(self) -> Engine:
        """Return the fenced engine. Raises `NotActive` likewise."""
        if self.engine is None:
            raise NotActive("the installation is not known yet")
        return self.engine

    def the_feed(self) -> EventFeed:
        """Return the feed. Raises `NotActive` likewise."""
        if self.feed is None:
            raise NotActive("the installation is not known yet")
        return self.feed


class Tree:
    """The handles of one runtime's actors, and the factory of its root."""

    def __init__(
        self,
        system: ActorSystem,
        ports: Ports,
        lanes: Lanes,
        settings: TreeSettings,
        *,
        reporter: Reporter,
        announce: Callable[[str, Transition], None],
        drained: Callable[[], None],
        servers: Servers | None = None,
    ) -> None:
        self._system = system
        self._ports = ports
        self._lanes = lanes
        self._settings = settings
        # Made here, not by the lease's actor: after a restart it must still be the holder of its lease.
        self._holder = settings.holder or holder_name()
        self._reporter = reporter
        self._announce = announce
        self._drained = drained
        self._still = ({"bots"} if ports.realtime else set()) | ({"schedules"} if ports.schedules else set())
        """Sides that are not drained yet."""
        self._servers = servers
        self.fence = Fence(system.clock)
        self.installed = Installed()
        self.schedules = self._schedule_tree()
        self.root = system.handle("/")
        self.keeper = system.handle("/servers")
        self.lease = system.handle("/lease")
        self.watcher = system.handle("/engine/watcher")
        self.janitor = system.handle("/engine/janitor")
        self.crew = system.handle("/bots/crew")
        self.fleet = system.handle("/bots/fleet")
        self.mongo = system.handle("/sources/mongo")
        self.nats = system.handle("/sources/nats")

    def start(self, on_end: Callable[..., None]) -> None:
        """Start the root; `on_end(End)` hears how it ended."""
        self._system.spawn(self.root, self._root, on_end)

    def stop(self) -> None:
        """Stop the tree; containers stay as they are."""
        self.root.tell(Shutdown("the runtime stops"))

    def _root(self) -> Supervisor:
        about_engine = (ChildSpec("watcher", self._watcher), ChildSpec("janitor", self._janitor))
        engine = partial(Supervisor, about_engine, reporter=self._reporter)
        servers = self._servers
        keeper = () if servers is None else (ChildSpec("servers", partial(Keeper, servers, self._lanes.objects)),)
        realtime = (
            ChildSpec("lease", self._lease_keeper),
            ChildSpec("engine", engine, shutdown=10.0),
            ChildSpec("bots", self._bots, shutdown=30.0),
            ChildSpec("sources", partial(Supervisor, self._sources(), reporter=self._reporter), shutdown=10.0),
        )
        schedules = () if self.schedules is None else (self.schedules.child(),)
        children = (*keeper, *(realtime if self._ports.realtime else ()), *schedules)
        return Supervisor(children, reporter=self._reporter)

    def _schedule_tree(self) -> ScheduleTree | None:
        ports, settings, lanes = self._ports, self._settings, self._lanes
        if ports.schedules is None:
            return None
        return ScheduleTree(
            self._system,
            ports.schedules,
            lanes,
            settings.schedules or ScheduleSettings(ScheduleRules(self._holder)),
            reporter=self._reporter,
            announce=self._announce,
            drained=partial(self._side_drained, "schedules"),
            in_use=self._code_in_use,
        )

    def sides(self) -> tuple["Tree | ScheduleTree", ...]:
        """Return the parts that keep a kind of bot each: they have a lease, a fleet, a watcher and sources."""
        realtime = (self,) if self._ports.realtime else ()
        return realtime if self.schedules is None else (*realtime, self.schedules)

    def drain(self) -> None:
        """Have every side stop its containers; `drained` is called when none is left."""
        for side in self.sides():
            side.fleet.tell(DrainFleet())

    def _side_drained(self, name: str) -> None:
        self._still.discard(name)
        if not self._still:
            self._drained()

    def _bots(self) -> Supervisor:
        # One bot's bug is not a fault of the crew: only a failure of very many escalates.
        crew = partial(DynamicSupervisor, intensity=Intensity(1000, 60.0), reporter=self._reporter)
        children = (ChildSpec("crew", crew, shutdown=20.0), ChildSpec("fleet", self._fleet))
        return Supervisor(children, strategy=Strategy.REST_FOR_ONE, reporter=self._reporter)

    def _fleet(self) -> Fleet:
        ask = (
            (self.lease, AskActive(self.fleet)),
            (self.mongo, Tick()),
            (self.watcher, RelistSoon()),
        )
        crew = Crew(self._start_bot, self._stop_bot)
        holds = Holds(self._ports.store, self._lanes.store)
        drained, relist = partial(self._side_drained, "bots"), partial(self.watcher.tell, RelistSoon())
        return Fleet(crew, holds, self._settings.fleet, drained, ask, relist)

    def _start_bot(self, bot_id: str) -> Handle:
        child = bot_child_id(bot_id)
        factory = partial(self._bot, bot_id)
        self.crew.tell(StartChild(ChildSpec(child, factory, Restart.TRANSIENT, backoff=Backoff(cap=60.0))))
        return self.bot(bot_id)

    def _stop_bot(self, bot_id: str) -> None:
        self.crew.tell(StopChild(bot_child_id(bot_id)))

    def bot(self, bot_id: str) -> Handle:
        """Return the handle of a bot's actor."""
        return self._system.handle(f"{self.crew.path}/{bot_child_id(bot_id)}")

    def _bot(self, bot_id: str) -> BotActor:
        return BotActor(bot_id, self.installed.the_world())

    def _sources(self) -> tuple[ChildSpec, ...]:
        mongo = ChildSpec("mongo", self._mongo)
        return (mongo, ChildSpec("nats", self._nats)) if self._ports.feed is not None else (mongo,)

    def _mongo(self) -> MongoSource:
        polling = Polling(
            self._ports.store, self._lanes.store, self.fleet, self.lease, self._settings.reconcile_interval
        )
        return MongoSource(polling)

    def _nats(self) -> NatsSource:
        listening = Listening(
            self.installed.the_feed, self._ports.store, self._lanes.store, self.fleet, self.lease, self.mongo
        )
        return NatsSource(listening)

    def _watcher(self) -> EngineWatcher:
        settings = self._settings
        watching = Watching(
            self.installed.the_engine,
            self._lanes.engine,
            self.fleet,
            self.lease,
            settings.relist_interval,
            settings.watch_silence,
        )
        return EngineWatcher(watching)

    def _janitor(self) -> Janitor:
        settings = self._settings
        return Janitor(
            Sweeping(
                self.installed.the_engine,
                self._code_in_use,
                self._ports.store,
                self._lanes.objects,
                self.lease,
                settings.keep_state,
                settings.sweep_interval,
            )
        )

    def _code_in_use(self) -> frozenset[str]:
        states = [actor.state for actor in self.bot_actors()]
        prepared = (state.prepared.code_hash for state in states if state.prepared is not None)
        kept = (state.want.code_hash for state in states if isinstance(state.want, Run))
        scheduled = frozenset[str]() if self.schedules is None else self.schedules.code_in_use()
        return frozenset((*prepared, *kept)) | scheduled

    def the_engine(self) -> Engine:
        """Return the fenced engine of realtime bots. Raises `NotActive` before the installation is known."""
        return self.installed.the_engine()

    def bot_actors(self) -> list[BotActor]:
        """Return the living bots' actors; read only what they publish."""
        prefix = self.crew.path + "/"
        actors = [handle.actor for handle in self._system.handles() if handle.path.startswith(prefix)]
        return [actor for actor in actors if isinstance(actor, BotActor)]

    def _lease_keeper(self) -> LeaseKeeper:
        settings, ports = self._settings, self._ports
        claim = Claim(
            holder=self._holder,
            host=ports.host,
            term=settings.lease_term,
            store=ports.store,
            identify=ports.identify,
            install=self._install,
            fence=self.fence,
            lane=self._lanes.store,
            tell=(self.fleet, self.watcher, self.janitor, self.mongo, *((self.nats,) if ports.feed else ())),
        )
        return LeaseKeeper(claim)

    def _install(self, installation: Installation) -> None:
        if self.installed.world is not None:
            return
        ports, lanes, settings = self._ports, self._lanes, self._settings
        engine = FencedEngine(ports.engine(installation), self.fence)
        rules = Rules(
            fingerprint=lru_cache(KNOWN_FINGERPRINTS)(engine.fingerprint),
            policy=settings.policy,
            stop_grace=settings.stop_grace,
            take_over=settings.take_over,
        )
        self.installed.engine = engine
        self.installed.feed = None if ports.feed is None else ports.feed(installation)
        self.installed.world = BotWorld(
            store=ports.store,
            engine=engine,
            prepare=ports.prepare(engine),
            lanes=lanes,
            fleet=self.fleet,
            rules=rules,
            announce=self._announce,
            deadlines=settings.deadlines,
        )
