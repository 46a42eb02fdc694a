"""Fleet: who exists.

It holds the gate (nothing is started or stopped before the first complete read of both sides), makes and retires the
bots' actors, lets them go in waves (`waves`), passes hints on, and answers those that are to stop although no event
said so (`mass_stop`). It never decides what a bot does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from the0_actors.actors.adoption import Adoption
from the0_actors.actors.bot import messages as bot
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.engine_view import EngineView, Group, ours_of
from the0_actors.actors.fleet_status import FleetStatus
from the0_actors.actors.following import Following
from the0_actors.actors.holds import Holds
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.mass_stop import MassStopRules
from the0_actors.actors.messages import (
    ActiveMoved,
    Beat,
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
from the0_actors.actors.throttle import Bounds
from the0_actors.actors.waves import BEAT, Waves

AT_REST: Final = frozenset({Phase.IDLE})
"""Phases without a container."""


@dataclass(frozen=True, slots=True)
class Crew:
    """How Fleet has bots' actors made and ended."""

    start: Callable[[str], Handle]
    """Have an actor for a bot id; idempotent."""
    stop: Callable[[str], None]
    present: Callable[[], Iterable[Handle]] = tuple
    """Return the handles of actors that there are already: of the Fleet before this one."""


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
        bounds: Bounds,
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
        self._listed = DocumentsListed(0.0, {}, {}, ())
        self._documents = False
        """The documents were listed since we became active."""
        self._engine = EngineView(kind)
        self._active = False
        self._open = False
        self._draining = False
        self._adoption = Adoption()
        self._pending: set[str] = set()
        self._new: set[str] = set()
        """Bots whose actor is the first that they have, and has not been told yet what there is."""
        self._outlived: set[str] = set()
        """Bots whose actors were there when the gate opened: they are to say where they are."""
        self._waves = Waves(bounds, self._now, partial(self._wake, Beat()))
        self._desk = StopDesk(rules, self._now, partial(self._wake, Tick()), self._allow_stop)
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
        answer = handler(self, message)
        if self._open:
            for bot_id, many in self._waves.all() if self._draining else self._waves.next():
                self._show(bot_id, many=many)
        return answer

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
            self._adoption.forget()
            self._new.clear()
            self._waves.forget()
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
        self._outlived.update(self._bots)
        self._waves.expect(self._bots.keys() | digests.keys() | ours)
        for bot_id in self._bots:
            self._waves.ask(bot_id)
        adopted = (digests.keys() | ours) - self._bots.keys()
        self._adoption.begin(adopted)
        for bot_id in sorted(adopted):
            self._ensure(bot_id)
        for bot_id in sorted(self._pending):
            self._hint_document(bot_id)
        self._pending.clear()

    # documents

    def _documents_listed(self, message: DocumentsListed) -> None:
        if not self._active:
            return
        before = self._listed.digests
        self._listed = message
        changed = [bot_id for bot_id, digest in message.digests.items() if before.get(bot_id) != digest]
        vanished = (before.keys() - message.digests.keys()) & self._bots.keys()
        self._desk.listed(message.digests, vanished)
        self._documents = True
        if self._open:
            self._waves.expect(message.digests.keys() - self._bots.keys())
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
            self._waves.hurry(bot_id)
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
        if not self._open:
            self._adoption.listed(by_bot)
        else:
            self._adoption.outdated()
            unowned = engine.ours - self._bots.keys()
            # Of several it is told at each listing: an actor that was restarted has not heard of them.
            several = {bot_id for bot_id, group in by_bot.items() if len(ours_of(group)) > 1}
            for bot_id in sorted(moved | self._contradicted() | unowned | several):
                self._container_moved(bot_id, by_bot.get(bot_id, ()))
        self._try_open()

    def _contradicted(self) -> set[str]:
        """Return the bots that say they run and do not, or the reverse: what lost events did not tell."""
        running = self._engine.running
        going = ((bot_id, phase) for bot_id, phase in self._phases.items() if not self._waves.waits(bot_id))
        return {bot_id for bot_id, phase in going if (phase is Phase.RUNNING) != (bot_id in running)}

    def _container_moved(self, bot_id: str, listed: Group) -> None:
        handle = self._bots.get(bot_id)
        if handle is None:
            if bot_id in self._engine.ours:
                self._ensure(bot_id)
            return
        for container in self._engine.predecessors.get(bot_id, ()):
            handle.tell(bot.PredecessorFound(container))
        handle.tell(bot.ContainersSeen(tuple((one.container_id, one.status) for one in ours_of(listed))))

    def _container_changed(self, message: ContainerChanged) -> None:
        self._engine.told(message.bot_id)
        if self._active and (not self._open or message.bot_id in self._adoption):
            self._adoption.stir(message.bot_id)
        handle = self._bots.get(message.bot_id)
        if handle is not None:
            self._waves.hurry(message.bot_id)
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
            # Its actor outlived the Fleet before this one: it asks nobody, and nobody told it what changed meanwhile.
            # What it did since the listing began is not in that.
            handle.tell(bot.DocumentHint())
            self._adoption.stir(bot_id)
            self._outlived.add(bot_id)
            self._waves.ask(bot_id)
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
        handle = self._bots.get(message.bot_id)
        self._outlived.discard(message.bot_id)
        if handle is None or not self._open:
            return
        self._waves.ask(message.bot_id)
        if self._draining:
            handle.tell(self._drain_message())

    def _show(self, bot_id: str, *, many: bool) -> None:
        """Let a bot go: tell it what there is of it."""
        handle = self._bots[bot_id]
        if not handle.alive:
            self._waves.leave(bot_id)  # its successor will ask
            return
        ours = self._adoption.tell(bot_id)
        if ours is None and bot_id in self._new and self._engine.has_none(bot_id, self._following.watch):
            ours = ()
        self._new.discard(bot_id)
        handle.tell(bot.Seen(ours or (), ours is not None, self._engine.predecessors.get(bot_id, ()), many))
        if bot_id in self._outlived:
            self._outlived.discard(bot_id)
            handle.tell(bot.GateMoved(open=True))

    def _bot_moved(self, message: BotMoved) -> None:
        if message.bot_id in self._bots:
            self._move(message.bot_id, message.phase)
            self._waves.moved(message.bot_id, message.phase)
            if message.phase in {Phase.IDLE, Phase.STOPPING}:
                self._desk.listed((message.bot_id,), frozenset())  # it will not ask

    def _bot_retired(self, message: BotRetired) -> None:
        self._desk.asked(message.bot_id, asking=False)
        self._waves.leave(message.bot_id)
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
        if self._waves.waiting:  # they may want to ask too, and whether it is a mass is not known before
            self._wake(Tick(), BEAT)
            return
        self._desk.settle(bot_id for bot_id, phase in self._phases.items() if phase not in self._nothing_to_lose)

    def _allow_stop(self, bot_id: str) -> None:
        if bot_id in self._bots:
            self._bots[bot_id].tell(bot.StopAllowed())

    def _now(self) -> float:
        return self.system.clock.monotonic()

    def _wake(self, message: object, seconds: float) -> Timer:
        return self.system.after(seconds, self.handle, message)

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
            self._waves.hurry(message.bot_id)
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
        Beat: lambda self, _message: self._waves.beat(),
        OperatorCommand: _command,
        StateTooLarge: _too_large,
        DrainFleet: _drain,
        Completed: _hold_written,
    }
