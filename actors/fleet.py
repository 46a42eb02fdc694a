"""Fleet: who exists.

It holds the gate (nothing is started or stopped before the first complete read of both sides), makes and retires the
bots' actors, passes hints on, and answers those that are to stop although no event said so (`mass_stop`). It never
decides what a bot does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from the0_actors.actors.bot import messages as bot
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.engine_view import EngineView, Group, ours_of
from the0_actors.actors.following import Following
from the0_actors.actors.holds import Holds
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.mass_stop import MassStopRules
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
    StateTooLarge,
    StopAsked,
    StopsConfirmed,
    Tick,
)
from the0_actors.actors.ports.engine import Happening
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.stop_desk import StopDesk

AT_REST: Final = frozenset({Phase.IDLE})
"""Phases without a container."""


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """What Fleet tells about itself."""

    open: bool
    bots: int
    phases: Mapping[Phase, int]
    quarantined: Mapping[str, str]
    duplicates: tuple[str, ...]
    alarms: tuple[str, ...]
    held: tuple[str, ...]
    """Bots that are to stop, and run on until time or an operator confirms it."""
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
class _Listed:
    """What the last listing of documents said."""

    digests: Mapping[str, bytes]
    quarantined: Mapping[str, str]
    duplicates: tuple[str, ...]


class Fleet(Actor):
    """One per runtime. `status()` may be called from any thread."""

    ahead = True

    def __init__(
        self,
        crew: Crew,
        holds: Holds,
        rules: MassStopRules,
        drained: Callable[[], None],
        ask: tuple[tuple[Handle, object], ...],
        relist: Callable[[], object],
        following: Following,
        *,
        kind: Kind = Kind.REALTIME,
        drain: Callable[[], object] = bot.Drain,
    ) -> None:
        """Keep the parts. `kind`: whose containers concern it; `drain` makes what its actors are told at the end."""
        super().__init__()
        self._drain_message = drain
        self._ask = ask
        self._relist = relist
        self._following = following
        self._crew = crew
        self._holds = holds
        self._drained = drained
        self._bots: dict[str, Handle] = {}
        self._phases: dict[str, Phase] = {}
        self._listed = _Listed({}, {}, ())
        self._documents = False
        """The documents were listed since we became active."""
        self._engine = EngineView(kind)
        self._active = False
        self._open = False
        self._draining = False
        self._adoption: dict[str, Group] = {}
        self._adopting: set[str] = set()
        self._stirred: set[str] = set()
        """Bots whose container moved after the listing that they are to be adopted from: they look for themselves."""
        self._pending: set[str] = set()
        self._new: set[str] = set()
        """Bots whose actor is the first that they have, and has not come up yet."""
        self._desk = StopDesk(rules, self._now, self._wake_desk, self._allow_stop)
        # What an idle schedule loses is its next run; a bot at rest loses nothing.
        self._nothing_to_lose = AT_REST if kind is Kind.REALTIME else frozenset[Phase]()
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
            quarantined=self._listed.quarantined,
            duplicates=self._listed.duplicates,
            alarms=tuple(alarm for alarm in (self._desk.alarm, self._holds.failure) if alarm),
            held=self._desk.held,
            not_at_rest=self._restless,
            listed_at=self._engine.listed_at,
        )

    # the gate

    def _active_moved(self, message: ActiveMoved) -> None:
        self._active = message.active
        if not message.active:
            self._open = False
            self._documents = False
            self._stirred.clear()
            self._engine.forget()
            self._desk.forget()
            self._tell_all(bot.GateMoved(open=False))

    def _try_open(self) -> None:
        """Open the gate once both sides were read whole since we became active."""
        if self._open or not (self._active and self._documents and self._engine.whole):
            return
        self._open = True
        digests, ours = self._listed.digests, self._engine.ours
        self._desk.listed((), ours - digests.keys())
        self._tell_all(bot.GateMoved(open=True))
        for bot_id, handle in self._bots.items():
            # An actor that came up while the gate was closed has not heard of them.
            handle.tell(bot.Seen((), known=False, predecessors=self._engine.predecessors.get(bot_id, ())))
        self._adopting = (digests.keys() | ours) - self._bots.keys()
        for bot_id in sorted(self._adopting):
            self._ensure(bot_id)
        for bot_id in sorted(self._pending):
            self._hint_document(bot_id)
        self._pending.clear()

    # documents

    def _documents_listed(self, message: DocumentsListed) -> None:
        if not self._active:
            return
        before = self._listed.digests
        self._listed = _Listed(message.digests, message.quarantined, message.duplicates)
        changed = [bot_id for bot_id, digest in message.digests.items() if before.get(bot_id) != digest]
        vanished = (before.keys() - message.digests.keys()) & self._bots.keys()
        self._desk.listed(message.digests, vanished)
        self._documents = True
        if self._open:
            for bot_id in (*changed, *sorted(vanished)):
                self._hint_document(bot_id)
        elif self._bots:
            self._pending.update(changed, vanished)
        self._try_open()

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
        engine = self._engine
        by_bot, moved = engine.take(message.containers, message.began, message.watch)
        if not engine.whole and not engine.agrees(frozenset(by_bot)):
            self._relist()
            return
        engine.whole = True
        self._adoption = {} if self._open else by_bot
        if self._open:
            self._adopting.clear()
            unowned = engine.ours - self._bots.keys()
            # Of several it is told at each listing: an actor that was restarted has not heard of them.
            several = {bot_id for bot_id, group in by_bot.items() if len(ours_of(group)) > 1}
            for bot_id in sorted(moved | self._contradicted() | unowned | several):
                self._container_moved(bot_id, by_bot.get(bot_id, ()))
        self._try_open()

    def _contradicted(self) -> set[str]:
        """Return the bots that say they run and do not, or the reverse: what lost events did not tell."""
        running = self._engine.running
        return {bot_id for bot_id, phase in self._phases.items() if (phase is Phase.RUNNING) != (bot_id in running)}

    def _container_moved(self, bot_id: str, listed: Group) -> None:
        handle = self._bots.get(bot_id)
        if handle is None:
            if bot_id in self._engine.ours:
                self._ensure(bot_id)
            return
        for container in self._engine.predecessors.get(bot_id, ()):
            handle.tell(bot.PredecessorFound(container))
        handle.tell(bot.ContainersSeen(frozenset((one.container_id, one.status) for one in ours_of(listed))))

    def _container_changed(self, message: ContainerChanged) -> None:
        self._engine.told(message.bot_id)
        if self._active and (not self._open or message.bot_id in self._adopting):
            self._stirred.add(message.bot_id)
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            container_id, happening = message.container_id, message.happening
            short = happening is Happening.SHORT_OF_MEMORY
            handle.tell(bot.ShortOfMemory(container_id) if short else bot.ContainerHint(container_id, happening))

    # bots

    def _ensure(self, bot_id: str) -> None:
        if bot_id in self._bots or self._draining:
            return
        self._move(bot_id, Phase.UNKNOWN)
        handle = self._bots[bot_id] = self._crew.start(bot_id)
        if self._open and handle.alive:
            # Its actor outlived the Fleet before this one, and asks nobody.
            handle.tell(bot.GateMoved(open=True))
            handle.tell(bot.Seen((), known=False, predecessors=self._engine.predecessors.get(bot_id, ())))
        else:
            self._new.add(bot_id)

    def _move(self, bot_id: str, phase: Phase | None) -> None:
        before = self._phases.pop(bot_id, None)
        self._restless -= before is not None and before not in AT_REST
        if phase is not None:
            self._phases[bot_id] = phase
            self._restless += phase not in AT_REST
        if self._draining and self._restless == 0:
            self._drained()

    def _bot_up(self, message: BotUp) -> None:
        self._desk.asked(message.bot_id, asking=False)  # what its predecessor asked; it asks itself if there is need
        first = message.bot_id in self._new
        self._new.discard(message.bot_id)
        handle = self._bots.get(message.bot_id)
        if handle is None or not self._open:
            return
        known = message.bot_id in self._adopting and message.bot_id not in self._stirred
        known = known or (first and self._engine.has_none(message.bot_id, self._following.watch))
        self._stirred.discard(message.bot_id)
        self._adopting.discard(message.bot_id)
        ours = ours_of(self._adoption.pop(message.bot_id, ())) if known else ()
        handle.tell(bot.Seen(ours, known, self._engine.predecessors.get(message.bot_id, ())))
        if self._draining:
            handle.tell(self._drain_message())

    def _bot_moved(self, message: BotMoved) -> None:
        if message.bot_id in self._bots:
            self._move(message.bot_id, message.phase)
            if message.phase in {Phase.IDLE, Phase.STOPPING}:
                self._desk.listed((message.bot_id,), frozenset())  # it will not ask

    def _bot_retired(self, message: BotRetired) -> None:
        self._desk.asked(message.bot_id, asking=False)
        if self._bots.pop(message.bot_id, None) is not None:
            self._move(message.bot_id, None)
            self._crew.stop(message.bot_id)

    # stops that no event announced

    def _stop_asked(self, message: StopAsked) -> None:
        if self._open:  # else it asks again when the gate opens
            self._desk.asked(message.bot_id, asking=message.asking)

    def _stops_confirmed(self, message: StopsConfirmed) -> None:
        self._desk.confirm(message.bots)

    def _settle_stops(self, _message: Tick) -> None:
        self._desk.settle(bot_id for bot_id, phase in self._phases.items() if phase not in self._nothing_to_lose)

    def _allow_stop(self, bot_id: str) -> None:
        if (handle := self._bots.get(bot_id)) is not None:
            handle.tell(bot.StopAllowed())

    def _now(self) -> float:
        return self.system.clock.monotonic()

    def _wake_desk(self, seconds: float) -> Timer:
        return self.system.after(seconds, self.handle, Tick())

    # operators

    def _command(self, message: OperatorCommand) -> None:
        if not self._holds.write(message, self.handle):
            self._commanded(message)

    def _hold_written(self, done: Completed) -> None:
        if (message := self._holds.written(done)) is not None:
            self._commanded(message)

    def _commanded(self, message: OperatorCommand) -> None:
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            handle.tell(bot.Commanded(message.command))

    def _too_large(self, message: StateTooLarge) -> None:
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            handle.tell(bot.TooLarge(message.reason))

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
        StopAsked: _stop_asked,
        StopsConfirmed: _stops_confirmed,
        Tick: _settle_stops,
        OperatorCommand: _command,
        StateTooLarge: _too_large,
        DrainFleet: _drain,
        Completed: _hold_written,
    }
