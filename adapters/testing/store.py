"""A fake database: bots' answers in memory, the lease with a clock, and faults on calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Held, Wanted
from the0_actors.actors.domain.documents import is_enabled
from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.errors import MalformedDocument, OtherDatabase, Unavailable
from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.ports.store import NO_MARKS, Installation, Lease, Listing, Marks

FIRST: Final = 0xA1B2C3D4E5F6
"""The first installation that a database makes, as a number; the others follow."""
A = TypeVar("A")


def no_fault(_operation: str) -> bool:
    """Let every call succeed."""
    return False


@dataclass
class StoreWorld:
    """The database server. `down(operation)` is asked before each call."""

    clock: Clock
    down: Callable[[str], bool] = no_fault
    documents: dict[str, DocumentAnswer] = field(default_factory=dict[str, DocumentAnswer])
    holds: dict[str, str] = field(default_factory=dict[str, str])
    tombstones: dict[str, float] = field(default_factory=dict[str, float])
    """When each deleted bot was buried, by the monotonic clock."""
    forgotten: set[str] = field(default_factory=set[str])
    switched_off: set[str] = field(default_factory=set[str])
    """Bots whose last event said that they are not to run."""
    positions: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    applied: list[tuple[BotEvent, Position | None, Applied]] = field(
        default_factory=list[tuple[BotEvent, Position | None, Applied]]
    )
    """Every event that was answered, in the order of the writes."""
    installation: Installation | None = None
    lease_holder: str | None = None
    lease_host: str = ""
    lease_until: float = 0.0
    streams: "list[FakeStream]" = field(default_factory=list)
    offers_stream: bool = True
    made: int = 0
    """How many installations were made in it."""

    def empty(self) -> dict[str, Any]:
        """Drop the database; return all that `restore` takes."""
        kept = {name: getattr(self, name) for name in self._kept()}
        for name, value in kept.items():
            setattr(self, name, None if isinstance(value, Installation) else type(value)())
        self.lease_holder = None
        self.break_streams("the server says dropDatabase")
        return kept

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Have again what `empty` returned, in place of what came since."""
        for name, value in kept.items():
            setattr(self, name, value)
        self.break_streams("the server says drop")

    def break_streams(self, reason: str) -> None:
        """End every change stream."""
        for stream in tuple(self.streams):
            stream.close()
            stream.ended(reason)

    def _kept(self) -> tuple[str, ...]:
        return ("documents", "holds", "tombstones", "forgotten", "positions", "installation")

    def put(self, bot_id: str, answer: DocumentAnswer) -> None:
        """Write a document and tell the change streams."""
        self.documents[bot_id] = answer
        self._tell(bot_id)

    def delete(self, bot_id: str) -> None:
        """Delete a document and tell the change streams."""
        self.documents.pop(bot_id, None)
        self._tell(bot_id)

    def _tell(self, bot_id: str) -> None:
        for stream in tuple(self.streams):
            stream.changed(bot_id)


class FakeStream:
    """One change stream."""

    def __init__(self, world: StoreWorld, changed: Callable[[str], None], ended: Callable[[str], None]) -> None:
        self._world, self.changed, self.ended = world, changed, ended
        world.streams.append(self)

    def close(self) -> None:
        """End it."""
        if self in self._world.streams:
            self._world.streams.remove(self)


