"""The status of a running tree, made from what its actors publish. Nobody is asked, nobody is stopped."""

from dataclasses import replace

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.bot.state import BotState
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.fleet_status import FleetStatus
from the0_actors.actors.keeper import Keeper
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.lease import LeaseKeeper
from the0_actors.actors.ports.status import ActorStatus, BotStatus, Command, PartStatus, Phase, Renewal, RuntimeStatus
from the0_actors.actors.probe import Probe
from the0_actors.actors.schedule.actor import ScheduleActor
from the0_actors.actors.schedule.state import ScheduleState
from the0_actors.actors.sources.mongo import MongoSource
from the0_actors.actors.sources.nats import NatsSource
from the0_actors.actors.sources.watcher import EngineWatcher
from the0_actors.actors.state_watch import StateWatch
from the0_actors.supervisors.realtime import RealtimeTree
from the0_actors.supervisors.schedules import ScheduleTree
from the0_actors.supervisors.supervisor import Supervisor
from the0_actors.supervisors.tree import Tree
from the0_actors.version import __version__

STUCK = 60.0
"""Seconds in one turn after which an actor counts as stuck."""

_EVENTS_LOST = "Events may be lost: save again, in the platform, each bot that is not here as it is there"


class StatusMaker:
    """Makes statuses of one tree. Callable from any thread."""

    def __init__(self, system: ActorSystem, tree: Tree, mode: str) -> None:
        self._system = system
        self._tree = tree
        self._mode = mode
        self._started = system.clock.monotonic()

    def alive(self) -> bool:
        """Tell whether the root lives and no actor of the tree is stuck in a turn."""
        return self._tree.root.alive and not any((actor.busy or 0.0) > STUCK for actor in self._actors())

    def ready(self) -> bool:
        """Tell whether the runtime is active, its gate open, every required part fine, and events are heard.

        NATS that is away hinders no readiness, once that is known.
        """
        fleets = self._fleets()
        opened = len(fleets) == len(self._tree.sides()) and all(fleet.open for fleet in fleets)
        return opened and self.listens() and all(part.ok or not part.required for part in self.parts())

    def listens(self) -> bool:
        """Tell whether every subscription to events stands, or is known not to. True where there is no NATS."""
        heard = (side.nats.actor for side in self._tree.sides() if side.has_feed)
        return all(isinstance(source, NatsSource) and source.settled for source in heard)

    def role(self) -> str:
        """Return `active`, `standby` or `starting`."""
        roles = [lease.role for lease in self._leases()]
        return next((role for role in ("active", "standby") if role in roles), "starting")

    def not_at_rest(self) -> int:
        """Return how many bots have, or are about to have, a container."""
        return sum(fleet.not_at_rest for fleet in self._fleets())

    def longest_grace(self) -> float | None:
        """Return the longest grace, in seconds, that a bot's container has of its own; None when none has one."""
        containers = (actor.state.have for side in self._tree.sides() for actor in side.bot_actors())
        graces = (have.stop_grace for have in containers if isinstance(have, Observed))
        return max((grace for grace in graces if grace is not None), default=None)

    def status(self) -> RuntimeStatus:
        """Return the whole."""
        fleets = self._fleets()
        quarantined = [item for fleet in fleets for item in fleet.quarantined.items()]
        return RuntimeStatus(
            version=__version__,
            mode=self._mode,
            installation=next((lease.installation for lease in self._leases()), ""),
            role=self.role(),
            ready=self.ready(),
            uptime=self._system.clock.monotonic() - self._started,
            parts=self.parts(),
            bots=self.bots(),
            tree=self._actors(),
            quarantined=dict(quarantined),
            alarms=self._alarms(fleets),
            held=tuple(sorted(bot_id for fleet in fleets for bot_id in fleet.held)),
            dead_letters=self._system.dead_letters.count,
            renewals=self._renewals(),
            strangers=self._strangers(),
            timers=len(self._system.timers),
        )

    def bots(self) -> tuple[BotStatus, ...]:
        """Return every bot, sorted by id."""
        now = self._system.clock.monotonic()
        rows: list[BotStatus] = []
        for side in self._tree.sides():
            fleet = _fleet(side)
            listed_at = None if fleet is None else fleet.listed_at
            actors = side.bot_actors()
            rows += [bot_status(actor.state, now, listed_at) for actor in actors]
        return tuple(sorted(rows, key=lambda row: row.bot_id))

    def bot(self, bot_id: str) -> BotState | ScheduleState | None:
        """Return what one bot's actor knows."""
        side = self.side_of(bot_id)
        actor = None if side is None else side.bot(bot_id).actor
        return actor.state if isinstance(actor, BotActor | ScheduleActor) else None

    def side_of(self, bot_id: str) -> RealtimeTree | ScheduleTree | None:
        """Return the part of the tree that keeps a bot; None when there is no such bot."""
        kept = (side for side in self._tree.sides() if isinstance(side.bot(bot_id).actor, BotActor | ScheduleActor))
        return next(kept, None)

    def hindrance(self, bot_id: str, command: Command) -> str:
        """Return why a command for a bot cannot be carried out now; empty when it can, or nothing keeps such a bot.

        A bot that is not known to a runtime that does not act may well be one.
        """
        side = self.side_of(bot_id)
        if side is None and self.role() == "active":
            return ""
        leases = self._leases() if side is None else [side.lease.actor]
        reasons = [lease.hindrance(command) for lease in leases if isinstance(lease, LeaseKeeper)]
        return next(filter(None, reasons), "")

    def _is_bot(self, handle: Handle) -> bool:
        return handle.path.startswith(tuple(side.crew.path + "/" for side in self._tree.sides()))

    def _fleets(self) -> list[FleetStatus]:
        return [fleet for side in self._tree.sides() if (fleet := _fleet(side)) is not None]

    def _leases(self) -> list[LeaseKeeper]:
        actors = (side.lease.actor for side in self._tree.sides())
        return [actor for actor in actors if isinstance(actor, LeaseKeeper)]

    def _probes(self) -> list[Probe]:
        actors = (handle.actor for handle in self._tree.probes)
        return [actor for actor in actors if isinstance(actor, Probe)]

    def _alarms(self, fleets: list[FleetStatus]) -> tuple[str, ...]:
        alarms = [lease.alarm for lease in self._leases() if lease.alarm]
        alarms += [alarm for fleet in fleets for alarm in fleet.alarms]
        alarms += [alarm for probe in self._probes() for alarm in probe.alarms]
        for side in self._tree.sides():
            nats = side.nats.actor
            if isinstance(nats, NatsSource) and nats.alarm:
                alarms.append(f"nats: {nats.alarm}. {_EVENTS_LOST}")
            mongo = side.mongo.actor
            if isinstance(mongo, MongoSource) and mongo.alarm:
                alarms.append(f"mongodb: {mongo.alarm}")
            watch = side.state_watch.actor
            if isinstance(watch, StateWatch):
                alarms += watch.alarms
        alarms += self._second_containers()
        alarms += [
            f"more than one document for: {', '.join(fleet.duplicates)}; the newest counts, so delete the others"
            for fleet in fleets
            if fleet.duplicates
        ]
        return tuple(dict.fromkeys(alarms))  # both kinds of bots may see the same

    def _renewals(self) -> tuple[Renewal, ...]:
        found: list[Renewal] = []
        for side, prefix in self._named_sides():
            if isinstance(lease := side.lease.actor, LeaseKeeper):
                found += [replace(one, name=prefix + one.name) for one in lease.renewals]
        return tuple(found)

    def _strangers(self) -> tuple[str, ...]:
        watchers = (side.watcher.actor for side in self._tree.sides())
        lines = (line for watcher in watchers if isinstance(watcher, EngineWatcher) for line in watcher.strangers)
        return tuple(dict.fromkeys(lines))  # both kinds of bots see the same engine

    def engine_fault(self) -> str:
        """Return why the engine cannot be asked, as its watchers say; empty while it answers."""
        watchers = (side.watcher.actor for side in self._tree.sides())
        parts = (part for watcher in watchers if isinstance(watcher, EngineWatcher) for part in watcher.parts)
        return next((part.note for part in parts if not part.ok), "")

    def _second_containers(self) -> list[str]:
        states = (actor.state for side in self._tree.sides() for actor in side.bot_actors())
        return [
            f"{state.bot_id} has a second container, {one.name}: it is being stopped; who made or renamed it?"
            for state in states
            for one in state.astray
        ]

    def parts(self) -> tuple[PartStatus, ...]:
        """Return the dependencies and sources."""
        keepers = [handle.actor for handle in self._tree.keepers]
        parts = [part for keeper in keepers if isinstance(keeper, Keeper) for part in keeper.parts]
        parts += [part for probe in self._probes() for part in probe.parts]
        for side, prefix in self._named_sides():
            for handle in (side.lease, side.watcher, side.mongo, side.nats):
                actor = handle.actor
                if isinstance(actor, LeaseKeeper | EngineWatcher | MongoSource | NatsSource):
                    parts += [replace(part, name=prefix + part.name) for part in actor.parts]
        return tuple(parts)

    def _named_sides(self) -> tuple[tuple[RealtimeTree | ScheduleTree, str], ...]:
        """Return the sides, each with what sets the names of its parts apart."""
        sides = self._tree.sides()
        beside = len(sides) > 1
        return tuple((side, "schedules: " if beside and side is self._tree.schedules else "") for side in sides)

    def _actors(self) -> tuple[ActorStatus, ...]:
        """Return the actors of the tree without the bots, which have their own part of the status."""
        handles = [handle for handle in self._system.handles() if not self._is_bot(handle)]
        restarts: dict[str, int] = {}
        for handle in handles:
            if isinstance(handle.actor, Supervisor):
                restarts |= handle.actor.restarts()
        return tuple(_actor_status(handle, restarts.get(handle.path, 0)) for handle in handles if handle.incarnation)


