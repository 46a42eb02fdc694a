"""The feed against a real server: core alone, durable, and every way in which the two change places."""

import random
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.adapters.nats.conftest import QUICK, Feeds, Heard, Servers, event
from tests.parts.nats import Nats
from tests.parts.waiting import until

from the0_actors.actors.domain.events import Action
from the0_actors.actors.errors import InvalidSetting
from the0_actors.actors.ports.feed import Delivery
from the0_actors.adapters.nats.feed import NatsFeed

pytestmark = pytest.mark.nats

CONSUMER = f"the0-actors-{QUICK.installation}"


def test_sub_06_no_address_is_an_error_before_any_network_use() -> None:
    with pytest.raises(InvalidSetting, match="NATS_URL"):
        NatsFeed(replace(QUICK, url=" , "), random.Random(1))


def test_an_installation_that_cannot_name_a_consumer_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="installation"):
        NatsFeed(replace(QUICK, installation="a.b"), random.Random(1))


def test_without_a_stream_events_come_over_core(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard)
    heard.await_core()
    nats.publish([event("created", "a", 1), event("updated", "a", 2), event("deleted", "a")])
    until(lambda: len(heard.deliveries) == 3, "three deliveries")
    assert {delivery.event.action for delivery in heard.deliveries} == set(Action)
    assert {delivery.position for delivery in heard.deliveries} == {None}
    assert heard.threads == {"nats-feed"}


def test_without_jetstream_at_all_events_come_over_core(
    tmp_path: Path, servers: Servers, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, jetstream=False)
    feeds.open(server.url, heard)
    until(lambda: heard.state.connected and "JetStream" in heard.state.note, f"core alone, is {heard.states}")
    server.publish([event("created", "a")])
    heard.await_ids("a")


def test_p10_core_keeps_the_order_of_events_across_subjects(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard)
    heard.await_core()
    sent = [event(action, f"bot{n}", n) for n in range(300) for action in ("created", "updated", "deleted")]
    nats.publish(sent)
    until(lambda: len(heard.deliveries) == len(sent), "all of them")
    told = [(f"the0.bot.{d.event.action}", d.event.bot_id) for d in heard.deliveries]
    deletions = [one for one in told if one[0] == "the0.bot.deleted"]
    assert sorted(deletions) == sorted(("the0.bot.deleted", f"bot{n}") for n in range(300))
    assert [one for one in told if one not in set(deletions)] == [
        (subject, f"bot{n // 3}") for n, (subject, _) in enumerate(sent) if subject != "the0.bot.deleted"
    ]


def test_other_subjects_are_not_ours(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard)
    heard.await_core()
    nats.publish([("the0.bot.renamed", b"x"), ("the0.bot-schedule.created", b"x"), event("created", "a")])
    heard.await_ids("a")
    assert not heard.refusals


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_no_event_is_refused_once_and_does_not_stop_the_rest(
    nats: Nats, feeds: Feeds, heard: Heard, *, stream: bool
) -> None:
    if stream:
        nats.make_stream()
    feeds.open(nats.url, heard)
    heard.await_durable() if stream else heard.await_core()
    nats.publish([("the0.bot.created", b"{}"), ("the0.bot.updated", b"nope"), event("created", "a")])
    heard.await_ids("a")
    assert [subject for subject, _ in heard.refusals] == ["the0.bot.created", "the0.bot.updated"]
    assert heard.ids == ["a"]


def test_durable_delivers_once_with_positions_that_grow(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", f"bot{n}") for n in range(50)])
    heard.await_ids("bot49")
    positions = [delivery.position for delivery in heard.deliveries]
    assert [position.sequence for position in positions if position] == list(range(1, 51))
    assert all(position and position.stream.startswith("THE0_EVENTS@20") for position in positions)


def test_durable_waits_for_each_write(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    heard.settle = lambda _delivery: None
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "a"), event("created", "b")])
    heard.await_ids("a")
    assert heard.ids == ["a"]
    first = heard.deliveries[0]
    heard.settle = lambda delivery: delivery.done()
    threading.Thread(target=first.done).start()
    heard.await_ids("a", "b")


