"""Events become documents with exactly the platform's fields and types."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parts.documents import BOT, created, custom

from the0_actors.actors.domain.documents import parse_bot
from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.domain.stored import MAX_DEPTH, changes_for, document_for
from the0_actors.actors.errors import MalformedDocument

NAMES = st.text().filter(lambda name: "\0" not in name)
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def event(config: Any = None, /, **changes: Any) -> BotEvent:
    return BotEvent(Action.CREATED, BOT, config, {**custom(), **changes})


def test_the_whole_document() -> None:
    stored = document_for(created(amount=100), 7)
    assert stored == {"id": BOT, "segment_id": 7, "config": {"name": "btc", "amount": 100.0}, "custom": custom()}
    assert isinstance(stored["config"]["amount"], float)
    assert "enabled" not in stored


def test_unknown_members_of_custom_are_dropped_and_missing_ones_filled() -> None:
    found = changes_for(event(more=1, config={"name": "sma", "hasFrontend": True}))["custom"]
    assert set(found) == {"version", "filePath", "createdAt", "updatedAt", "config"}
    assert found["config"] == {
        "name": "sma",
        "description": "",
        "version": "",
        "author": "",
        "type": "",
        "entrypoints": None,
        "schema": None,
        "readme": "",
        "metadata": None,
    }


def test_numbers_are_doubles_at_every_depth_and_flags_stay() -> None:
    stored = changes_for(event({"a": [{"b": 1}, True, 2]}, config={"schema": {"min": 0}, "metadata": {"n": [1]}}))
    assert repr(stored["config"]) == "{'a': [{'b': 1.0}, True, 2.0]}"
    assert repr(stored["custom"]["config"]["schema"]) == "{'min': 0.0}"
    assert repr(stored["custom"]["config"]["metadata"]) == "{'n': [1.0]}"


def test_lone_surrogates_become_replacement_characters() -> None:
    assert changes_for(event({"k\ud800": "v\udfff"}))["config"] == {"k\ufffd": "v\ufffd"}


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (BotEvent(Action.CREATED, "", {}, custom()), "id"),
        (BotEvent(Action.UPDATED, BOT, {}, None), "custom"),
        (event(createdAt=5), "custom.createdAt"),
        (event(config=5), "custom.config"),
        (event(config={"entrypoints": {"bot": 5}}), "custom.config.entrypoints.bot"),
        (event(config={"schema": []}), "custom.config.schema"),
        (event({"a": 10**400}), "config"),
        (event({"a": float("nan")}), "config"),
        (event({"a": b"x"}), "config"),
        (event({"a\0": 1}), "config"),
    ],
)
def test_what_cannot_be_stored_names_its_field(bad: BotEvent, field: str) -> None:
    with pytest.raises(MalformedDocument, match=rf"^{field} "):
        document_for(bad, 1)


def test_depth_is_bounded() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    with pytest.raises(MalformedDocument, match="nested deeper"):
        changes_for(event({"a": deep}))


@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_whatever_was_stored_can_be_read(config: dict[str, Any]) -> None:
    stored = document_for(event(config), 1)
    assert parse_bot(stored).spec.config_json == parse_bot({**stored, "config": stored["config"]}).spec.config_json
    assert changes_for(BotEvent(Action.UPDATED, BOT, stored["config"], stored["custom"]))["config"] == stored["config"]
