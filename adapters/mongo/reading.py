"""Documents for the bots that ask, one or thousands, each with what stands beside it: few calls whatever their number.

Some hundred are asked for by their ids, in pieces, since some servers look through the whole list for each document.
Where a good part of all is wanted, as at a start, all are read in one pass: that costs less than finding each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from the0_actors.adapters.mongo.identity import Answer, Identity, union
from the0_actors.adapters.mongo.raw import documents, newest_of, written_id
from the0_actors.adapters.mongo.tables import BATCH, HOLDS, PIECE, Tables

WORTH: Final = 8
"""Documents that are read in passing cost less than one that is found by its id, up to about so many."""

Filter = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the database for one bot."""

    document: bytes | None = None
    """Of duplicates the newest."""
    buried: bool = False
    disabled: bool = False
    """The last event said so."""
    hold: str | None = None
    """Why it is held; None when it is not."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Filters for some of the bots: by `id` in documents, by `_id` in what is ours."""

    documents: Filter
    positions: Filter
    holds: Filter


_ALL: Final = _Piece({}, {"$or": [{"deleted": True}, {"disabled": True}]}, {})


class Reader:
    """Reads. Raises what the driver raises, and `OtherDatabase`."""

    def __init__(self, tables: Tables, identity: Identity) -> None:
        self._tables = tables
        self._identity = identity

    def read(self, bot_ids: Sequence[str], of: int = 0) -> dict[str, Standing]:
        """Return what stands there for each, all of it read after this began; `of`: about how many there are in all.

        What the last event left is read after the document, since it is written after it, and the marker last.
        """
        found: dict[str, list[bytes]] = {bot_id: [] for bot_id in bot_ids}
        positions: dict[str, Mapping[str, Any]] = {}
        holds: dict[str, str] = {}
        pieces = list(_pieces(bot_ids, of))
        for number, piece in enumerate(pieces, 1):
            self._documents(piece, found)
            for beside in self._beside(piece, last=number == len(pieces)):
                if (hold := beside.get("hold")) is not None:
                    holds[hold["_id"]] = str(hold.get("reason"))
                else:
                    positions[beside["_id"]] = beside
        return {
            bot_id: Standing(
                newest_of(raws) if raws else None,
                bool(positions.get(bot_id, {}).get("deleted")),
                bool(positions.get(bot_id, {}).get("disabled")),
                holds.get(bot_id),
            )
            for bot_id, raws in found.items()
        }

    def _documents(self, piece: _Piece, found: Mapping[str, list[bytes]]) -> None:
        for batch in self._tables.bots.find_raw_batches(piece.documents, batch_size=BATCH):
            for ordinary, raw in documents(batch):
                raws = found.get(ordinary or written_id(raw))
                if raws is not None:
                    raws.append(raw)

    def _beside(self, piece: _Piece, *, last: bool) -> Iterator[Mapping[str, Any]]:
        """Yield positions as they are, and each hold as the member `hold`; `last`: look at the marker too."""
        stages: list[Answer] = [
            {"$match": piece.positions},
            {"$project": {"deleted": 1, "disabled": 1}},
            union(HOLDS, piece.holds, "hold"),
            *([self._identity.stage] if last else []),
        ]
        answers = self._tables.positions.aggregate(stages, batchSize=BATCH)
        yield from self._identity.checked(answers) if last else answers


def _pieces(bot_ids: Sequence[str], of: int) -> Iterator[_Piece]:
    if len(bot_ids) > PIECE and len(bot_ids) * WORTH >= of:
        yield _ALL
        return
    for start in range(0, len(bot_ids), PIECE):
        some = list(bot_ids[start : start + PIECE])
        wanted = some[0] if len(some) == 1 else {"$in": some}
        yield _Piece({"id": wanted}, {"_id": wanted}, {"_id": wanted})
