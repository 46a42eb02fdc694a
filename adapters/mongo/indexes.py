"""Indexes. The platform makes none; ours make look-ups quick, duplicates impossible, and tombstones finite.

None of them is needed to be right, so a server that refuses one is logged and lived with.
"""

from typing import Any, Final

import structlog
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

from the0_actors.adapters.mongo.tables import Tables

TOMBSTONE_SECONDS: Final = 90 * 24 * 3600
"""How long a finished tombstone stays: far beyond the platform's stream (7 days), so that nothing old comes after."""

_UNIQUE: Final = "the0_actors_id"
_PLAIN: Final = "the0_actors_id_not_unique"
_NOT_FOUND: Final = 27

_log = structlog.get_logger(__name__)


class Indexes:
    """Makes the indexes once; the unique one as soon as there are no duplicates."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._settled = False

    def make(self) -> None:
        """Make what can be made now. Called at the first contact."""
        attempt_index(self._tables.bots, "segment_id", name="the0_actors_segment")
        attempt_index(
            self._tables.positions, "buried_at", name="the0_actors_expiry", expireAfterSeconds=TOMBSTONE_SECONDS
        )
        # Every bot has a position and few are tombstones: without it each listing would look at all of them.
        attempt_index(self._tables.positions, "deleted", name="the0_actors_tombstones", sparse=True)
        self.make_unique()

    def make_unique(self) -> None:
        """Make `bots.id` unique. Duplicates leave it indexed but not unique, until a listing shows none."""
        if self._settled:
            return
        try:
            self._settled = attempt_index(self._tables.bots, "id", name=_UNIQUE, unique=True)
        except DuplicateKeyError:
            _log.warning("ids_not_unique", collection=self._tables.bots.name)
            attempt_index(self._tables.bots, "id", name=_PLAIN)
        else:
            self._settled = True  # made, or refused for a reason that asking again will not change
            self._drop_plain()

    def _drop_plain(self) -> None:
        try:
            self._tables.bots.drop_index(_PLAIN)
        except OperationFailure as error:
            if error.code != _NOT_FOUND:
                _log.info("index_not_dropped", name=_PLAIN, code=error.code)


def attempt_index(collection: Collection[Any], member: str | list[tuple[str, int]], **options: Any) -> bool:
    """Make an index; False when the server refuses. Raises `DuplicateKeyError`."""
    try:
        collection.create_index(member, **options)
    except DuplicateKeyError:
        raise
    except OperationFailure as error:
        _log.warning("index_not_made", collection=collection.name, name=options["name"], code=error.code)
        return False
    return True
