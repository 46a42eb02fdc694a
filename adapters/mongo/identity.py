"""The marker that says which installation this database belongs to. P06: without it an empty answer means nothing."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from the0_actors.actors.errors import OtherDatabase
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.mongo.tables import Tables, upsert

_MARKER: Final = "installation"


class Identity:
    """Makes the marker once, remembers it, and notices when it is gone or another one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: str | None = None
        self._peeked_at_none = False

    def installation(self, engine: str) -> Installation:
        """Read or make the marker. See `BotStore.installation`."""
        if self._known is not None:
            self.check()  # a database that was emptied under us is not to be adopted as a new one
        marker = self._mark(engine)
        self._known = marker["id"]
        self._peeked_at_none = False
        return Installation(id=marker["id"], engine=marker["engine"])

    def peek(self) -> Installation | None:
        """Read the marker without making it."""
        marker = self._tables.runtime.find_one({"_id": _MARKER})
        self._peeked_at_none = marker is None
        return None if marker is None else Installation(id=marker["id"], engine=marker["engine"])

    def check(self) -> None:
        """Raise `Unavailable` unless the marker is there, and the one that was seen first, or `peek` found none."""
        marker = self._tables.runtime.find_one({"_id": _MARKER})
        if marker is None and self._peeked_at_none:
            return
        if marker is None:
            raise OtherDatabase("the installation marker is gone: the database was emptied or is another one")
        if self._known not in {None, marker["id"]}:
            raise OtherDatabase(f"the installation marker is {marker['id']}, not {self._known}")

    @contextmanager
    def ours(self) -> Generator[None]:
        """Give what is done inside only a meaning when the marker stands there after it, and touch no other's database.

        Before the installation is known, nothing is looked at.
        """
        if self._known is not None:
            self.check()
        yield
        if self._known is not None:
            self.check()

    def _mark(self, engine: str) -> dict[str, Any]:
        # One atomic update: what is there stays, what is missing is set.
        recorded = {"$ifNull": ["$engine", ""]}
        members = {
            "id": {"$ifNull": ["$id", secrets.token_hex(6)]},
            "engine": {"$cond": [{"$eq": [recorded, ""]}, {"$literal": engine}, recorded]},
            "made_at": {"$ifNull": ["$made_at", "$$NOW"]},
        }
        return upsert(self._tables.runtime, _MARKER, [{"$set": members}])