def _actor_status(handle: Handle, restarts: int) -> ActorStatus:
    snapshot = handle.snapshot()
    mailbox = snapshot.mailbox
    return ActorStatus(
        path=snapshot.path,
        kind=snapshot.kind,
        alive=snapshot.alive,
        restarts=restarts,
        mailbox=0 if mailbox is None else mailbox.waiting + mailbox.system,
        oldest=0.0 if mailbox is None else mailbox.oldest,
        busy=None if mailbox is None else mailbox.busy,
    )


def _fleet(side: RealtimeTree | ScheduleTree) -> FleetStatus | None:
    actor = side.fleet.actor
    return actor.status() if isinstance(actor, Fleet) else None


def bot_status(state: BotState | ScheduleState, now: float, listed_at: float | None = None) -> BotStatus:
    """Return one bot's status from what its actor knows, and the last listing, which agreed with it."""
    last = state.transitions[-1] if state.transitions else None
    have = state.have if isinstance(state.have, Observed) else None
    retries = (state.launch_retry, state.prepare_retry, state.look_retry, state.read_retry)
    refused = () if state.refusal is None else (state.refusal.retry,)
    ahead = [retry.at for retry in (*retries, *refused) if retry.at > now]
    return BotStatus(
        bot_id=state.bot_id,
        name=state.title,
        phase=Phase.UNKNOWN if last is None else last.phase,
        reason="" if last is None else last.reason,
        container_id="" if have is None else have.container_id,
        code_version=state.version,
        incarnation=state.incarnation if isinstance(state, BotState) else 0,
        short_lives=state.short_lives if isinstance(state, BotState) else 0,
        last_exit=state.last_end,
        log_tail=state.log_tail,
        retry_in=min(ahead) - now if ahead else None,
        observed_age=None if state.observed_at is None else now - max(state.observed_at, listed_at or 0.0),
        transitions=state.transitions,
    )
