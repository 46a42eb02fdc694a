"""What BSON can hold and JSON cannot, through a real server."""

from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp
from tests.parts.documents import BOT, document
from tests.parts.mongo import Databases

from the0_actors.actors.domain.answers import Disabled, DocumentAnswer, Malformed, Wanted

pytestmark = pytest.mark.mongo


def answer(databases: Databases, stored: dict[str, Any]) -> DocumentAnswer:
    databases.database["bots"].insert_one(stored)
    store = databases.store()
    store.installation("engine")
    return store.read(BOT)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Int64(2**63 - 1), "9223372036854775807"),
        (7, "7"),
        (100.0, "100"),
        (ObjectId("6b05286d27c84dd5eafc9122"), '"6b05286d27c84dd5eafc9122"'),
        (Decimal128("1.50"), '"1.50"'),
        (datetime(2026, 1, 2, 10, 0, 0, 120000, tzinfo=UTC), '"2026-01-02T10:00:00.12Z"'),
        ([None, True, {"b": 1.0, "a": []}], '[null,true,{"a":[],"b":1}]'),
    ],
    ids=["int64", "int32", "double", "object id", "decimal", "date", "nested"],
)
def test_values_print_as_upstream_prints_them(databases: Databases, value: Any, printed: str) -> None:
    found = answer(databases, {"id": BOT, "config": {"v": value}, "custom": document()["custom"]})
    assert isinstance(found, Wanted)
    assert found.spec.config_json == f'{{"v":{printed}}}'


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), b"bytes", Regex("a"), Timestamp(1, 1), bson.MinKey()],
    ids=["nan", "infinity", "binary", "regex", "timestamp", "min key"],
)
def test_p55_values_without_a_json_form_are_malformed(databases: Databases, value: Any) -> None:
    found = answer(databases, document(v=value))
    assert isinstance(found, Malformed)
    assert found.reason.startswith("config cannot be handed to the bot: ")


def test_a_decimal_zero_disables(databases: Databases) -> None:
    assert answer(databases, document(enabled=Decimal128("0.00"))) == Disabled()
