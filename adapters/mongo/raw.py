"""Raw BSON of `bots`: which bot a document is about, and what it says, without decoding more than is needed.

Every poll looks at every document, so finding the id must cost next to nothing; the whole document is decoded only
when its bot reads it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from struct import Struct
from typing import Any, Final, NamedTuple

import bson
from bson.codec_options import CodecOptions, DatetimeConversion, TypeDecoder, TypeRegistry
from bson.decimal128 import Decimal128
from bson.errors import BSONError
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument

from the0_actors.actors.domain.documents import LONGEST_ID, id_problem
from the0_actors.actors.errors import MalformedDocument


class Entry(NamedTuple):
    """What is known of a document without decoding it."""

    rank: tuple[bool, bytes]
    """Orders duplicates: the greater one is newer."""
    bot_id: str
    """Empty when the document has no usable id."""
    key: str
    """`_id` as text."""
    problem: str
    """Why there is no usable id, or empty."""


class _ObjectIdText(TypeDecoder):
    """Inside a document an ObjectId is handed to bots as its hex digits, as upstream prints it."""

    @property
    def bson_type(self) -> type[ObjectId]:
        return ObjectId

    def transform_bson(self, value: ObjectId) -> str:
        return str(value)


class _DecimalNumber(TypeDecoder):
    """A Decimal128 is a number to us and a text to bots, as upstream prints it."""

    @property
    def bson_type(self) -> type[Decimal128]:
        return Decimal128

    def transform_bson(self, value: Decimal128) -> Any:
        return value.to_decimal()


# Bytes that are no UTF-8 survive one by one, so that each prints as one replacement character; dates beyond Python's
# range decode to a type of their own, which the printer refuses for this document alone.
_CODEC: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    type_registry=TypeRegistry([_ObjectIdText(), _DecimalNumber()]),
    unicode_decode_error_handler="surrogateescape",
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    tz_aware=False,
)

RAW_CODEC: Final[CodecOptions[RawBSONDocument]] = CodecOptions(
    document_class=RawBSONDocument, unicode_decode_error_handler="surrogateescape"
)
_OLDEST: Final = (False, b"")

# How a server lays a document out: its size, then `_id`; the platform's upsert puts `id` next.
_LAYOUT: Final = Struct("<i5s12s4si")
_OBJECT_ID: Final = b"\x07_id\x00"
_ID: Final = b"\x02id\x00"
_ORDINARY: Final = 64
"""Bytes up to which an id of letters and digits needs no further look."""
_SMALLEST: Final = 5
"""Bytes of an empty document: a length below it is no length, and must not hold us up."""


def documents(batch: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield id and bytes of each document of a raw batch; the id is empty where only `entry` can tell."""
    start, last = 0, len(batch) - _LAYOUT.size
    while start <= last:
        size, key, _, member, length = _LAYOUT.unpack_from(batch, start)
        end = start + max(size, _SMALLEST)
        bot_id = ""
        if key == _OBJECT_ID and member == _ID and 1 < length < _ORDINARY:
            text = batch[start + _LAYOUT.size : start + _LAYOUT.size + length - 1]
            bot_id = text.decode("ascii") if text.isalnum() else ""
        yield bot_id, batch[start:end]
        start = end
    while start < len(batch):  # what is too short for the layout
        end = start + max(int.from_bytes(batch[start : start + 4], "little"), _SMALLEST)
        yield "", batch[start:end]
        start = end


def entry(raw: bytes) -> Entry:
    """Find the id of any raw document, or say why it has none."""
    try:
        members = RawBSONDocument(raw, RAW_CODEC)
        key, bot_id = members.get("_id"), members.get("id")
    except (BSONError, ValueError) as error:
        return Entry(_OLDEST, "", "unreadable", f"the document cannot be decoded ({type(error).__name__})")
    rank = (True, key.binary) if isinstance(key, ObjectId) else _OLDEST
    problem = id_problem(bot_id)
    return Entry(rank, "" if problem else str(bot_id), str(key)[:LONGEST_ID], problem or "")


def written_id(raw: bytes) -> str:
    """Return the id of any raw document as it stands, usable or not; empty when there is none that is a text."""
    try:
        bot_id = RawBSONDocument(raw, RAW_CODEC).get("id")
    except (BSONError, ValueError):
        return ""
    return bot_id if isinstance(bot_id, str) else ""


def newest(candidates: Iterable[RawBSONDocument]) -> RawBSONDocument | None:
    """Of all documents of one bot return the one that counts: the newest `_id`, among equals the last one."""
    ranked = ((entry(bytes(document.raw)).rank, number, document) for number, document in enumerate(candidates))
    return max(ranked, default=(None, None, None))[2]


def newest_of(candidates: Sequence[bytes]) -> bytes:
    """Do the same with raw documents; there is at least one."""
    return max((entry(raw).rank, number, raw) for number, raw in enumerate(candidates))[2]


def readable(document: RawBSONDocument) -> Mapping[str, Any]:
    """Decode what is there; what cannot be is about to be written over."""
    try:
        return decode(bytes(document.raw))
    except MalformedDocument:
        return {}


def decode(raw: bytes) -> Mapping[str, Any]:
    """Decode a whole document to plain values. Raises `MalformedDocument` when the bytes are no document."""
    try:
        return bson.decode(raw, _CODEC)
    except (BSONError, ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedDocument(f"the stored document cannot be decoded ({type(error).__name__})") from error
