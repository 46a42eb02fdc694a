"""The same feed for schedules: other subjects, a consumer of its own, and the flat form alone."""

import json
from dataclasses import replace

import pytest
from tests.adapters.nats.conftest import QUICK, Feeds, Heard
from tests.parts.nats import Nats

from the0_actors.actors.domain.events import Action
from the0_actors.actors.domain.wire import SCHEDULES, parse_event

pytestmark = pytest.mark.nats


def payload(bot_id: str) -> bytes:
    return json.dumps({"id": bot_id, "config": {"schedule": "0 0 * * *"}, "custom": {"version": "1"}}).encode()


def test_sbs_02_the_subjects() -> None:
    assert SCHEDULES.subjects == tuple(f"the0.bot-schedule.{word}" for word in ("created", "updated", "deleted"))


def test_sbs_03_and_04_the_flat_form_is_an_event_and_the_envelope_is_none() -> None:
    event = parse_event("the0.bot-schedule.created", payload("s"), SCHEDULES)
    assert getattr(event, "bot_id", event) == "s"
    assert getattr(event, "action", event) is Action.CREATED
    envelope = json.dumps({"data": json.loads(payload("s"))}).encode()
    assert getattr(parse_event("the0.bot-schedule.created", envelope, SCHEDULES), "reason", "") == "the id is empty"
    assert "JSON" in getattr(parse_event("the0.bot-schedule.created", b"{", SCHEDULES), "reason", "")


def test_each_kind_hears_its_own(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard, family=SCHEDULES)
    heard.await_core()
    nats.publish([("the0.bot.created", payload("bot")), ("the0.bot-schedule.created", payload("schedule"))])
    heard.await_ids("schedule")
    assert heard.ids == ["schedule"]


def test_two_durable_consumers_side_by_side(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    bots = Heard()
    feeds.open(streamed.url, heard, family=SCHEDULES)
    feeds.open(streamed.url, bots)
    heard.await_durable()
    bots.await_durable()
    streamed.publish([("the0.bot.created", payload("bot")), ("the0.bot-schedule.created", payload("schedule"))])
    heard.await_ids("schedule")
    bots.await_ids("bot")
    assert (heard.ids, bots.ids) == (["schedule"], ["bot"])
    assert heard.deliveries[0].position is not None


def test_the_consumers_have_different_names() -> None:
    assert replace(QUICK, family=SCHEDULES).durable == f"{QUICK.durable}-schedules"
