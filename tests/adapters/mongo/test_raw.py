"""Finding ids in raw bytes, and decoding what a server should not hold but may."""

from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st
from tests.parts.documents import BOT, document

from the0_actors.actors.domain.answers import Malformed, Wanted
from the0_actors.actors.domain.documents import answer, id_problem
from the0_actors.actors.errors import MalformedDocument
from the0_actors.adapters.mongo.raw import decode, documents, entry, newest, newest_of, written_id

VALUES = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text() | st.binary()


@given(st.lists(st.tuples(VALUES | st.builds(ObjectId), VALUES, st.booleans())))
def test_the_quick_look_agrees_with_a_whole_decode(given_documents: list[tuple[Any, Any, bool]]) -> None:
    raws = [
        bson.encode({"_id": key, **({"id": bot_id} if first else {"x": 1, "id": bot_id})})
        for key, bot_id, first in given_documents
    ]
    found = list(documents(b"".join(raws)))
    assert [raw for _, raw in found] == raws
    for quick, raw in found:
        bot_id = bson.decode(raw)["id"]
        problem = id_problem(bot_id)
        one = entry(raw)
        assert (one.bot_id, one.problem) == (("", problem) if problem else (bot_id, ""))
        assert quick in {"", one.bot_id}


def test_the_newest_counts_and_what_has_no_text_for_an_id_is_nobodys() -> None:
    old, new = (bson.encode({"_id": ObjectId(f"{n:024x}"), "id": "a\nb", "n": n}) for n in (1, 2))
    assert newest_of([new, old]) == newest_of([old, new]) == new
    assert newest_of([old]) == old
    assert newest([RawBSONDocument(new), RawBSONDocument(old)]) == RawBSONDocument(new)
    assert newest([]) is None
    assert written_id(new) == "a\nb"
    assert [written_id(bson.encode({"id": value})) for value in (None, 5, ["a"], {"a": 1})] == [""] * 4
    assert written_id(b"\x05\x00\x00\x00\x07") == written_id(b"") == ""


def test_an_ordinary_document_needs_only_the_quick_look() -> None:
    raw = bson.encode({"_id": ObjectId(), **document()})
    assert list(documents(raw * 3)) == [(BOT, raw)] * 3


def test_the_greatest_object_id_is_the_newest_and_beats_any_other_key() -> None:
    keys = [ObjectId("b" * 24), "zzz", ObjectId("a" * 24), 5]
    candidates = [RawBSONDocument(bson.encode({"_id": key, "id": "x"})) for key in keys]
    chosen = newest(candidates)
    assert chosen is not None
    assert chosen["_id"] == keys[0]
    other = newest(candidates[1::2])
    assert other is not None
    assert other["_id"] == 5
    assert newest([]) is None


def test_bytes_that_are_no_utf8_print_one_replacement_each() -> None:
    raw = bson.encode({**document(v="ab~~cd")}).replace(b"ab~~cd", b"ab\xe2\x82cd")
    found = answer(decode(raw))
    assert isinstance(found, Wanted)
    assert '"v":"ab\\ufffd\\ufffdcd"' in found.spec.config_json


@pytest.mark.parametrize("layout", [{}, {"x": 1}])
def test_p55_an_id_that_is_no_utf8_is_quarantined(layout: dict[str, int]) -> None:
    raw = bson.encode({"_id": ObjectId("a" * 24), **layout, "id": "ab~~cd"}).replace(b"ab~~cd", b"ab\xe2\x82cd")
    assert entry(raw).problem == "id has characters that cannot be printed"
    assert entry(raw).key == "a" * 24


@pytest.mark.parametrize("raw", [b"", b"\x05\0\0\0", b"\x10\0\0\0\x07_id\0abc", b"\xff" * 12])
def test_p55_bytes_that_are_no_document_hold_nobody_up(raw: bytes) -> None:
    assert all(entry(found).problem for _, found in documents(raw))
    with pytest.raises(MalformedDocument, match="cannot be decoded"):
        decode(raw)


def test_p55_a_date_beyond_the_calendar_is_malformed() -> None:
    found = answer(decode(bson.encode(document(v=DatetimeMS(2**60)))))
    assert isinstance(found, Malformed)
    assert "DatetimeMS" in found.reason
