"""Event payloads, as the platform sends them and as nobody should."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.domain.wire import DEEPEST, SUBJECTS, Refusal, parse_event

CREATED = {
    "id": "k3v9x0q2m1n4",
    "config": {"name": "btc", "type": "realtime/sma", "amount": 100, "Amount": 2.5, "customBotId": "c0ffee"},
    "custom": {
        "config": {
            "name": "sma",
            "version": "1.2.0",
            "type": "realtime",
            "runtime": "python3.11",
            "entrypoints": {"bot": "main.py"},
            "schema": {"bot": {}},
            "hasFrontend": False,
            "metadata": None,
        },
        "createdAt": "2026-01-02T10:00:00.000Z",
        "updatedAt": "2026-01-02T10:00:00.000Z",
        "filePath": "user1/sma/1.2.0",
        "version": "1.2.0",
    },
}


def parsed(document: Any, action: str = "created") -> BotEvent:
    event = parse_event(f"the0.bot.{action}", json.dumps(document).encode())
    assert isinstance(event, BotEvent), event
    return event


def refused(payload: bytes, subject: str = "the0.bot.created") -> str:
    answer = parse_event(subject, payload)
    assert isinstance(answer, Refusal), answer
    return answer.reason


def with_custom(**members: object) -> bytes:
    return json.dumps({**CREATED, "custom": {**CREATED["custom"], **members}}).encode()  # type: ignore[dict-item]


def test_the_subjects_are_the_platforms() -> None:
    assert SUBJECTS == ("the0.bot.created", "the0.bot.updated", "the0.bot.deleted")


def test_a_flat_event_is_read_whole() -> None:
    event = parsed(CREATED)
    assert (event.action, event.bot_id) == (Action.CREATED, "k3v9x0q2m1n4")
    assert event.config == CREATED["config"]
    assert event.custom is not None
    assert event.custom["filePath"] == "user1/sma/1.2.0"
    assert event.custom["config"]["entrypoints"] == {"bot": "main.py"}


def test_every_number_is_a_double() -> None:
    config = parsed(CREATED).config
    assert config is not None
    assert isinstance(config["amount"], float)


def test_a_deleted_event_has_no_custom() -> None:
    event = parsed({"id": "a", "config": {"hasFrontend": True}}, "deleted")
    assert (event.action, event.custom) == (Action.DELETED, None)


def test_members_match_in_any_case_but_not_inside_config() -> None:
    event = parsed(
        {"ID": "a", "Config": {"Enabled": True}, "CUSTOM": {"FILEPATH": "k", "Config": {"EntryPoints": {"bot": "m"}}}}
    )
    assert event == BotEvent(
        Action.CREATED, "a", {"Enabled": True}, {"filePath": "k", "config": {"entrypoints": {"bot": "m"}}}
    )


def test_of_two_spellings_the_later_counts() -> None:
    assert parsed({"id": "a", "Id": "b"}).bot_id == "b"


def test_unknown_members_are_dropped_from_custom_alone() -> None:
    event = parsed(CREATED)
    assert event.custom is not None
    assert "hasFrontend" not in event.custom["config"]
    assert parsed({"id": "a", "config": {"hasFrontend": True}}).config == {"hasFrontend": True}


def test_the_older_envelope_is_read_too() -> None:
    event = parsed({"type": "created", "entity_id": "a", "DATA": {**CREATED, "topicName": "t"}, "timestamp": "now"})
    assert event == parsed(CREATED)


def test_the_flat_form_wins_over_an_envelope() -> None:
    assert parsed({"id": "flat", "data": {"id": "inner"}}).bot_id == "flat"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"not json", "failed to unmarshal"),
        (b"", "failed to unmarshal"),
        (b"[]", "failed to unmarshal"),
        (b"\xef\xbb\xbf{}", "failed to unmarshal"),
        (b"{}", "id is empty"),
        (b'{"id": ""}', "id is empty"),
        (b'{"id": null, "data": {}}', "id is empty"),
        (b'{"id": 7}', "id is not a string"),
        (b'{"id": "a", "config": []}', "config is not an object"),
        (b'{"id": "a", "config": {"n": NaN}}', "not JSON"),
        (b'{"id": "a", "config": {"n": 1e999}}', "out of range"),
        (b'{"id": "a", "config": {"n": ' + b"9" * 5000 + b"}}", "out of range"),
        (b'{"id": "a", "config": {"n\\u0000": 1}}', "NUL"),
        (b'{"id": "a", "config": {"n": ' + b"[" * 100 + b"]" * 100 + b"}}", "levels deep"),
        (b'{"id": "a", "config": ' + b"[" * 200_000, "failed to unmarshal"),
        (with_custom(createdAt=7), "custom.createdAt is not a string"),
        (with_custom(config={"entrypoints": {"bot": 1}}), "custom.config.entrypoints is not an object of strings"),
    ],
)
def test_what_is_no_event_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    assert reason in refused(payload)


def test_a_subject_of_something_else_is_refused() -> None:
    assert "subject" in refused(b'{"id": "a"}', "the0.bot.renamed")


def test_a_refusal_does_not_tell_what_the_payload_holds() -> None:
    assert "s3cr3t" not in refused(b'{"id": "a", "custom": {"version": ["s3cr3t"]}, "data": {"id": ["s3cr3t"]}}')


def test_lone_surrogates_and_bad_utf8_become_replacement_characters() -> None:
    event = parse_event("the0.bot.created", b'{"id": "a\\ud800", "config": {"\xff": "\\udfff", "e": "\\ud83d\\ude00"}}')
    assert event == BotEvent(Action.CREATED, "a\ufffd", {"\ufffd": "\ufffd", "e": "\U0001f600"}, None)


def test_the_deepest_accepted_config_is_accepted() -> None:
    deep: Any = 1.0
    for _ in range(DEEPEST - 1):
        deep = [deep]
    assert parsed({"id": "a", "config": {"d": deep}}).config == {"d": deep}


leaves = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
names = st.sampled_from(["id", "ID", "config", "Config", "custom", "data", "entity_id", "filePath"]) | st.text()


@given(st.sampled_from(SUBJECTS) | st.text(), st.binary())
def test_no_bytes_ever_raise(subject: str, payload: bytes) -> None:
    assert isinstance(parse_event(subject, payload), BotEvent | Refusal)


@given(st.dictionaries(names, trees | st.dictionaries(names, trees)))
def test_no_document_ever_raises_and_no_event_has_an_empty_id(document: dict[str, Any]) -> None:
    event = parse_event("the0.bot.updated", json.dumps(document).encode())
    if isinstance(event, BotEvent):
        assert event.bot_id
        json.dumps([event.config, event.custom], ensure_ascii=False).encode()


@given(
    st.text(min_size=1).filter(lambda text: "\0" not in text),
    st.dictionaries(st.text().filter(lambda text: "\0" not in text), trees.filter(lambda t: "\\u0000" not in str(t))),
)
def test_a_well_formed_event_comes_through_as_it_was(bot_id: str, config: dict[str, Any]) -> None:
    answer = parse_event("the0.bot.updated", json.dumps({"id": bot_id, "config": config}).encode())
    if isinstance(answer, BotEvent):
        assert (answer.bot_id, answer.config) == (bot_id, config)
    else:
        assert "NUL" in answer.reason
