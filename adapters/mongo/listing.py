"""One pass over the raw bytes of all documents: a digest for each, and nothing decoded that need not be."""

from hashlib import blake2b
from sys import intern

from the0_actors.actors.ports.store import Listing
from the0_actors.adapters.mongo.identity import Answer, Identity, union
from the0_actors.adapters.mongo.raw import documents, entry, newest
from the0_actors.adapters.mongo.tables import BATCH, HOLDS, Tables


def read_listing(tables: Tables, identity: Identity) -> Listing:
    """Read all documents once, then tombstones and holds, and the marker last.

    In this order, so that a bot deleted meanwhile is left out. The scan goes in the collection's own order, in which
    a document that is rewritten meanwhile is still seen exactly once.
    """
    digests: dict[str, bytes] = {}
    quarantined: dict[str, str] = {}
    doubled: set[str] = set()
    for batch in tables.bots.find_raw_batches({}, batch_size=BATCH):
        _take(batch, digests, quarantined, doubled)
    for bot_id in doubled:
        counts = newest(tables.raw_bots.find({"id": bot_id}))
        digests[bot_id] = b"" if counts is None else _digest(bytes(counts.raw))
    beside: list[Answer] = [
        {"$match": {"deleted": True}},
        {"$project": {"_id": 1}},
        union(HOLDS, {}, "hold"),
        identity.stage,
    ]
    holds: dict[str, str] = {}
    for found in identity.checked(tables.positions.aggregate(beside, batchSize=BATCH)):
        if (hold := found.get("hold")) is None:
            digests.pop(found["_id"], None)
        else:
            holds[hold["_id"]] = str(hold.get("reason"))
    for bot_id in holds.keys() & digests.keys():
        digests[bot_id] = _digest(digests[bot_id] + holds[bot_id].encode())
    return Listing(digests, quarantined, tuple(sorted(doubled & digests.keys())))


def buried(tables: Tables, age: float) -> tuple[str, ...]:
    """Return whose tombstone is that many seconds old, the oldest first, unless there is a document (again)."""
    # As numbers, since servers differ in how a stored date compares with `$$NOW`.
    old = {"$lte": [{"$toLong": "$buried_at"}, {"$subtract": [{"$toLong": "$$NOW"}, round(age * 1000)]}]}
    graves = {"deleted": True, "forgotten": {"$exists": False}, "buried_at": {"$exists": True}, "$expr": old}
    found = [grave["_id"] for grave in tables.positions.find(graves, {"_id": 1}).sort("buried_at")]
    present = {document["id"] for document in tables.bots.find({"id": {"$in": found}}, {"_id": 0, "id": 1})}
    return tuple(bot_id for bot_id in found if bot_id not in present)


def _take(batch: bytes, digests: dict[str, bytes], quarantined: dict[str, str], doubled: set[str]) -> None:
    for ordinary, raw in documents(batch):
        bot_id = ordinary
        if not bot_id:
            _, bot_id, key, problem = entry(raw)
            if problem:
                quarantined[key] = problem
                continue
        if bot_id in digests:
            doubled.add(bot_id)
        # Interned: the next listing, and every actor, share one string per id instead of holding their own.
        digests[intern(bot_id)] = _digest(raw)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
