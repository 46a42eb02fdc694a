"""`MongoScheduleStore`: schedules and their runs in MongoDB, the platform's database `bot_scheduler`."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bson.int64 import Int64

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import NEXT, Basis, ScheduleAnswer, answer
from the0_actors.actors.ports.store import NO_MARKS, Installation, Listing, Marks
from the0_actors.adapters.mongo.failures import bounded
from the0_actors.adapters.mongo.identity import Identity
from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.shapes import ScheduleShape, standing
from the0_actors.adapters.mongo.slots import Slots
from the0_actors.adapters.mongo.store import MongoDesiredState
from the0_actors.adapters.mongo.tables import Tables

DATABASE: Final = "bot_scheduler"
COLLECTION: Final = "bot_schedules"


def schedule_settings(settings: MongoSettings) -> MongoSettings:
    """Return the same server's settings for the platform's database of schedules."""
    return replace(settings, database=DATABASE, collection=COLLECTION)


class MongoScheduleStore(MongoDesiredState):
    """A `ScheduleStore`. `wall` tells Unix seconds: what a new or edited schedule is due after.

    `owner` names the database and collection of bots on the same server: containers of both kinds belong to the
    installation that stands there. Without it, this database's own marker names the installation.
    """

    def __init__(
        self, settings: MongoSettings, wall: Callable[[], float] = time.time, owner: MongoSettings | None = None
    ) -> None:
        super().__init__(settings, ScheduleShape(wall))
        bots = None if owner is None else Tables(self._client, owner.database, owner.collection)
        self._owner = None if bots is None else Identity(bots)
        self._slots = Slots(self._tables, self._identity)

    def installation(self, engine: str, found: Marks = NO_MARKS) -> Installation:
        """See `DesiredState.installation`."""
        installation = super().installation(engine, found)
        with bounded(self._listing_deadline):
            self._slots.make_indexes()
        if self._owner is None:
            return installation
        with bounded(self._deadline):
            return self._owner.installation(engine, found.owner)

    def marks(self) -> Marks:
        """See `DesiredState.marks`: the owner stands in the database of bots."""
        own = super().marks()
        if self._owner is None:
            return own
        with bounded(self._deadline):
            return replace(own, owner=self._owner.read())

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """See `DesiredState.adopt`. This database's own marker, where it has one, stays as it is."""
        if self._owner is None:
            return super().adopt(installation, engine, instead_of)
        with bounded(self._deadline):
            adopted = self._owner.adopt(installation, engine, instead_of)
        return self.installation(engine) if adopted.id == installation else adopted

    def list(self) -> Listing:
        """See `ScheduleStore`."""
        with bounded(self._deadline):
            unsettled = self._slots.unsettled()
        listing = super().list()  # looks at the marker last
        return replace(listing, digests={**dict.fromkeys(unsettled, b""), **listing.digests})

    def read(self, bot_id: str) -> ScheduleAnswer:
        """See `ScheduleStore.read`."""
        return self.read_all([bot_id])[bot_id]

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, ScheduleAnswer]:
        """See `DesiredState.read_all`."""
        return self._read_all(bot_ids, answer)

    def advance(self, bot_id: str, basis: Basis, due: int | None) -> bool:
        """See `ScheduleStore.advance`. Told twice, it is true twice."""
        update = {"$unset": {NEXT: ""}} if due is None else {"$set": {NEXT: Int64(due)}}
        with bounded(self._deadline), self._identity.ours():
            bots = self._tables.bots
            for stored in (basis, replace(basis, next=due)):
                if bots.update_one({"id": bot_id, **standing(stored)}, update).matched_count:
                    return True
        return False

    def claim(self, bot_id: str, due: int, holder: str, now: float) -> RunRecord | None:
        """See `ScheduleStore.claim`."""
        with bounded(self._deadline), self._identity.proven():
            return self._slots.claim(bot_id, due, holder, now)

    def open_run(self, bot_id: str) -> RunRecord | None:
        """See `ScheduleStore.open_run`."""
        with bounded(self._deadline):
            return self._slots.open_run(bot_id)

    def settle(self, record: RunRecord) -> None:
        """See `ScheduleStore.settle`."""
        with bounded(self._deadline), self._identity.ours():
            self._slots.settle(record)

    def passed(self, bot_id: str, first: int, last: int, count: int, outcome: Outcome, reason: str) -> RunRecord | None:
        """See `ScheduleStore.passed`."""
        with bounded(self._deadline), self._identity.ours():
            return self._slots.passed(bot_id, first, last, count, outcome, reason)

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """See `ScheduleStore.runs`."""
        with bounded(self._deadline):
            return self._slots.latest(bot_id, limit)