class FakeStore:
    """One runtime's client of the database."""

    def __init__(self, world: StoreWorld) -> None:
        self._world = world
        self._known: str | None = None
        self._peeked_at_none = False
        self._opened: list[FakeStream] | None = []
        self.cut = False
        """The network between this client and the database is."""

    def drop(self) -> None:
        """Lose all of its streams, and open no more, as when its process is killed."""
        opened, self._opened = self._opened, None
        for stream in opened or ():
            stream.close()

    def _check(self, operation: str) -> StoreWorld:
        if self.cut or self._world.down(operation):
            raise Unavailable("mongodb", f"{operation} fails by script")
        return self._world

    def installation(self, engine: str, found: Marks = NO_MARKS) -> Installation:
        """Make or read the installation."""
        world = self._check("installation")
        self.look()
        if found.own is not None:
            _expect(world.installation, found.own.id)
        if world.installation is None:
            world.installation = Installation(f"{FIRST + world.made:012x}", engine)
            world.made += 1
        self._known, self._peeked_at_none = world.installation.id, False
        return world.installation

    def ours(self, world: StoreWorld) -> StoreWorld:
        """Return the database. Raises `OtherDatabase` unless its marker is the one that was seen first."""
        if world.installation is not None or not self._peeked_at_none:
            _expect(world.installation, self._known)
        return world

    def look(self) -> None:
        """Look at the marker as `ours` does, once the installation is known."""
        if self._known is not None:
            self.ours(self._world)

    def _known_world(self, operation: str) -> StoreWorld:
        world = self._check(operation)
        self.look()
        return world

    def marks(self) -> Marks:
        """Read whose it is."""
        owner = self._check("marks").installation
        return Marks(owner, owner)

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """Make the marker anew."""
        world = self._check("adopt")
        present = world.installation
        if (present is None and not instead_of) or (present is not None and present.id in {instead_of, installation}):
            before = () if present is None else (*present.given_up, present.id)
            world.installation = Installation(installation, engine, tuple(sorted({*before} - {installation})))
            self._known, self._peeked_at_none = installation, False
        if world.installation is None:
            raise OtherDatabase("the installation marker is gone: the database was emptied or is another one")
        return world.installation

    def peek(self) -> Installation | None:
        """Read the installation."""
        installation = self._check("peek").installation
        self._peeked_at_none = installation is None
        return installation

    def list(self) -> Listing:
        """Read all."""
        world = self.ours(self._check("list"))
        digests = {
            bot_id: repr((answer, world.holds.get(bot_id))).encode() for bot_id, answer in world.documents.items()
        }
        return Listing(digests, {}, ())

    def read(self, bot_id: str) -> DocumentAnswer:
        """Read one."""
        return self.read_all([bot_id])[bot_id]

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, DocumentAnswer]:
        """Read many at one moment; the real one may take a while over it."""
        world = self.ours(self._check("read"))
        return {bot_id: standing(world, bot_id, world.documents.get(bot_id)) for bot_id in bot_ids}

    def apply(self, event: BotEvent, position: Position | None) -> Applied:
        """Write one event."""
        world = self._known_world("apply")
        if event.action is not Action.DELETED and event.custom is None:
            raise MalformedDocument("custom is missing")
        applied = _apply(world, event, position)
        world.applied.append((event, position, applied))
        return applied

    def apply_all(self, events: Sequence[tuple[BotEvent, Position | None]]) -> Sequence[Applied | MalformedDocument]:
        """Write events of different bots, deletions first."""
        return apply_each(self.apply, events)

    def streams(self) -> Mapping[str, int]:
        """Return the highest sequence of each stream."""
        highest: dict[str, int] = {}
        for stream, sequence in self._known_world("streams").positions.values():
            highest[stream] = max(sequence, highest.get(stream, 0))
        return highest

    def buried(self, age: float) -> tuple[str, ...]:
        """Return old graves."""
        world = self.ours(self._check("buried"))
        until = world.clock.monotonic() - age
        left = world.tombstones.keys() - world.documents.keys() - world.forgotten
        return tuple(bot_id for bot_id, when in world.tombstones.items() if bot_id in left and when <= until)

    def forgotten(self, bot_id: str) -> None:
        """Leave it out from now on."""
        self._known_world("forgotten").forgotten.add(bot_id)

    def hold(self, bot_id: str, reason: str) -> None:
        """Hold it."""
        self._known_world("hold").holds[bot_id] = reason

    def unhold(self, bot_id: str) -> None:
        """Undo it."""
        self._known_world("unhold").holds.pop(bot_id, None)

    def lease(self, holder: str, host: str, term: float, *, steal_from: str | None = None) -> Lease:
        """Take or renew."""
        world, now = self._check("lease"), self._world.clock.monotonic()
        free = world.lease_until <= now or world.lease_holder in {None, holder, steal_from}
        if free:
            world.lease_holder, world.lease_host, world.lease_until = holder, host, now + term
        return Lease(world.lease_holder, world.lease_holder == holder, world.lease_host)

    def release(self, holder: str) -> None:
        """Give it back."""
        world = self._check("release")
        if world.lease_holder == holder:
            world.lease_holder, world.lease_until = None, 0.0

    def watch(self, changed: Callable[[str], None], ended: Callable[[str], None]) -> FakeStream | None:
        """Follow changes."""
        world = self._check("watch")
        if not world.offers_stream or self._opened is None:
            return None
        self._opened.append(FakeStream(world, changed, ended))
        return self._opened[-1]

    def ping(self) -> None:
        """Answer."""
        self._check("ping")


