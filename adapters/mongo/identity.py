"""The marker that says which installation this database belongs to. P06: without it an empty answer means nothing.

Where a call reads other things too, the look at the marker goes with it, as its last stage (`Identity.stage`): one
call instead of two.
"""

import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pymongo import ReturnDocument

from the0_actors.actors.errors import OtherDatabase
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.mongo.tables import RUNTIME, Tables, upsert

_MARKER: Final = "installation"
_SEEN: Final = "marker"
"""The member of an answer that holds the marker."""
Answer = Mapping[str, Any]


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
        if present is None and not instead_of:
            self._mark(engine, installation)
        elif present is not None and present.id in {instead_of, installation}:
            given_up = sorted({*present.given_up, present.id} - {installation})
            wanted = {"id": installation, "engine": engine, "given_up": given_up}
            self._tables.runtime.update_one({"_id": _MARKER, "id": present.id}, {"$set": wanted})
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

    @property
    def stage(self) -> dict[str, Any]:
        """The last stage of a call whose answers go through `checked`, or through `known` when it comes before a write.

        A stage reads when the ones before it have answered all.
        """
        return union(RUNTIME, {"_id": _MARKER}, _SEEN)

    def checked(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """Yield what a call with `stage` answered, without the marker. Raises at the end, as `check` does.

        No server promises an order. But it sends what it has read: when the marker comes last, all else was read
        before. Where it does not, it is looked at by a call of its own.
        """
        last: Answer = {}
        for answer in answers:
            if last and _SEEN not in last:
                yield last
            last = answer
        if _SEEN in last:
            _expect(last[_SEEN], self._known)
            return
        self.check()
        if last:
            yield last

    def known(self, answers: Iterable[Answer]) -> list[Answer]:
        """Return the same, unless the installation is not known yet: then nothing is looked at."""
        if self._known is not None:
            return list(self.checked(answers))
        return [answer for answer in answers if _SEEN not in answer]

    @contextmanager
    def ours(self) -> Generator[None]:
        """Give what is done inside only a meaning when the marker stands there after it, and touch no other's database.

        Before the installation is known, nothing is looked at.
        """
        if self._known is not None:
            self.check()
        with self.proven():
            yield

    @contextmanager
    def proven(self) -> Generator[None]:
        """Do the same where what is done inside begins with a call through `known`: that is the look before it."""
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


def union(collection: str, wanted: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the stage that adds documents of another collection to the answers, each as a member `name`.

    Some servers look through that whole collection: it is to be one of few documents.
    """
    stages = [{"$match": wanted}, {"$replaceWith": {name: "$$ROOT"}}]
    return {"$unionWith": {"coll": collection, "pipeline": stages}}


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
