"""The record of runs: collection `the0_actors_slots`. P09, P23.

A slot's key is its due time and its schedule, so that claiming is one insert that only one of many can make. A row of
slots that passed is one document under the key of its first. Settled documents expire; an open claim never does, since
forgetting one could let its slot run again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bson.int64 import Int64
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.adapters.mongo.identity import Answer, Identity
from the0_actors.adapters.mongo.indexes import attempt_index
from the0_actors.adapters.mongo.tables import Tables

KEPT_SECONDS: Final = 30 * 24 * 3600
"""How long a settled record stays: far beyond the window in which a late run can happen."""


class Slots:
    """Claims, settles and lists. Raises what the driver raises."""

    def __init__(self, tables: Tables, identity: Identity) -> None:
        self._slots = tables.slots
        self._identity = identity

    def make_indexes(self) -> None:
        """Make the indexes; none is needed to be right."""
        attempt_index(self._slots, [("schedule", 1), ("due", 1)], name="the0_actors_slots")
        attempt_index(self._slots, [("row", 1), ("last", 1)], name="the0_actors_rows")
        attempt_index(self._slots, "open", name="the0_actors_open", sparse=True)
        attempt_index(self._slots, "settled_at", name="the0_actors_expiry", expireAfterSeconds=KEPT_SECONDS)

    def claim(self, bot_id: str, due: int, holder: str, now: float) -> RunRecord | None:
        """See `ScheduleStore.claim`. The first call looks at the marker, too; whoever calls looks when it is done."""
        rows = self._known({"row": bot_id, "last": {"$gte": due}}, {"last": ASCENDING}, 1)
        if rows and rows[0]["due"] <= due:
            return _record(rows[0])
        claim = {
            "_id": _key(bot_id, due),
            "schedule": bot_id,
            "due": Int64(due),
            "outcome": Outcome.OPEN.value,
            "open": True,
            "holder": holder,
            "claimed_at": _date(now),
        }
        try:
            self._slots.insert_one(claim)
        except DuplicateKeyError:
            found = self._slots.find_one({"_id": claim["_id"]})
            # Ours when the answer to our insert was lost; one that expired in between was somebody else's.
            ours = found is not None and found["outcome"] == Outcome.OPEN and found.get("holder") == holder
            return None if ours else _record(found or {**claim, "holder": "", "outcome": Outcome.LOST.value})
        return None

    def open_run(self, bot_id: str) -> RunRecord | None:
        """See `ScheduleStore.open_run`."""
        found = self._known({"open": True, "schedule": bot_id}, {"due": ASCENDING}, 1)
        return _record(found[0]) if found else None

    def unsettled(self) -> tuple[str, ...]:
        """Return the schedules with a claim that nobody settled."""
        return tuple(sorted(self._slots.distinct("schedule", {"open": True})))

    def settle(self, record: RunRecord) -> None:
        """See `ScheduleStore.settle`."""
        ended = {
            "outcome": record.outcome.value,
            "started_at": _date(record.started_at),
            "finished_at": _date(record.finished_at),
            "exit_code": record.exit_code,
            "reason": record.reason,
            "log_tail": record.log_tail,
            "result": record.result,
        }
        key = {"_id": _key(record.bot_id, record.due), "outcome": Outcome.OPEN.value}
        update = {"$set": ended, "$unset": {"open": ""}, "$currentDate": {"settled_at": True}}
        self._slots.update_one(key, update)

    def passed(self, bot_id: str, first: int, last: int, count: int, outcome: Outcome, reason: str) -> RunRecord | None:
        """See `ScheduleStore.passed`."""
        row = {
            "schedule": bot_id,
            "row": bot_id,
            "due": Int64(first),
            "last": Int64(last),
            "count": count,
            "outcome": outcome.value,
            "reason": reason,
        }
        key = {"_id": _key(bot_id, first)}
        update = {"$set": row, "$currentDate": {"settled_at": True}}
        try:
            self._slots.update_one({**key, "last": {"$lte": last}}, update, upsert=True)
        except DuplicateKeyError:
            # A row that is longer already, or a slot that ran after all: what stands there is right.
            found = self._slots.find_one(key)
            return None if found is None else _record(found)
        return None

    def latest(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """See `ScheduleStore.runs`."""
        found = self._known({"schedule": bot_id}, {"due": DESCENDING}, limit)
        return tuple(_record(document) for document in found)

    def _known(self, wanted: Mapping[str, Any], order: Mapping[str, int], limit: int) -> list[Mapping[str, Any]]:
        """Find documents, with the look at the marker in the same call."""
        stages: list[Answer] = [{"$match": wanted}, {"$sort": order}, {"$limit": limit}, self._identity.stage]
        return self._identity.known(self._slots.aggregate(stages, batchSize=limit + 2))


def _key(bot_id: str, due: int) -> str:
    return f"{due}:{bot_id}"


def _date(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(value: Any) -> float | None:
    return value.replace(tzinfo=UTC).timestamp() if isinstance(value, datetime) else None


def _record(document: Mapping[str, Any]) -> RunRecord:
    return RunRecord(
        bot_id=document["schedule"],
        due=int(document["due"]),
        outcome=Outcome(document["outcome"]),
        holder=document.get("holder", ""),
        claimed_at=_seconds(document.get("claimed_at")),
        started_at=_seconds(document.get("started_at")),
        finished_at=_seconds(document.get("finished_at")),
        exit_code=document.get("exit_code"),
        reason=document.get("reason", ""),
        log_tail=document.get("log_tail", ""),
        result=document.get("result", ""),
        last=None if document.get("last") is None else int(document["last"]),
        count=int(document.get("count", 1)),
    )
