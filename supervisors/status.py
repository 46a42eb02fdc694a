"""The status of a running tree, made from what its actors publish. Nobody is asked, nobody is stopped."""

from the0_actors.actors.bot.actor import BotActor
from the0_actors.actors.bot.state import BotState
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.fleet import Fleet, FleetStatus
from the0_actors.actors.keeper import Keeper
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.lease import LeaseKeeper
from the0_actors.actors.ports.status import ActorStatus, BotStatus, PartStatus, Phase, RuntimeStatus
from the0_actors.actors.sources.mongo import MongoSource
from the0_actors.actors.sources.nats import NatsSource
from the0_actors.actors.sources.watcher import EngineWatcher
from the0_actors.supervisors.supervisor import Supervisor
from the0_actors.supervisors.tree import Tree
from the0_actors.version import __version__

STUCK = 60.0
"""Seconds in one turn after which an actor counts as stuck."""


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
        """Tell whether the runtime is active, its gate open, and every required part fine."""
        fleet = self._fleet()
        return fleet is not None and fleet.open and all(part.ok or not part.required for part in self.parts())

    def role(self) -> str:
        """Return `active`, `standby` or `starting`."""
        lease = self._tree.lease.actor
        return lease.role if isinstance(lease, LeaseKeeper) else "starting"

    def not_at_rest(self) -> int:
        """Return how many bots have, or are about to have, a container."""
        fleet = self._fleet()
        return 0 if fleet is None else fleet.not_at_rest

    def status(self) -> RuntimeStatus:
        """Return the whole."""
        lease = self._tree.lease.actor
        fleet = self._fleet()
        nats = self._tree.nats.actor
        alarms = () if fleet is None else fleet.alarms
        if isinstance(nats, NatsSource) and nats.alarm:
            alarms = (*alarms, f"nats: {nats.alarm}")
        if fleet is not None and fleet.duplicates:
            alarms = (*alarms, f"more than one document for: {', '.join(fleet.duplicates)}; the newest counts")
        return RuntimeStatus(
            version=__version__,
            mode=self._mode,
            installation=lease.installation if isinstance(lease, LeaseKeeper) else "",
            role=self.role(),
            ready=self.ready(),
            uptime=self._system.clock.monotonic() - self._started,
            parts=self.parts(),
            bots=self.bots(),
            tree=self._actors(),
            quarantined={} if fleet is None else dict(fleet.quarantined),
            alarms=alarms,
            dead_letters=self._system.dead_letters.count,
        )

    def bots(self) -> tuple[BotStatus, ...]:
        """Return every bot, sorted by id."""
        now = self._system.clock.monotonic()
        states = [actor.state for actor in self._tree.bot_actors()]
        fleet = self._fleet()
        listed_at = None if fleet is None else fleet.listed_at
        return tuple(bot_status(state, now, listed_at) for state in sorted(states, key=lambda state: state.bot_id))

    def bot(self, bot_id: str) -> BotState | None:
        """Return what one bot's actor knows."""
        actor = self._tree.bot(bot_id).actor
        return actor.state if isinstance(actor, BotActor) else None

    def _is_bot(self, handle: Handle) -> bool:
        return handle.path.startswith(self._tree.crew.path + "/")

    def _fleet(self) -> FleetStatus | None:
        actor = self._tree.fleet.actor
        return actor.status() if isinstance(actor, Fleet) else None

    def parts(self) -> tuple[PartStatus, ...]:
        """Return the dependencies and sources."""
        parts: list[PartStatus] = []
        for handle in (self._tree.keeper, self._tree.lease, self._tree.watcher, self._tree.mongo, self._tree.nats):
            actor = handle.actor
            if isinstance(actor, Keeper | LeaseKeeper | EngineWatcher | MongoSource | NatsSource):
                parts += actor.parts
        return tuple(parts)

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


def bot_status(state: BotState, now: float, listed_at: float | None = None) -> BotStatus:
    """Return one bot's status from what its actor knows, and the last listing, which agreed with it."""
    last = state.transitions[-1] if state.transitions else None
    have = state.have if isinstance(state.have, Observed) else None
    retries = (state.launch_retry, state.prepare_retry, state.look_retry, state.read_retry)
    ahead = [retry.at for retry in retries if retry.at > now]
    return BotStatus(
        bot_id=state.bot_id,
        name=state.title,
        phase=Phase.UNKNOWN if last is None else last.phase,
        reason="" if last is None else last.reason,
        container_id="" if have is None else have.container_id,
        code_version=state.version,
        incarnation=state.incarnation,
        short_lives=state.short_lives,
        last_exit=state.last_end,
        log_tail=state.log_tail,
        retry_in=min(ahead) - now if ahead else None,
        observed_age=None if state.observed_at is None else now - max(state.observed_at, listed_at or 0.0),
        transitions=state.transitions,
    )
