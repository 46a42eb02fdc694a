"""A runtime that has started hears events: over a real NATS server, with an engine and a database in memory."""

import json
import signal
import time

import pytest
from tests.parts.documents import custom
from tests.parts.nats import Nats, nats
from tests.parts.services import Service
from tests.parts.waiting import until

__all__ = ["nats"]

pytestmark = pytest.mark.nats


def send(nats: Nats, bot_id: str) -> None:
    created = {"id": bot_id, "config": {}, "custom": custom()}
    nats.publish([("the0.bot.created", json.dumps(created).encode())])


@pytest.mark.parametrize("stream", [False, True], ids=["core alone", "with a stream"])
def test_an_event_that_is_sent_right_after_the_start_is_heard(nats: Nats, *, stream: bool) -> None:
    """Over core NATS nobody keeps it: it was lost."""
    if stream:
        nats.make_stream()
    service = Service(nats.url)
    with service.runtime as runtime:
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")
        assert runtime.deaf() == ""
        until(runtime.ready, "ready")


def test_a_server_that_is_away_hinders_neither_the_start_nor_readiness_and_is_named(nats: Nats) -> None:
    nats.stop()
    service = Service(nats.url)
    began = time.monotonic()
    with service.runtime as runtime:
        assert time.monotonic() - began < 5.0
        assert "Connect" in runtime.deaf()
        until(runtime.ready, "ready")
        nats.start()
        until(lambda: not runtime.deaf(), "heard")
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")


def test_while_nobody_knows_whether_events_are_heard_it_is_not_ready(nats: Nats) -> None:
    """A server that is hung takes the connection and says nothing."""
    nats.signal(signal.SIGSTOP)
    service = Service(nats.url)
    try:
        service.runtime.start(patience=0.3)
        until(lambda: service.runtime.status_role() == "active", "active")
        assert not service.runtime.ready()
        nats.signal(signal.SIGCONT)
        until(service.runtime.ready, "ready")
        send(nats, "bot-1")
        until(lambda: service.wrote("bot-1"), "the event is written")
    finally:
        service.runtime.stop()