def _apply(world: StoreWorld, event: BotEvent, position: Position | None) -> Applied:
    """Write it with the precedence of the real one: deleted is final, no older position of the same stream counts."""
    bot_id = event.bot_id
    if event.action is Action.DELETED:
        buried = bot_id in world.tombstones
        world.tombstones.setdefault(bot_id, world.clock.monotonic())
        world.delete(bot_id)
        return Applied.UNCHANGED if buried else Applied.WRITTEN
    if bot_id in world.tombstones:
        return Applied.BURIED
    if position is not None:
        written = Position(*world.positions.get(bot_id, ("", 0)))
        if written == position:
            return Applied.UNCHANGED
        if position.before(written):
            return Applied.STALE
        world.positions[bot_id] = (position.stream, position.sequence)
    elif event.action is Action.CREATED and bot_id in world.documents:
        return Applied.UNCHANGED
    note_switch(world, event)
    world.put(bot_id, _answer(event))
    return Applied.WRITTEN


def apply_each(
    apply: Callable[[BotEvent, Position | None], Applied], events: Sequence[tuple[BotEvent, Position | None]]
) -> list[Applied | MalformedDocument]:
    """Write one after the other, deletions first; answer in the order of the events."""
    outcomes: dict[int, Applied | MalformedDocument] = {}
    for number, (event, position) in sorted(enumerate(events), key=lambda one: one[1][0].action is not Action.DELETED):
        try:
            outcomes[number] = apply(event, position)
        except MalformedDocument as error:
            outcomes[number] = error
    return [outcomes[number] for number in range(len(events))]


def note_switch(world: StoreWorld, event: BotEvent) -> None:
    """Remember whether the last event said that the bot is not to run."""
    (world.switched_off.discard if is_enabled({"config": event.config}) else world.switched_off.add)(event.bot_id)


def standing(world: StoreWorld, bot_id: str, answer: A | None) -> A | Disabled | Deleted | Held:
    """Return what a read answers, given what the document says, if there is one."""
    if bot_id in world.tombstones:
        return Deleted(buried=True)
    if answer is None:
        return Deleted()
    if bot_id in world.holds:
        return Held(world.holds[bot_id])
    return replace(answer, announced=bot_id in world.switched_off) if isinstance(answer, Disabled) else answer


def _answer(event: BotEvent) -> DocumentAnswer:
    config = dict(event.config or {})
    if config.get("enabled") is False:
        return Disabled()
    return Wanted(spec_of(event.bot_id, version=str((event.custom or {}).get("version", "1"))))


def spec_of(bot_id: str, version: str = "1", *, runtime: str = "python3.11", **more: object) -> LaunchSpec:
    """Return a launch spec for tests."""
    fields: dict[str, object] = {
        "bot_id": bot_id,
        "kind": Kind.REALTIME,
        "runtime": runtime,
        "entrypoint": "main.py",
        "code_key": f"user/bot/{version}",
        "code_version": version,
        "config_json": "{}",
        **more,
    }
    return LaunchSpec(**fields)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def _expect(marker: Installation | None, installation: str | None) -> None:
    if marker is None:
        raise OtherDatabase("the installation marker is gone: the database was emptied or is another one")
    if installation not in {None, marker.id}:
        raise OtherDatabase(f"the installation marker is {marker.id}, not {installation}")
