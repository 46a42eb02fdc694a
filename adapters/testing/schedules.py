"""A fake database of schedules: documents and records in memory, on the lease, holds and faults of `StoreWorld`.

It keeps whole documents and reads them with the same parser as the real one, so that due times are computed alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import NEXT, Basis, ScheduleAnswer, answer, basis_of
from the0_actors.actors.domain.stored import document_for
from the0_actors.actors.domain.stored_schedules import first_due, schedule_change, schedule_members
from the0_actors.actors.errors import MalformedDocument, Unavailable
from the0_actors.actors.ports.store import NO_MARKS, Installation, Lease, Listing, Marks
from the0_actors.adapters.testing.store import FakeStore, FakeStream, StoreWorld, apply_each, note_switch, standing

Key = tuple[str, int]


@dataclass
class ScheduleWorld(StoreWorld):
    """The database server."""

    schedules: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    slots: dict[str, dict[int, RunRecord]] = field(default_factory=dict[str, dict[int, RunRecord]])
    """By schedule, then by first due time: one schedule's calls look at its own records, as over an index."""
    lost_answers: Callable[[str], bool] = lambda _operation: False
    """Asked after each write: true loses the answer, not the write."""

    def _kept(self) -> tuple[str, ...]:
        return (*super()._kept(), "schedules", "slots")

    @property
    def records(self) -> dict[Key, RunRecord]:
        """Return all records, by schedule and first due time."""
        return {(bot_id, due): record for bot_id, own in self.slots.items() for due, record in own.items()}

    def records_of(self, bot_id: str) -> tuple[RunRecord, ...]:
        """Return the records of one schedule."""
        return tuple(self.slots.get(bot_id, {}).values())

    def changed(self, bot_id: str) -> None:
        """Tell the change streams."""
        for stream in tuple(self.streams):
            stream.changed(bot_id)


