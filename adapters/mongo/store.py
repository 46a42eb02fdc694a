"""The desired state in MongoDB: what bots and schedules have in common, and `MongoBotStore`.

It joins the parts of this folder and translates their failures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from the0_actors.actors.domain.answers import Deleted, Disabled, DocumentAnswer, Held, Malformed
from the0_actors.actors.domain.documents import answer
from the0_actors.actors.domain.events import Applied, BotEvent, Position
from the0_actors.actors.domain.launch import name_in
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.ports.engine import Subscription
from the0_actors.actors.ports.store import NO_MARKS, Installation, Lease, Listing, Marks
from the0_actors.adapters.mongo.failures import bounded
from the0_actors.adapters.mongo.identity import Identity
from the0_actors.adapters.mongo.indexes import Indexes
from the0_actors.adapters.mongo.leasing import Leasing
from the0_actors.adapters.mongo.listing import buried, read_listing
from the0_actors.adapters.mongo.raw import decode
from the0_actors.adapters.mongo.reading import Reader, Standing
from the0_actors.adapters.mongo.settings import MongoSettings, connect
from the0_actors.adapters.mongo.shapes import BotShape, Shape
from the0_actors.adapters.mongo.stream import follow
from the0_actors.adapters.mongo.tables import PIECE, Tables
from the0_actors.adapters.mongo.writer import EventWriter

A = TypeVar("A")
Wants = Callable[[Mapping[str, Any]], A]
"""What a document says that is there, can be decoded, and is not held."""
Resting = Disabled | Deleted | Held | Malformed
"""What an answer may be, whatever the kind of bot."""


class MongoDesiredState:
    """A `DesiredState` over MongoDB 5.0 or newer, alone or as a replica set. Any number of threads may share it.

    Making one touches no network; the first call connects. Raises `InvalidSetting` for an unusable connection string.
    """

    def __init__(self, settings: MongoSettings, shape: Shape) -> None:
        self._client = connect(settings)
        self._deadline = settings.deadline
        self._first_deadline = settings.first_deadline
        self._listing_deadline = settings.listing_deadline
        self._tables = Tables(self._client, settings.database, settings.collection)
        self._identity = Identity(self._tables)
        self._reader = Reader(self._tables, self._identity)
        self._listed = 0
        """How many documents the last listing saw."""
        self._indexes = Indexes(self._tables)
        # No renewal waits behind the reads of a storm: not for a connection, nor for what hinders theirs.
        self._apart = connect(settings, apart=True)
        self._leasing = Leasing(Tables(self._apart, settings.database, settings.collection))
        self._writer = EventWriter(self._tables, shape, self._identity)

    def installation(self, engine: str, found: Marks = NO_MARKS) -> Installation:
        """See `DesiredState.installation`. The first contact also makes the indexes."""
        with bounded(self._first_deadline):
            _ = self._client.is_primary
        with bounded(self._deadline):
            installation = self._identity.installation(engine, found.own)
        with bounded(self._listing_deadline):
            self._indexes.make()
        return installation

    def marks(self) -> Marks:
        """See `DesiredState.marks`."""
        with bounded(self._first_deadline):
            _ = self._client.is_primary
        with bounded(self._deadline):
            owner = self._identity.read()
        return Marks(owner, owner)

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """See `DesiredState.adopt`."""
        with bounded(self._deadline):
            adopted = self._identity.adopt(installation, engine, instead_of)
        with bounded(self._listing_deadline):
            self._indexes.make()
        return adopted

    def peek(self) -> Installation | None:
        """See `DesiredState.peek`."""
        with bounded(self._deadline):
            return self._identity.peek()

    def list(self) -> Listing:
        """See `DesiredState.list`.

        The marker is looked at first, so that an outage is told soon, and last, since what a database that was
        emptied meanwhile answers means nothing.
        """
        with bounded(self._deadline):
            self._identity.check()
        with bounded(self._listing_deadline):
            listing = read_listing(self._tables, self._identity)
            if not listing.duplicates and not listing.quarantined:
                self._indexes.make_unique()
        self._listed = len(listing.digests)
        return listing

    def _read_all(self, bot_ids: Sequence[str], answer: Wants[A]) -> dict[str, A | Resting]:
        """Read documents and have `answer` say what each wants."""
        if not bot_ids:
            return {}
        with bounded(self._deadline if len(bot_ids) <= PIECE else self._listing_deadline):
            standing = self._reader.read(bot_ids, self._listed)
        return {bot_id: _answer(found, answer) for bot_id, found in standing.items()}

    def apply(self, event: BotEvent, position: Position | None) -> Applied:
        """See `DesiredState.apply`. Raises `MalformedDocument` for an event that can never be stored: drop it."""
        with bounded(self._deadline), self._identity.proven():
            return self._writer.apply(event, position)

    def apply_all(self, events: Sequence[tuple[BotEvent, Position | None]]) -> Sequence[Applied | MalformedDocument]:
        """See `DesiredState.apply_all`."""
        with bounded(self._listing_deadline), self._identity.proven():
            return self._writer.apply_all(events)

    def streams(self) -> Mapping[str, int]:
        """See `DesiredState.streams`."""
        highest: list[dict[str, Any]] = [
            {"$match": {"stream": {"$exists": True}}},
            {"$group": {"_id": "$stream", "highest": {"$max": "$sequence"}}},
            self._identity.stage,
        ]
        with bounded(self._deadline):
            found = self._identity.known(self._tables.positions.aggregate(highest))
        return {str(one["_id"]): int(one["highest"]) for one in found}

    def buried(self, age: float) -> tuple[str, ...]:
        """See `DesiredState.buried`. The marker is looked at last: the graves of another installation are not ours."""
        with bounded(self._listing_deadline):
            found = buried(self._tables, age)
            self._identity.check()
        return found

    def forgotten(self, bot_id: str) -> None:
        """See `DesiredState.forgotten`."""
        with bounded(self._deadline), self._identity.ours():
            self._tables.positions.update_one({"_id": bot_id, "deleted": True}, {"$set": {"forgotten": True}})

    def hold(self, bot_id: str, reason: str) -> None:
        """See `DesiredState.hold`."""
        held = {"$set": {"reason": reason}, "$currentDate": {"since": True}}
        with bounded(self._deadline), self._identity.ours():
            self._tables.holds.update_one({"_id": bot_id}, held, upsert=True)

    def unhold(self, bot_id: str) -> None:
        """See `DesiredState.unhold`."""
        with bounded(self._deadline), self._identity.ours():
            self._tables.holds.delete_one({"_id": bot_id})

    def lease(self, holder: str, host: str, term: float, *, steal_from: str | None = None) -> Lease:
        """See `DesiredState.lease`."""
        with bounded(self._deadline):
            return self._leasing.take(holder, host, term, steal_from)

    def release(self, holder: str) -> None:
        """See `DesiredState.release`."""
        with bounded(self._deadline):
            self._leasing.release(holder)

    def watch(self, changed: Callable[[str], None], ended: Callable[[str], None]) -> Subscription | None:
        """See `DesiredState.watch`."""
        with bounded(self._deadline):
            return follow(self._tables, changed, ended)

    def ping(self) -> None:
        """See `DesiredState.ping`."""
        with bounded(self._deadline):
            self._leasing.ping()

    def close(self) -> None:
        """Give the connections back. Later calls raise `Unavailable`."""
        self._client.close()
        self._apart.close()


class MongoBotStore(MongoDesiredState):
    """A `BotStore`: the database `bot_runner`."""

    def __init__(self, settings: MongoSettings) -> None:
        super().__init__(settings, BotShape())

    def read(self, bot_id: str) -> DocumentAnswer:
        """See `BotStore.read`."""
        return self.read_all([bot_id])[bot_id]

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, DocumentAnswer]:
        """See `DesiredState.read_all`."""
        return self._read_all(bot_ids, answer)


def _answer(found: Standing, answer: Wants[A]) -> A | Resting:
    if found.buried or found.document is None:
        return Deleted(buried=found.buried)
    try:
        decoded = decode(found.document)
    except MalformedDocument as error:
        return Malformed(str(error)) if found.hold is None else Held(found.hold)
    if found.hold is not None:
        return Held(found.hold, name_in(decoded.get("config")))
    wanted = answer(decoded)
    return replace(wanted, announced=found.disabled) if isinstance(wanted, Disabled) else wanted
