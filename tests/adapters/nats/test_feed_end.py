"""The end of a feed against a real server: prompt, final, and nothing is lost by it."""

import threading

import pytest
from tests.adapters.nats.conftest import Feeds, Heard, event
from tests.parts.nats import Nats
from tests.parts.waiting import until

from the0_actors.actors.ports.feed import Delivery

pytestmark = pytest.mark.nats


def test_closing_is_prompt_idempotent_and_final(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    subscription = feeds.open(streamed.url, heard)
    heard.await_durable()
    subscription.close()
    subscription.close()
    known = len(heard.states)
    streamed.publish([event("created", "a")])
    later = Heard()
    feeds.open(streamed.url, later)
    later.await_ids("a")
    assert heard.ids == []
    assert len(heard.states) == known
    assert [thread.name for thread in threading.enumerate()].count("nats-feed") == 1


def test_p74_closing_during_a_long_wait_is_prompt(feeds: Feeds, heard: Heard) -> None:
    subscription = feeds.open("nats://127.0.0.1:1", heard, reconnect_first=60.0, reconnect_most=60.0)
    heard.await_down()
    closer = threading.Thread(target=subscription.close)
    closer.start()
    closer.join(2)
    assert not closer.is_alive()
    assert "nats-feed" not in [thread.name for thread in threading.enumerate()]


def test_closing_from_the_listener_does_not_deadlock(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    subscription = feeds.open(streamed.url, heard)
    heard.settle = lambda _delivery: subscription.close()
    heard.await_durable()
    streamed.publish([event("created", "a")])
    heard.await_ids("a")
    until(lambda: "nats-feed" not in [thread.name for thread in threading.enumerate()], "the thread ends")


def test_p29_a_listener_that_raises_does_not_end_the_feed(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    def fail_once(delivery: Delivery) -> None:
        heard.settle = lambda delivery: delivery.done()
        raise ZeroDivisionError

    heard.settle = fail_once
    feeds.open(streamed.url, heard, ack_wait=0.5)
    heard.await_durable()
    streamed.publish([event("created", "a"), event("created", "b")])
    until(lambda: len(heard.ids) == 3, "both come again")
    assert (heard.ids[0], sorted(heard.ids)) == ("a", ["a", "a", "b"])  # of two bots either may come first
    assert any("ZeroDivisionError" in state.note for state in heard.states if not state.connected)


def test_closing_hands_an_event_in_work_to_the_next(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    heard.settle = lambda _delivery: None
    first = feeds.open(streamed.url, heard, ack_wait=600.0)
    heard.await_durable()
    streamed.publish([event("created", "a"), event("created", "b")])
    heard.await_ids("a")
    first.close()
    later = Heard()
    feeds.open(streamed.url, later, ack_wait=600.0)
    later.await_ids("a", "b")
    assert sorted(later.ids) == ["a", "b"]