@pytest.mark.parametrize("stream", [True, False])
def test_a_failed_write_is_delivered_again_and_holds_up_nobody(
    nats: Nats, feeds: Feeds, heard: Heard, *, stream: bool
) -> None:
    def fail_twice(delivery: Delivery) -> None:
        (delivery.again if delivery.event.bot_id == "a" and heard.ids.count("a") < 3 else delivery.done)()

    if stream:
        nats.make_stream()
    heard.settle = fail_twice
    feeds.open(nats.url, heard)
    heard.await_durable() if stream else heard.await_core()
    nats.publish([event("created", "a"), event("created", "b")])
    until(lambda: heard.ids.count("a") == 3, "the third time")
    heard.await_ids("b")
    assert heard.ids.count("b") == 1


def test_p33_a_write_that_takes_longer_than_the_acknowledgement_time_is_not_delivered_again(
    streamed: Nats, feeds: Feeds, heard: Heard
) -> None:
    written = threading.Event()

    def write(delivery: Delivery) -> None:
        delivery.done()
        written.set()

    def later(delivery: Delivery) -> None:
        threading.Timer(3.0, write, [delivery]).start()

    heard.settle = later
    feeds.open(streamed.url, heard, ack_wait=1.0)
    heard.await_durable()
    streamed.publish([event("created", "slow")])
    heard.await_ids("slow")
    assert written.wait(10)
    heard.settle = lambda delivery: delivery.done()
    streamed.publish([event("created", "next")])
    heard.await_ids("next")
    assert heard.ids == ["slow", "next"]


def test_a_delivery_that_nobody_settles_comes_again(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    heard.settle = lambda _delivery: None
    feeds.open(streamed.url, heard, ack_wait=0.2)
    heard.await_durable()
    streamed.publish([event("created", "a"), event("created", "b")])
    until(lambda: heard.ids.count("a") > 1, "again")
    heard.settle = lambda delivery: delivery.done()
    heard.await_ids("b")


def test_p11_events_published_while_the_feed_is_closed_arrive_later(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    first = feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "a")])
    heard.await_ids("a")
    first.close()
    streamed.publish([event("updated", "a", 2), event("created", "b")])
    later = Heard()
    feeds.open(streamed.url, later)
    later.await_ids("a", "b")
    assert heard.ids == ["a"]
    assert later.ids == ["a", "b"]


def test_p11_the_stored_days_are_folded_at_first_attach(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    streamed.publish([
        event("created", "a", 1), event("created", "b", 1), ("the0.bot.created", b"{}"),
        event("updated", "a", 2), event("created", "c", 1), event("deleted", "b"), event("updated", "a", 3),
    ])  # fmt: skip
    feeds.open(streamed.url, heard)
    heard.await_durable()
    assert [(d.event.bot_id, str(d.event.action), d.position and d.position.sequence) for d in heard.deliveries] == [
        ("b", "deleted", 6),
        ("c", "created", 5),
        ("a", "updated", 7),
    ]
    assert len(heard.refusals) == 1
    streamed.publish([event("created", "d")])
    heard.await_ids("d")
    assert heard.ids == ["b", "c", "a", "d"]


def test_a_fold_that_was_interrupted_begins_anew(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    heard.settle = lambda _delivery: None
    streamed.publish([event("created", "a"), event("created", "b")])
    feeds.open(streamed.url, heard).close()
    interrupted = Heard()
    interrupted.settle = lambda _delivery: None
    subscription = feeds.open(streamed.url, interrupted)
    interrupted.await_ids("a")
    subscription.close()
    later = Heard()
    feeds.open(streamed.url, later)
    later.await_durable()
    assert later.ids == ["a", "b"]


def test_a_stream_that_appears_later_is_attached_and_nothing_is_lost(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard)
    heard.await_core()
    nats.publish([event("created", f"before{n}") for n in range(20)])
    nats.make_stream()
    nats.publish([event("created", f"after{n}") for n in range(20)])
    heard.await_durable()
    nats.publish([event("created", f"last{n}") for n in range(20)])
    heard.await_ids(*(f"{when}{n}" for when in ("before", "after", "last") for n in range(20)))
    assert not heard.state.alarm


def test_p10_what_could_not_be_written_before_the_stream_came_is_written_before_what_it_holds(
    nats: Nats, feeds: Feeds, heard: Heard
) -> None:
    writes = threading.Event()
    heard.settle = lambda delivery: delivery.done() if writes.is_set() else delivery.again()
    feeds.open(nats.url, heard)
    heard.await_core()
    nats.publish([event("updated", "a", 1)])
    heard.await_ids("a")
    nats.make_stream()
    nats.store([event("updated", "a", 2)])
    tried = len(heard.deliveries)
    until(lambda: len(heard.deliveries) > tried + 5, "the stream is found meanwhile")
    writes.set()
    heard.await_durable()
    until(lambda: heard.deliveries[-1].position is not None, "the stream's event is delivered")
    assert heard.versions() == {"a": 2}
    assert [delivery.position for delivery in heard.deliveries[:-1]] == [None] * (len(heard.deliveries) - 1)


def test_a_stream_that_goes_away_leaves_core_and_nothing_is_lost(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "stored")])
    heard.await_ids("stored")
    streamed.delete_stream()
    streamed.publish([event("created", "between")])
    heard.await_ids("between")
    heard.await_core()
    assert [delivery.position for delivery in heard.deliveries if delivery.event.bot_id == "between"] == [None]


