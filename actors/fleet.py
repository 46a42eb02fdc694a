"""Fleet: who exists.

It holds the gate (nothing is started or stopped before the first complete read of both sides), makes and retires the
bots' actors, passes hints on, and counts: a listing in which a large share of the fleet has vanished is not believed
until a second one says the same. It never decides what a bot does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from the0_actors.actors.bot import messages as bot
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.messages import (
    ActiveMoved,
    BotMoved,
    BotRetired,
    BotUp,
    ContainerChanged,
    ContainersListed,
    DocumentChanged,
    DocumentsListed,
    DrainFleet,
    OperatorCommand,
)
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.actors.ports.store import DesiredState

AT_REST = frozenset({Phase.IDLE})
"""Phases without a container."""


@dataclass(frozen=True, slots=True)
class FleetRules:
    """When a listing is not believed at once."""

    guard_from: int = 5
    """Fleets smaller than this are not guarded."""
    guard_share: float = 0.2
    """More than this share of the fleet gone from one listing waits for a second look."""


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """What Fleet tells about itself."""

    open: bool
    bots: int
    phases: Mapping[Phase, int]
    quarantined: Mapping[str, str]
    duplicates: tuple[str, ...]
    alarms: tuple[str, ...]
    not_at_rest: int
    """Bots that have, or are about to have, a container."""
    listed_at: float | None
    """Monotonic time of the last listing of the engine: it contradicted nobody who was not asked to look since."""


@dataclass(frozen=True, slots=True)
class Crew:
    """How Fleet has bots' actors made and ended."""

    start: Callable[[str], Handle]
    """Have an actor for a bot id; idempotent."""
    stop: Callable[[str], None]
    present: Callable[[], Iterable[Handle]] = tuple
    """Return the handles of actors that there are already: of the Fleet before this one."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Where a stop by hand is kept."""

    store: DesiredState
    lane: Lane
    deadline: float = 15.0


@dataclass(slots=True)
class _Known:
    """What the last listings said."""

    digests: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    marks: dict[str, int] = field(default_factory=dict[str, int])
    """Bot id to a hash of its containers' ids and statuses."""
    ours: frozenset[str] = frozenset()
    """Ids of bots with a container of this installation."""
    running: frozenset[str] = frozenset()
    """Those of them whose container runs."""
    predecessors: dict[str, tuple[Observed, ...]] = field(default_factory=dict[str, tuple[Observed, ...]])
    """Containers of the Go runtime, by bot, of the last two listings: one that is gone costs a look, and one listing
    that lies must not make us start beside it."""
    theirs: dict[str, tuple[Observed, ...]] = field(default_factory=dict[str, tuple[Observed, ...]])
    """Those of the last listing."""
    suspects: frozenset[str] = frozenset()
    """Gone from the last listing, not believed yet."""
    documents: bool = False
    containers: bool = False
    listed_at: float | None = None
    seen: frozenset[str] | None = None
    """Ids of bots in the listing before, while the gate waits for a second one."""
    quarantined: Mapping[str, str] = field(default_factory=dict[str, str])
    duplicates: tuple[str, ...] = ()


