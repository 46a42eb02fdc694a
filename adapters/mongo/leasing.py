"""The lease: who may write desired state. One document, changed atomically, timed by the server's clock alone."""

from typing import Final

from the0_actors.actors.ports.store import Lease
from the0_actors.adapters.mongo.tables import Tables, upsert

_LEASE: Final = "lease"
_NOW: Final = {"$toLong": "$$NOW"}
"""The server's time in milliseconds. A number, since servers differ in how a stored date compares with `$$NOW`."""


class Leasing:
    """Takes, renews and gives back the lease; while it is somebody else's, asks whether the database is there."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def take(self, holder: str, host: str, term: float, steal_from: str | None) -> Lease:
        """Take the lease if it is free, expired, ours or `steal_from`'s; tell who has it. `term` in seconds."""
        expired = {"$lte": [{"$ifNull": ["$until", 0]}, _NOW]}
        ours = [holder] if steal_from is None else [holder, steal_from]
        open_to_us = {"$or": [{"$in": ["$holder", {"$literal": ours}]}, expired]}
        until = {"$add": [_NOW, round(term * 1000)]}
        wanted = {"holder": {"$literal": holder}, "host": {"$literal": host}, "until": until}
        members = {name: {"$cond": [open_to_us, value, f"${name}"]} for name, value in wanted.items()}
        lease = upsert(self._tables.runtime, _LEASE, [{"$set": members}])
        return Lease(holder=lease["holder"], mine=lease["holder"] == holder, host=lease["host"])

    def ping(self) -> None:
        """Ask for something. It reads, since a mere ping is answered without credentials too."""
        self._tables.runtime.find_one({}, {"_id": 1})

    def release(self, holder: str) -> None:
        """Give it back, if it is ours."""
        self._tables.runtime.delete_one({"_id": _LEASE, "holder": holder})
