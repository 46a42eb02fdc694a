"""The marker that says which installation this database belongs to. P06: without it an empty answer means nothing."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pymongo import ReturnDocument

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

    def installation(self, engine: str, found: Installation | None = None) -> Installation:
        """Read the marker, or make it where none was known or found. See `BotStore.installation`."""
        known = self._known or (found.id if found else None)
        return self._be(self._mark(engine, secrets.token_hex(6)) if known is None else self._marked(engine, known))

    def read(self) -> Installation | None:
        """Read the marker, whatever was known before."""
        marker = self._tables.runtime.find_one({"_id": _MARKER})
        return None if marker is None else _installation(marker)

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """Make the marker anew. See `BotStore.adopt`."""
        present = self.read()
        wanted = {"id": installation, "engine": engine}
        if present is None and not instead_of:
            self._mark(engine, installation)
        elif present is not None and present.id in {instead_of, installation}:
            given_up = sorted({*present.given_up, present.id} - {installation})
            self._tables.runtime.update_one(
                {"_id": _MARKER, "id": present.id}, {"$set": {**wanted, "given_up": given_up}}
            )
        marker = _expect(self._tables.runtime.find_one({"_id": _MARKER}), None)
        return self._be(marker) if marker["id"] == installation else _installation(marker)

    def peek(self) -> Installation | None:
        """Read the marker without making it."""
        found = self.read()
        self._peeked_at_none = found is None
        return found

    def _be(self, marker: Mapping[str, Any]) -> Installation:
        self._known = marker["id"]
        self._peeked_at_none = False
        return _installation(marker)

    def check(self) -> None:
        """Raise `Unavailable` unless the marker is there, and the one that was seen first, or `peek` found none."""
        marker = self._tables.runtime.find_one({"_id": _MARKER})
        if marker is None and self._peeked_at_none:
            return
        _expect(marker, self._known)

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

    def _mark(self, engine: str, installation: str) -> dict[str, Any]:
        return upsert(self._tables.runtime, _MARKER, _members(engine, installation))

    def _marked(self, engine: str, installation: str) -> Mapping[str, Any]:
        """Record the engine in the marker that stands there, and make none: an emptied database is not a new one."""
        marker = {"_id": _MARKER, "id": installation}
        present = self._tables.runtime.find_one_and_update(
            marker, _members(engine, installation), return_document=ReturnDocument.AFTER
        )
        return _expect(present or self._tables.runtime.find_one({"_id": _MARKER}), installation)


def _members(engine: str, installation: str) -> list[dict[str, Any]]:
    """Return one atomic update: what is there stays, what is missing is set."""
    recorded = {"$ifNull": ["$engine", ""]}
    members = {
        "id": {"$ifNull": ["$id", {"$literal": installation}]},
        "engine": {"$cond": [{"$eq": [recorded, ""]}, {"$literal": engine}, recorded]},
        "made_at": {"$ifNull": ["$made_at", "$$NOW"]},
    }
    return [{"$set": members}]


def _expect(marker: Mapping[str, Any] | None, installation: str | None) -> Mapping[str, Any]:
    """Return the marker. Raises `OtherDatabase` where there is none, or another one than was known, if any was."""
    if marker is None:
        raise OtherDatabase("the installation marker is gone: the database was emptied or is another one")
    if installation not in {None, marker["id"]}:
        raise OtherDatabase(f"the installation marker is {marker['id']}, not {installation}")
    return marker


def _installation(marker: Mapping[str, Any]) -> Installation:
    return Installation(id=marker["id"], engine=marker["engine"], given_up=tuple(marker.get("given_up", ())))