class Fleet(Actor):
    """One per runtime. `status()` may be called from any thread."""

    def __init__(
        self,
        crew: Crew,
        holds: Holds,
        rules: FleetRules,
        drained: Callable[[], None],
        ask: tuple[tuple[Handle, object], ...],
        relist: Callable[[], object],
        *,
        kind: Kind = Kind.REALTIME,
        drain: Callable[[], object] = bot.Drain,
    ) -> None:
        """Keep the parts. `kind`: whose containers concern it; `drain` makes what its actors are told at the end."""
        super().__init__()
        self._kind = kind
        self._drain_message = drain
        self._ask = ask
        self._relist = relist
        self._crew = crew
        self._holds = holds
        self._failed_command = ""
        self._rules = rules
        self._drained = drained
        self._bots: dict[str, Handle] = {}
        self._phases: dict[str, Phase] = {}
        self._known = _Known()
        self._active = False
        self._open = False
        self._draining = False
        self._adoption: dict[str, tuple[Observed, ...]] = {}
        self._adopting: set[str] = set()
        self._pending: set[str] = set()
        self._guard_alarm = ""
        self._restless = 0

    def on_start(self) -> None:
        """Find out how things stand: a successor knows nothing, and the gate is closed until it does."""
        for handle in self._crew.present():
            if handle.alive:
                handle.tell(bot.GateMoved(open=False))
        for handle, question in self._ask:
            handle.tell(question)

    def on_receive(self, message: Any) -> Any:
        """Take news from sources, bots and operators."""
        handler = self._HANDLERS.get(type(message))
        if handler is None:
            return super().on_receive(message)
        return handler(self, message)

    def status(self) -> FleetStatus:
        """Return how it is, from any thread."""
        phases = Counter(self._phases.copy().values())
        return FleetStatus(
            open=self._open,
            bots=len(self._bots),
            phases=dict(phases),
            quarantined=self._known.quarantined,
            duplicates=self._known.duplicates,
            alarms=tuple(alarm for alarm in (self._guard_alarm, self._failed_command) if alarm),
            not_at_rest=self._restless,
            listed_at=self._known.listed_at,
        )

    # the gate

    def _active_moved(self, message: ActiveMoved) -> None:
        self._active = message.active
        if not message.active:
            self._open = False
            self._known.documents = self._known.containers = False
            self._known.seen = None
            self._tell_all(bot.GateMoved(open=False))

    def _try_open(self) -> None:
        """Open the gate once both sides were read whole since we became active."""
        known = self._known
        if self._open or not (self._active and known.documents and known.containers):
            return
        self._open = True
        self._suspect(known.ours - known.digests.keys())
        self._tell_all(bot.GateMoved(open=True))
        for bot_id, handle in self._bots.items():
            # An actor that came up while the gate was closed has not heard of them.
            handle.tell(bot.Seen(None, known=False, predecessors=known.predecessors.get(bot_id, ())))
        self._adopting = ((known.digests.keys() | known.ours) - known.suspects) - self._bots.keys()
        for bot_id in sorted(self._adopting):
            self._ensure(bot_id)
        for bot_id in sorted(self._pending):
            self._hint_document(bot_id)
        self._pending.clear()

    # documents

    def _documents_listed(self, message: DocumentsListed) -> None:
        if not self._active:
            return
        known = self._known
        known.quarantined, known.duplicates = message.quarantined, message.duplicates
        before, known.digests = known.digests, message.digests
        changed = [bot_id for bot_id, digest in message.digests.items() if before.get(bot_id) != digest]
        vanished = self._vanished((before.keys() - message.digests.keys()) & self._bots.keys())
        known.documents = True
        if self._open:
            for bot_id in (*changed, *sorted(vanished)):
                self._hint_document(bot_id)
        elif self._bots:
            self._pending.update(changed, vanished)
        self._try_open()

    def _vanished(self, gone: AbstractSet[str]) -> frozenset[str]:
        """Return those of the bots without a document that are to read it, now.

        One that is stopping may be on its way out, or about to start again: the next listing asks anew. One at rest
        has nothing to lose.
        """
        stopping = {bot_id for bot_id in gone if self._phases.get(bot_id) is Phase.STOPPING}
        resting = frozenset(bot_id for bot_id in gone if self._phases.get(bot_id) in AT_REST)
        believed = self._suspect(frozenset(gone - stopping - resting))
        self._know_on(stopping)
        return believed | resting

    def _know_on(self, bot_ids: AbstractSet[str]) -> None:
        """Keep bots among the known ones although they have no document, so that the next listing misses them too."""
        if bot_ids:
            self._known.digests = {**self._known.digests, **dict.fromkeys(sorted(bot_ids), b"")}

    def _suspect(self, vanished: frozenset[str]) -> frozenset[str]:
        """Return the vanished ones to act on. The others are suspects: known on, until the next listing says it too."""
        rules, known = self._rules, self._known
        fleet = len(known.digests) + len(vanished)
        if fleet >= rules.guard_from and len(vanished) > rules.guard_share * fleet:
            believed = vanished & known.suspects
        else:
            believed = vanished
        known.suspects = vanished - believed
        self._guard_alarm = ""
        if known.suspects:
            self._know_on(known.suspects)
            self._guard_alarm = (
                f"{len(known.suspects)} of {fleet} bots have no document any more: waiting for a second look"
            )
        return believed

    def _document_changed(self, message: DocumentChanged) -> None:
        if self._open:
            self._hint_document(message.bot_id)
        elif self._active:
            self._pending.add(message.bot_id)

    def _hint_document(self, bot_id: str) -> None:
        handle = self._bots.get(bot_id)
        if handle is None:
            self._ensure(bot_id)
        else:
            handle.tell(bot.DocumentHint())

    # containers

    def _containers_listed(self, message: ContainersListed) -> None:
        if not self._active:
            return
        by_bot, known = _by_bot(message.containers, self._kind), self._known
        before, known.marks = known.marks, {bot_id: _mark(containers) for bot_id, containers in by_bot.items()}
        known.ours = frozenset(bot_id for bot_id, group in by_bot.items() if _ours(group) is not None)
        known.running = frozenset(bot_id for bot_id in known.ours if _runs(by_bot[bot_id]))
        theirs = {bot_id: theirs for bot_id, group in by_bot.items() if (theirs := _theirs(group))}
        known.predecessors, known.theirs = {**known.theirs, **theirs}, theirs
        known.listed_at = message.began
        if not known.containers and not self._second_look(frozenset(by_bot)):
            return
        known.containers = True
        self._adoption = {} if self._open else by_bot
        if self._open:
            self._adopting.clear()
            moved = {
                bot_id for bot_id in known.marks.keys() | before.keys() if known.marks.get(bot_id) != before.get(bot_id)
            }
            unowned = known.ours - self._bots.keys() - known.suspects
            for bot_id in sorted(moved | self._contradicted() | unowned):
                self._container_moved(bot_id)
        self._try_open()

    def _second_look(self, seen: frozenset[str]) -> bool:
        """Tell whether two listings in a row agree that nobody is missing; else ask for one more.

        An engine that says once that there is nothing must not make us start beside what there is.
        """
        known = self._known
        before, known.seen = known.seen, seen
        if before is not None and before <= seen:
            return True
        self._relist()
        return False

    def _contradicted(self) -> set[str]:
        """Return the bots that say they run and do not, or the reverse: what lost events did not tell."""
        running = self._known.running
        return {bot_id for bot_id, phase in self._phases.items() if (phase is Phase.RUNNING) != (bot_id in running)}

    def _container_moved(self, bot_id: str) -> None:
        handle = self._bots.get(bot_id)
        if handle is None:
            if bot_id in self._known.ours and bot_id not in self._known.suspects:
                self._ensure(bot_id)
            return
        for container in self._known.predecessors.get(bot_id, ()):
            handle.tell(bot.PredecessorFound(container))
        handle.tell(bot.ContainerHint())

    def _container_changed(self, message: ContainerChanged) -> None:
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            handle.tell(bot.ContainerHint())

    # bots

    def _ensure(self, bot_id: str) -> None:
        if bot_id in self._bots or self._draining:
            return
        self._move(bot_id, Phase.UNKNOWN)
        handle = self._bots[bot_id] = self._crew.start(bot_id)
        if self._open and handle.alive:
            # Its actor outlived the Fleet before this one, and asks nobody.
            handle.tell(bot.GateMoved(open=True))
            handle.tell(bot.Seen(None, known=False, predecessors=self._known.predecessors.get(bot_id, ())))

    def _move(self, bot_id: str, phase: Phase | None) -> None:
        before = self._phases.pop(bot_id, None)
        self._restless -= before is not None and before not in AT_REST
        if phase is not None:
            self._phases[bot_id] = phase
            self._restless += phase not in AT_REST
        if self._draining and self._restless == 0:
            self._drained()

    def _bot_up(self, message: BotUp) -> None:
        handle = self._bots.get(message.bot_id)
        if handle is None or not self._open:
            return
        known = message.bot_id in self._adopting
        self._adopting.discard(message.bot_id)
        ours = _ours(self._adoption.pop(message.bot_id, ())) if known else None
        handle.tell(bot.Seen(ours, known, self._known.predecessors.get(message.bot_id, ())))
        if self._draining:
            handle.tell(self._drain_message())

    def _bot_moved(self, message: BotMoved) -> None:
        if message.bot_id in self._bots:
            self._move(message.bot_id, message.phase)

    def _bot_retired(self, message: BotRetired) -> None:
        if self._bots.pop(message.bot_id, None) is not None:
            self._move(message.bot_id, None)
            self._crew.stop(message.bot_id)

    # operators

    def _command(self, message: OperatorCommand) -> None:
        """Write the hold that the command asks for, if any; the bot hears of it when it is written."""
        store, bot_id = self._holds.store, message.bot_id
        match message.command:
            case Command.STOP:
                self._write_hold(message, partial(store.hold, bot_id, "stopped by hand"))
            case Command.RESUME:
                self._write_hold(message, partial(store.unhold, bot_id))
            case Command.RESTART:
                self._commanded(message)

    def _write_hold(self, message: OperatorCommand, write: Callable[[], None]) -> None:
        self._holds.lane.submit(message.bot_id, write, self.handle, message, self._holds.deadline)

    def _hold_written(self, done: Completed) -> None:
        message: Any = done.token
        if done.overdue:
            return
        if done.error is not None:
            self._failed_command = f"{message.command} of {message.bot_id} failed: {done.error}"
            return
        self._failed_command = ""
        self._commanded(message)

    def _commanded(self, message: OperatorCommand) -> None:
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            handle.tell(bot.Commanded(message.command))

    def _drain(self, _message: DrainFleet) -> None:
        self._draining = True
        self._tell_all(self._drain_message())
        if self._restless == 0:
            self._drained()

    def _tell_all(self, message: object) -> None:
        for handle in self._bots.values():
            handle.tell(message)

    _HANDLERS: Mapping[type, Callable[["Fleet", Any], Any]] = {
        ActiveMoved: _active_moved,
        DocumentsListed: _documents_listed,
        DocumentChanged: _document_changed,
        ContainersListed: _containers_listed,
        ContainerChanged: _container_changed,
        BotUp: _bot_up,
        BotMoved: _bot_moved,
        BotRetired: _bot_retired,
        OperatorCommand: _command,
        DrainFleet: _drain,
        Completed: _hold_written,
    }


def _by_bot(containers: Iterable[Observed], kind: Kind) -> dict[str, tuple[Observed, ...]]:
    """Group the containers of a kind by bot."""
    grouped: dict[str, tuple[Observed, ...]] = {}
    for container in containers:
        if container.kind is kind:
            grouped[container.bot_id] = (*grouped.get(container.bot_id, ()), container)
    return grouped


def _ours(containers: tuple[Observed, ...]) -> Observed | None:
    return next((container for container in containers if container.installation is not None), None)


def _runs(containers: tuple[Observed, ...]) -> bool:
    ours = _ours(containers)
    return ours is not None and ours.status is Status.RUNNING


def _theirs(containers: tuple[Observed, ...]) -> tuple[Observed, ...]:
    return tuple(container for container in containers if container.installation is None)


def _mark(containers: tuple[Observed, ...]) -> int:
    return hash(tuple((container.container_id, container.status) for container in containers))
