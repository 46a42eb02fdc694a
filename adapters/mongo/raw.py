"""Raw BSON of `bots`: which bot a document is about, and what it says, without decoding more than is needed.

Every poll looks at every document, so finding the id must cost next to nothing; the whole document is decoded only
when its bot reads it.
"""

from collections.abc import Iterable, Iterator, Mapping
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
    """One document as a listing sees it."""

    rank: tuple[bool, bytes]
    """Orders duplicates: the greater one is newer."""
    bot_id: str
    """Empty when the document has no usable id."""
    key: str
    """`_id` as text, only when there is no usable id."""
    problem: str
    """Why there is no usable id."""
    raw: bytes


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

# How a server lays a document out: `_id` first; the platform's upsert puts `id` next.
_OBJECT_ID: Final = b"\x07_id\x00"
_ID: Final = b"\x02id\x00"
_SMALLEST: Final = 5
"""Bytes of an empty document: a length below it is no length, and must not hold us up."""


def entries(batch: bytes) -> Iterator[Entry]:
    """Yield the documents of one raw batch."""
    start = 0
    while start < len(batch):
        end = start + max(int.from_bytes(batch[start : start + 4], "little"), _SMALLEST)
        yield entry(batch[start:end])
        start = end


def entry(raw: bytes) -> Entry:
    """Find the id of one raw document."""
    if raw[4:9] == _OBJECT_ID and raw[21:25] == _ID:
        size = int.from_bytes(raw[25:29], "little")
        try:
            bot_id = raw[29 : 28 + size].decode()
        except UnicodeDecodeError:
            return _entry_of_any(raw)
        if bot_id.isalnum() and size < 64:  # noqa: PLR2004 - the ordinary id needs no further look
            return Entry((True, raw[9:21]), bot_id, "", "", raw)
    return _entry_of_any(raw)


def newest(documents: Iterable[RawBSONDocument]) -> RawBSONDocument | None:
    """Of all documents of one bot return the one that counts: the newest `_id`, among equals the last one."""
    chosen: tuple[tuple[bool, bytes], RawBSONDocument] | None = None
    for document in documents:
        rank = entry(bytes(document.raw)).rank
        if chosen is None or rank >= chosen[0]:
            chosen = (rank, document)
    return None if chosen is None else chosen[1]


def decode(raw: bytes) -> Mapping[str, Any]:
    """Decode a whole document to plain values. Raises `MalformedDocument` when the bytes are no document."""
    try:
        return bson.decode(raw, _CODEC)
    except (BSONError, ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedDocument(f"the stored document cannot be decoded ({type(error).__name__})") from error


def _entry_of_any(raw: bytes) -> Entry:
    try:
        members = RawBSONDocument(raw, CodecOptions(RawBSONDocument, unicode_decode_error_handler="surrogateescape"))
        key, bot_id = members.get("_id"), members.get("id")
    except (BSONError, ValueError) as error:
        return Entry((False, b""), "", "unreadable", f"the document cannot be decoded ({type(error).__name__})", raw)
    rank = (True, key.binary) if isinstance(key, ObjectId) else (False, b"")
    problem = id_problem(bot_id)
    if problem is None:
        return Entry(rank, str(bot_id), "", "", raw)
    return Entry(rank, "", str(key)[:LONGEST_ID], problem, raw)
