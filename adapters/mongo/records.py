"""What stands beside a bot in `the0_actors_positions`: how far its events were applied, and what the last one said."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bson.raw_bson import RawBSONDocument

from the0_actors.actors.domain.documents import is_enabled
from the0_actors.actors.domain.events import Action, Applied, BotEvent, Position
from the0_actors.adapters.mongo.identity import Identity
from the0_actors.adapters.mongo.tables import Tables


class Records:
    """Reads records. Raises what the driver raises."""

    def __init__(self, tables: Tables, identity: Identity) -> None:
        self._tables = tables
        self._identity = identity

    def of(self, bot_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the records of some hundred bots at most, once the installation is known with a look at the marker.

        Nothing is written before it by whoever asks for these, so nothing is written into another's database.
        """
        wanted = bot_ids[0] if len(bot_ids) == 1 else {"$in": list(bot_ids)}
        stages = [{"$match": {"_id": wanted}}, self._identity.stage]
        found = self._identity.known(self._tables.positions.aggregate(stages, batchSize=len(bot_ids) + 2))
        return {record["_id"]: record for record in found}


def fields(position: Position | None) -> dict[str, Any]:
    """Return how a position is stored; over core NATS there is none."""
    return {} if position is None else {"stream": position.stream, "sequence": position.sequence}


def announced(event: BotEvent, position: Position | None, *, changed: bool) -> dict[str, Any]:
    """Return what a `created` or `updated` event leaves in the record."""
    if position is None and event.action is Action.CREATED and not changed:
        return {}  # late: an update overtook it
    return {**fields(position), "disabled": not is_enabled({"config": event.config})}


def heard(position: Position | None, record: Mapping[str, Any]) -> Applied | None:
    """Tell whether this event, or a later one of the same stream, was written before."""
    if position is None or "stream" not in record:
        return None
    written = Position(record["stream"], record["sequence"])
    if position == written:
        return Applied.UNCHANGED
    return Applied.STALE if position.before(written) else None


def segments_of(documents: Iterable[RawBSONDocument]) -> list[int]:
    """Return the segments that documents say they are in."""
    found = (document.get("segment_id") for document in documents)
    return [segment for segment in found if isinstance(segment, int) and not isinstance(segment, bool)]
