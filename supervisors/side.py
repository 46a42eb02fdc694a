"""What a part of the tree that keeps one kind of bot is made of, whatever the kind.

    lease      first up, last down: nobody may act without it
    engine     one_for_one: watcher (events and listings), janitor, state (how much bots keep)
    bots       rest_for_one: reads (the ReadDesk), crew (a DynamicSupervisor of the bots' actors), fleet, and what a
               kind adds
    sources    one_for_one: mongo, and nats when there is one

Wiring only. It builds what depends on the installation (engine, feed, world) when the lease's actor has found it out.
"""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from the0_actors.actors.bot.stepping import Deadlines, Lanes, StepActor, World
from the0_actors.actors.domain.kept import DEFAULT_BOUND
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.errors import NotActive
from the0_actors.actors.fence import Fence, FencedEngine, FencedLane
from the0_actors.actors.fleet import Crew, Fleet
from the0_actors.actors.following import Following
from the0_actors.actors.holds import Holds
from the0_actors.actors.identification import Identification
from the0_actors.actors.identity import Word
from the0_actors.actors.janitor import Janitor, Sweeping
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.lease import Claim, LeaseKeeper
from the0_actors.actors.mass_stop import MassStopRules
from the0_actors.actors.messages import AskActive, RelistSoon, Tick
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.feed import EventFeed
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.memory import Memory, NoMemory
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.ports.store import NOBODY, DesiredState, Installation
from the0_actors.actors.read_desk import ReadDesk, Reading
from the0_actors.actors.sources.mongo import MongoSource, Polling
from the0_actors.actors.sources.nats import Listening, NatsSource
from the0_actors.actors.sources.watcher import EngineWatcher, Watching
from the0_actors.actors.state_watch import Measuring, StateWatch
from the0_actors.actors.throttle import Bounds
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart, Strategy
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild, StopChild
from the0_actors.supervisors.paths import bot_child_id
from the0_actors.supervisors.reports import Reporter
from the0_actors.supervisors.supervisor import Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePorts:
    """The outside world, as every kind of bot needs it."""

    store: DesiredState
    identify: Callable[[], str]
    """Ask the engine who it is. Blocks."""
    engine: Callable[[Installation], Engine]
    """Build the engine of an installation. Blocks."""
    prepare: Callable[[Engine], Callable[[LaunchSpec], str]]
    """Build the preparation on an engine."""
    lock: Callable[[Installation], EngineLock]
    """Build the engine's lock. Each kind takes one of its own."""
    memory: Memory = field(default_factory=NoMemory)
    """Each kind has one of its own."""
    word: Word = field(default_factory=Word)
    """What the operator said about containers of another installation."""
    feed: Callable[[Installation], EventFeed] | None = None
    """Build the feed; None when no NATS is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSettings:
    """The numbers that every kind has. Seconds."""

    lease_term: float = 9.0
    relist_interval: float = 60.0
    watch_silence: float = 300.0
    sweep_interval: float = 3600.0
    keep_state: float = 7 * 24 * 3600.0
    """From a bot's deletion to the removal of its state, give or take a sweep. Less than 90 days."""
    mass_stops: MassStopRules = MassStopRules()
    on_the_way: Bounds = Bounds()
    """Of how many bots are on their way to a container at once."""
    state_bound: int = DEFAULT_BOUND
    """Bytes that a bot may keep, where its config says nothing."""
    measure: float = 60.0
    """Between two measurements of what bots keep."""
    deadlines: Deadlines = Deadlines()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What both kinds share in one runtime."""

    system: ActorSystem
    lanes: Lanes
    holder: str
    """Identity of this runtime, for the leases."""
    reporter: Reporter
    announce: Callable[[str, Transition], None]
    code_in_use: Callable[[], frozenset[str]]
    """Names code that a sweep must leave alone, of all kinds: one engine keeps it for all."""


P = TypeVar("P", bound=SidePorts)
S = TypeVar("S", bound=SideSettings)
W = TypeVar("W", bound=World)


@dataclass(frozen=True, slots=True)
class _Installed(Generic[W]):
    """What can be built only once the installation is known."""

    installation: str
    world: W
    lock: EngineLock
    feed: EventFeed | None


class Side(Generic[P, S, W]):
    """The handles of one kind's actors, and the factories of its supervisors."""

    base = ""
    """Path of the supervisor above it."""
    kind = Kind.REALTIME
    """Of its bots."""

    def __init__(self, around: Surroundings, ports: P, settings: S, drained: Callable[[], None]) -> None:
        """Keep the parts; `drained` is called when a drain has left no container."""
        system = around.system
        self._around = around
        self._ports = ports
        self._settings = settings
        self._drained = drained
        self._installed: _Installed[W] | None = None
        self.acting = Fence(system.clock, "the engine's lock", self._holds_lock)
        self.writing = Fence(system.clock, "the lease")
        self.following = Following()
        self.lease = system.handle(f"{self.base}/lease")
        self.watcher = system.handle(f"{self.base}/engine/watcher")
        self.state_watch = system.handle(f"{self.base}/engine/state")
        self.janitor = system.handle(f"{self.base}/engine/janitor")
        self.reads = system.handle(f"{self.base}/bots/reads")
        self.crew = system.handle(f"{self.base}/bots/crew")
        self.fleet = system.handle(f"{self.base}/bots/fleet")
        self.mongo = system.handle(f"{self.base}/sources/mongo")
        self.nats = system.handle(f"{self.base}/sources/nats")

    # what a kind says

    def make_world(self, engine: Engine, installation: str) -> W:
        """Build what its actors are given."""
        raise NotImplementedError

    def make_bot(self, bot_id: str) -> StepActor[Any, W]:
        """Build one bot's actor."""
        raise NotImplementedError

    def make_fleet(self) -> Fleet:
        """Build its Fleet."""
        raise NotImplementedError

    def poll_interval(self) -> float:
        """Return the seconds between reads of all documents."""
        raise NotImplementedError

    def code_in_use(self) -> frozenset[str]:
        """Return the code that its actors have prepared, and that may not be in a container yet."""
        raise NotImplementedError

    def beside_fleet(self) -> tuple[ChildSpec, ...]:
        """Return what else stands beside Fleet, after it."""
        return ()

    # what others ask

    @property
    def has_feed(self) -> bool:
        """Whether it hears events."""
        return self._ports.feed is not None

    def the_world(self) -> W:
        """Return what its actors are given. Raises `NotActive` before the installation is known."""
        return self._the_installed().world

    def the_engine(self) -> Engine:
        """Return the fenced engine. Raises `NotActive` likewise."""
        return self.the_world().engine

    def bot(self, bot_id: str) -> Handle:
        """Return the handle of a bot's actor."""
        return self._around.system.handle(f"{self.crew.path}/{bot_child_id(bot_id)}")

    def bots(self) -> list[Handle]:
        """Return the handles of all bots' actors, of those that ended too."""
        prefix = self.crew.path + "/"
        return [handle for handle in self._around.system.handles() if handle.path.startswith(prefix)]

    # wiring

    def children(self) -> tuple[ChildSpec, ...]:
        """Return what the supervisor above it starts, in order."""
        reporter = self._around.reporter
        about_engine = (
            ChildSpec("watcher", self._watcher),
            ChildSpec("janitor", self._janitor),
            ChildSpec("state", self._state_watch),
        )
        sources: tuple[ChildSpec, ...] = (ChildSpec("mongo", self._mongo),)
        if self.has_feed:
            sources = (*sources, ChildSpec("nats", self._nats))
        return (
            ChildSpec("lease", self._lease_keeper),
            ChildSpec("engine", partial(Supervisor, about_engine, reporter=reporter), shutdown=10.0),
            ChildSpec("bots", self._bots, shutdown=30.0),
            ChildSpec("sources", partial(Supervisor, sources, reporter=reporter), shutdown=10.0),
        )

    def _bots(self) -> Supervisor:
        # One bot's bug is not a fault of the crew: only a failure of very many escalates.
        reporter = self._around.reporter
        crew = partial(DynamicSupervisor, intensity=Intensity(1000, 60.0), reporter=reporter)
        children = (
            ChildSpec("reads", self._read_desk),
            ChildSpec("crew", crew, shutdown=20.0),
            ChildSpec("fleet", self.make_fleet),
            *self.beside_fleet(),
        )
        return Supervisor(children, strategy=Strategy.REST_FOR_ONE, reporter=reporter)

    def _read_desk(self) -> ReadDesk:
        return ReadDesk(Reading(self._ports.store.read_all, self._around.lanes.store))

    def fleet_of(self, **kind: Any) -> Fleet:
        """Build a Fleet with the parts that every kind's has."""
        return Fleet(
            Crew(self._start_bot, self._stop_bot, self.bots),
            Holds(self._ports.store, self._writes()),
            self._settings.mass_stops,
            self._drained,
            ((self.lease, AskActive(self.fleet)), (self.mongo, Tick()), (self.watcher, RelistSoon())),
            partial(self.watcher.tell, RelistSoon()),
            self.following,
            bounds=self._settings.on_the_way,
            **kind,
        )

    def _start_bot(self, bot_id: str) -> Handle:
        factory = partial(self.make_bot, bot_id)
        spec = ChildSpec(bot_child_id(bot_id), factory, Restart.TRANSIENT, backoff=Backoff(cap=60.0))
        self.crew.tell(StartChild(spec))
        return self.bot(bot_id)

    def _stop_bot(self, bot_id: str) -> None:
        self.crew.tell(StopChild(bot_child_id(bot_id)))

    def _mongo(self) -> MongoSource:
        store, lane = self._ports.store, self._around.lanes.store
        return MongoSource(Polling(store, lane, self.fleet, self.lease, self.poll_interval()))

    def _nats(self) -> NatsSource:
        store = self._ports.store
        return NatsSource(Listening(self._the_feed, store, self._writes(), self.fleet, self.lease, self.mongo))

    def _writes(self) -> FencedLane:
        """Return the lane for what changes the desired state."""
        return FencedLane(self._around.lanes.store, self.writing)

    def _watcher(self) -> EngineWatcher:
        settings, lane = self._settings, self._around.lanes.engine
        relist, silence = settings.relist_interval, settings.watch_silence
        installation = self._the_installation
        watched = Watching(self.the_engine, installation, lane, self.fleet, self.lease, self.following, relist, silence)
        return EngineWatcher(watched)

    def _janitor(self) -> Janitor:
        settings, around = self._settings, self._around
        return Janitor(
            Sweeping(
                self.the_engine,
                around.code_in_use,
                self._ports.store,
                around.lanes.objects,
                self.lease,
                settings.keep_state,
                settings.sweep_interval,
            )
        )

    def _state_watch(self) -> StateWatch:
        settings, lane = self._settings, self._around.lanes.objects
        return StateWatch(
            Measuring(
                self.the_engine, self._bounds, lane, self.lease, self.fleet, settings.state_bound, settings.measure
            )
        )

    def _bounds(self) -> Mapping[str, int | None]:
        actors = [actor for handle in self.bots() if isinstance(actor := handle.actor, StepActor)]
        return {actor.state.bot_id: actor.state.state_bytes for actor in actors}

    def _lease_keeper(self) -> LeaseKeeper:
        ports, around = self._ports, self._around
        nats = (self.nats,) if self.has_feed else ()
        claim = Claim(
            holder=around.holder,
            host=platform.node(),
            term=self._settings.lease_term,
            store=ports.store,
            identify=ports.identify,
            installation=self._identification(),
            install=self._install,
            lock=lambda: self._the_installed().lock,
            acting=self.acting,
            writing=self.writing,
            lane=around.lanes.guard,
            tell=(self.fleet, self.watcher, self.janitor, self.state_watch, self.mongo, *nats),
        )
        return LeaseKeeper(claim)

    def _identification(self) -> Identification:
        ports, holder, term = self._ports, self._around.holder, self._settings.lease_term
        return Identification(
            store=ports.store,
            memory=ports.memory,
            containers=lambda: ports.engine(Installation(NOBODY, "")).everyone(),
            lead=lambda: ports.store.lease(holder, "", term).mine,
            kind=self.kind,
            # Once: what was said at the start is not said about a database that is emptied later.
            word=ports.word if self._installed is None else Word(),
        )

    def _install(self, installation: Installation) -> None:
        if self._installed is not None:
            return
        ports = self._ports
        engine = FencedEngine(ports.engine(installation), self.acting)
        feed = None if ports.feed is None else ports.feed(installation)
        self._installed = _Installed(
            installation.id, self.make_world(engine, installation.id), ports.lock(installation), feed
        )

    def _holds_lock(self) -> bool:
        return self._the_installed().lock.holds()

    def _the_installed(self) -> _Installed[W]:
        if self._installed is None:
            raise NotActive("the installation is not known yet")
        return self._installed

    def _the_installation(self) -> str:
        return self._the_installed().installation

    def _the_feed(self) -> EventFeed:
        feed = self._the_installed().feed
        if feed is None:
            raise NotActive("there is no feed")
        return feed