class FakeScheduleStore:
    """One runtime's client of the database."""

    def __init__(self, world: ScheduleWorld) -> None:
        self._world = world
        self._common = FakeStore(world)
        self._dropped = False

    def drop(self) -> None:
        """Lose all of its streams, and open no more, as when its process is killed: writes end with its connection."""
        self._common.drop()
        self._dropped = True

    def installation(self, engine: str, found: Marks = NO_MARKS) -> Installation:
        """Make or read the installation."""
        return self._common.installation(engine, found)

    def marks(self) -> Marks:
        """Read whose it is."""
        return self._common.marks()

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """Make the marker anew."""
        return self._common.adopt(installation, engine, instead_of)

    def peek(self) -> Installation | None:
        """Read the installation."""
        return self._common.peek()

    def hold(self, bot_id: str, reason: str) -> None:
        """Hold it."""
        self._common.hold(bot_id, reason)

    def unhold(self, bot_id: str) -> None:
        """Undo it."""
        self._common.unhold(bot_id)

    def release(self, holder: str) -> None:
        """Give the lease back."""
        self._common.release(holder)

    def apply_all(self, events: Sequence[tuple[BotEvent, Position | None]]) -> Sequence[Applied | MalformedDocument]:
        """Write events of different bots, deletions first."""
        return apply_each(self.apply, events)

    def streams(self) -> Mapping[str, int]:
        """Say how far the events were read."""
        return self._common.streams()

    def buried(self, age: float) -> tuple[str, ...]:
        """Say who was deleted long ago."""
        return self._common.buried(age)

    def forgotten(self, bot_id: str) -> None:
        """Remember that nothing is kept of it."""
        self._common.forgotten(bot_id)

    def ping(self) -> None:
        """Answer."""
        self._common.ping()

    def lease(self, holder: str, host: str, term: float, *, steal_from: str | None = None) -> Lease:
        """Take or renew."""
        return self._common.lease(holder, host, term, steal_from=steal_from)

    def watch(self, changed: Callable[[str], None], ended: Callable[[str], None]) -> FakeStream | None:
        """Follow changes."""
        return self._common.watch(changed, ended)

    def list(self) -> Listing:
        """Read all."""
        self._common.list()
        world = self._world
        left = sorted(world.slots.keys() - world.schedules.keys())
        digests = {bot_id: b"" for bot_id in left if self.open_run(bot_id) is not None}
        digests |= {
            bot_id: _digest((document, world.holds.get(bot_id))) for bot_id, document in world.schedules.items()
        }
        return Listing(digests, {}, ())

    def read(self, bot_id: str) -> ScheduleAnswer:
        """Read one."""
        return self.read_all([bot_id])[bot_id]

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, ScheduleAnswer]:
        """Read many at one moment; the real one may take a while over it."""
        world = self._check("read")
        self._common.ours(world)
        documents = {bot_id: world.schedules.get(bot_id) for bot_id in bot_ids}
        return {
            bot_id: standing(world, bot_id, None if document is None else answer(document))
            for bot_id, document in documents.items()
        }

    def apply(self, event: BotEvent, position: Position | None) -> Applied:
        """Write one event."""
        world = self._check("apply")
        heard = self._heard(event, position)
        if event.action is Action.DELETED:
            new = event.bot_id not in world.tombstones
            world.tombstones.setdefault(event.bot_id, world.clock.monotonic())
            world.schedules.pop(event.bot_id, None)
            world.changed(event.bot_id)
            return Applied.WRITTEN if new else Applied.UNCHANGED
        if event.bot_id in world.tombstones:
            return Applied.BURIED
        if heard is not None:
            return heard
        present = world.schedules.get(event.bot_id)
        if present is not None and event.action is Action.CREATED and position is None:
            return Applied.UNCHANGED
        note_switch(world, event)
        after = self._new(event) if present is None else self._changed(event, present)
        if position is not None:
            world.positions[event.bot_id] = (position.stream, position.sequence)
        if after == present:
            return Applied.UNCHANGED
        world.schedules[event.bot_id] = after
        world.changed(event.bot_id)
        return Applied.WRITTEN

    def _heard(self, event: BotEvent, position: Position | None) -> Applied | None:
        stream, sequence = self._world.positions.get(event.bot_id, ("", 0))
        if position is None or stream != position.stream or position.sequence > sequence:
            return None
        return Applied.UNCHANGED if position.sequence == sequence else Applied.STALE

    def advance(self, bot_id: str, basis: Basis, due: int | None) -> bool:
        """Write the next due time."""
        world = self._check("advance")
        present = world.schedules.get(bot_id)
        if present is None or basis_of(present) not in {basis, replace(basis, next=due)}:
            return False
        world.schedules[bot_id] = _due(present, due)
        world.changed(bot_id)
        self._answered("advance")
        return True

    def claim(self, bot_id: str, due: int, holder: str, now: float) -> RunRecord | None:
        """Claim a slot."""
        world = self._check("claim")
        for record in world.records_of(bot_id):
            if record.last is not None and record.due <= due <= record.last:
                return record
        slots = world.slots.setdefault(bot_id, {})
        found = slots.get(due)
        if found is not None:
            return None if found.outcome is Outcome.OPEN and found.holder == holder else found
        slots[due] = RunRecord(bot_id, due, Outcome.OPEN, holder, now)
        self._answered("claim")
        return None

    def open_run(self, bot_id: str) -> RunRecord | None:
        """Find what is open."""
        records = self._check("open_run").records_of(bot_id)
        found = [record for record in records if record.outcome is Outcome.OPEN]
        return min(found, key=lambda record: record.due, default=None)

    def settle(self, record: RunRecord) -> None:
        """Write an end."""
        slots = self._check("settle").slots.setdefault(record.bot_id, {})
        found = slots.get(record.due)
        if found is not None and found.outcome is Outcome.OPEN:
            slots[record.due] = replace(record, holder=found.holder, claimed_at=found.claimed_at)
        self._answered("settle")

    def passed(self, bot_id: str, first: int, last: int, count: int, outcome: Outcome, reason: str) -> RunRecord | None:
        """Record a row."""
        slots = self._check("passed").slots.setdefault(bot_id, {})
        found = slots.get(first)
        free = found is None or (found.last is not None and found.last <= last)
        if free:
            slots[first] = RunRecord(bot_id, first, outcome, reason=reason, last=last, count=count)
        self._answered("passed")
        return None if free else found

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """Return the latest."""
        records = self._check("runs").records_of(bot_id)
        return tuple(sorted(records, key=lambda record: -record.due)[:limit])

    def _check(self, operation: str) -> ScheduleWorld:
        if self._dropped or self._world.down(operation):
            raise Unavailable("mongodb", f"{operation} fails by script")
        self._common.look()
        return self._world

    def _answered(self, operation: str) -> None:
        if self._world.lost_answers(operation):
            raise Unavailable("mongodb", f"the answer to {operation} is lost by script")

    def _new(self, event: BotEvent) -> dict[str, Any]:
        members = schedule_members(event)
        return _due({**document_for(event, 1), **members}, first_due(members, self._world.clock.wall()))

    def _changed(self, event: BotEvent, present: dict[str, Any]) -> dict[str, Any]:
        change = schedule_change(event, present, self._world.clock.wall())
        after = {**present, **change.members}
        return after if change.basis is None else _due(after, change.due)


def _due(document: dict[str, Any], due: int | None) -> dict[str, Any]:
    rest = {name: value for name, value in document.items() if name != NEXT}
    return rest if due is None else {**rest, NEXT: due}


def _digest(content: object) -> bytes:
    return blake2b(repr(content).encode(), digest_size=16).digest()