def test_a_stream_that_was_deleted_and_recreated_is_an_alarm_and_is_read_from_its_start(
    streamed: Nats, feeds: Feeds, heard: Heard
) -> None:
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "old")])
    heard.await_ids("old")
    streamed.delete_stream()
    streamed.make_stream()
    streamed.publish([event("created", "new")])
    heard.await_ids("new")
    until(lambda: heard.state.durable and heard.state.alarm, f"durable again with an alarm, is {heard.states}")
    assert "recreated" in heard.state.note
    streams = {d.position.stream for d in heard.deliveries if d.position}
    assert len(streams) == 2


def test_a_consumer_that_was_deleted_alone_loses_nothing_and_is_no_alarm(
    streamed: Nats, feeds: Feeds, heard: Heard
) -> None:
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "a")])
    heard.await_ids("a")
    streamed.delete_consumer(CONSUMER)
    streamed.publish([event("created", "b")])
    heard.await_ids("b")
    heard.await_durable()
    assert not any(state.alarm for state in heard.states)


def test_what_the_stream_refused_to_store_is_delivered_all_the_same(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    async def full(client: object) -> None:
        js = client.jetstream()  # type: ignore[attr-defined]
        await js.add_stream(name="THE0_EVENTS", subjects=["the0.bot.*"], max_msgs=1, discard="new")

    nats.run(full)
    feeds.open(nats.url, heard)
    heard.await_durable()
    nats.publish([event("created", "stored"), event("created", "not-stored")])
    heard.await_ids("stored", "not-stored")
    assert [delivery.position is None for delivery in heard.deliveries] == [False, True]


def test_core_events_that_nobody_writes_are_an_alarm_when_they_must_be_forgotten(
    nats: Nats, feeds: Feeds, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("the0_actors.adapters.nats.feed._HELD", 10)
    heard.settle = lambda _delivery: None
    feeds.open(nats.url, heard)
    heard.await_core()
    nats.publish([event("created", f"bot{n}") for n in range(10)])
    heard.await_ids("bot0")
    assert not heard.state.alarm
    nats.publish([event("created", "one more")])
    heard.settle = lambda delivery: delivery.done()
    for delivery in tuple(heard.deliveries):
        delivery.again()
    heard.await_ids("one more")
    until(lambda: heard.state.alarm, "an alarm")


def test_a_deletion_overtakes_what_waits_before_it_and_the_lag_is_told(
    streamed: Nats, feeds: Feeds, heard: Heard
) -> None:
    out: list[Delivery] = []
    heard.settle = out.append
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.publish([event("created", "first")])
    heard.await_ids("first")
    streamed.publish([*(event("updated", f"bot{n}") for n in range(500)), event("deleted", "gone")])
    until(lambda: streamed.unacknowledged(CONSUMER) == 502, "all are pulled while the first one is in work")
    heard.settle = lambda delivery: delivery.done()
    out[0].done()
    until(lambda: len(heard.deliveries) == 502, "all of them")
    assert heard.ids[1] == "gone"
    until(lambda: heard.lags[-1].waiting == 0, "nothing waits")
    assert max(lag.waiting for lag in heard.lags) >= 500
