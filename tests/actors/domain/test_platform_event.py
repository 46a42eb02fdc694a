"""What the platform would publish."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.events import Action
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.platform_event import (
    CustomBot,
    code_key,
    deleted_payload,
    instance_config,
    instance_id,
    saved_payload,
    subject,
)

BOT = CustomBot("sma", "1.2.0", Kind.REALTIME, "python3.11", {"bot": "main.py"})


def test_subjects() -> None:
    assert subject(Kind.REALTIME, Action.CREATED) == "the0.bot.created"
    assert subject(Kind.SCHEDULED, Action.DELETED) == "the0.bot-schedule.deleted"
    assert code_key("user1", "sma", "1.2.0") == "user1/sma/1.2.0"


@given(st.text(), st.text())
def test_ids_look_like_the_platforms_and_differ_as_their_seeds_do(one: str, other: str) -> None:
    assert re.fullmatch("[a-z][0-9a-z]{23}", instance_id(one))
    assert (instance_id(one) == instance_id(other)) == (one == other)


def test_an_instance_says_whose_it_is_whatever_its_file_says() -> None:
    own = {"name": "btc", "type": "other/x", "version": "9.9.9", "customBotId": "x", "symbol": "BTC/USD"}
    assert instance_config(BOT, own, "c0ffee") == {
        "name": "btc",
        "type": "realtime/sma",
        "version": "1.2.0",
        "customBotId": "c0ffee",
        "symbol": "BTC/USD",
    }
    assert instance_config(BOT, {}, "c0ffee")["name"] == "sma"


def test_payloads_have_the_platforms_members() -> None:
    saved = json.loads(saved_payload("id1", {"a": "é"}, BOT, "u/sma/1.2.0", "2026-01-02T10:00:00.000Z"))
    assert set(saved) == {"id", "config", "custom"}
    assert set(saved["custom"]) == {"config", "createdAt", "updatedAt", "filePath", "version"}
    assert set(saved["custom"]["config"]) == {
        *("name", "description", "version", "type", "runtime", "author"),
        *("entrypoints", "schema", "readme", "hasFrontend", "metadata"),
    }
    assert json.loads(deleted_payload("id1", {"a": 1})) == {"id": "id1", "config": {"a": 1}}
