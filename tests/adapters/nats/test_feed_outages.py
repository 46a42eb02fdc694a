"""The feed while its server is away, hangs, or comes back: it connects again, and nothing is lost."""

import asyncio
import signal
import threading
from pathlib import Path

import pytest
from nats.aio.client import Client
from structlog.testing import capture_logs
from tests.adapters.nats.conftest import QUICK, Feeds, Heard, Servers, event
from tests.parts.nats import Nats

pytestmark = pytest.mark.nats

CONSUMER = f"the0-actors-{QUICK.installation}"


def test_a_server_that_starts_later_is_found(tmp_path: Path, servers: Servers, feeds: Feeds, heard: Heard) -> None:
    server = servers(tmp_path, start=False)
    feeds.open(server.url, heard)
    heard.await_down()
    assert "nect" in heard.state.note
    server.start()
    server.make_stream()
    heard.await_durable()
    server.publish([event("created", "a")])
    heard.await_ids("a")


def test_p12_the_reconnect_budget_never_runs_out(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(streamed.url, heard, reconnect_first=0.001, reconnect_most=0.002)
    heard.await_durable()
    streamed.stop()
    heard.await_down()
    tries = threading.Event()
    # The library's own budget is 60 tries; ours are at most 2 ms apart, so that is spent many times over here.
    tries.wait(2.0)
    streamed.start()
    heard.await_durable()
    streamed.publish([event("created", "a")])
    heard.await_ids("a")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_in_the_middle_loses_nothing(
    tmp_path: Path, servers: Servers, feeds: Feeds, heard: Heard, end: str
) -> None:
    config = tmp_path / "nats.conf"
    config.write_text("jetstream { sync_interval: always }\n")  # else a kill takes what was acknowledged
    streamed = servers(tmp_path, "-c", str(config))
    streamed.make_stream()
    feeds.open(streamed.url, heard)
    heard.await_durable()
    streamed.store([event("created", f"a{n}") for n in range(50)])
    heard.await_ids("a0")
    getattr(streamed, end)()
    heard.await_down()
    streamed.start()
    heard.await_durable()
    streamed.publish([event("created", f"b{n}") for n in range(50)])
    heard.await_ids(*(f"a{n}" for n in range(50)), *(f"b{n}" for n in range(50)))
    assert [state.connected for state in heard.states].count(False) >= 1
    assert not heard.state.alarm


def test_p11_a_consumer_that_keeps_messages_to_itself_is_made_anew(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    """Another client holds a message, and says forever that it works on it. The other one may come twice then."""

    async def hold(client: Client) -> None:
        (message,) = await (await client.jetstream().pull_subscribe_bind(CONSUMER, "THE0_EVENTS")).fetch(1)
        held.set()
        while not set(ids) <= set(heard.ids):
            await message.in_progress()
            await asyncio.sleep(0.1)

    held, ids = threading.Event(), ("held", "behind")
    first = feeds.open(streamed.url, heard)
    heard.await_durable()
    first.close()
    streamed.store([event("created", bot_id) for bot_id in ids])
    holder = threading.Thread(target=streamed.run, args=(hold,), daemon=True)
    holder.start()
    assert held.wait(10)
    feeds.open(streamed.url, heard, stuck=1.0)
    heard.await_ids(*ids)
    holder.join()
    assert {delivery.event.bot_id for delivery in heard.deliveries if delivery.position} == set(ids)
    heard.await_durable()


def test_p16_a_server_that_hangs_is_left(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(streamed.url, heard, ping_interval=0.2, request_timeout=1.0)
    heard.await_durable()
    streamed.signal(signal.SIGSTOP)
    heard.await_down()
    streamed.signal(signal.SIGCONT)
    heard.await_durable()


def test_p72_a_healthy_feed_warns_of_nothing_and_an_outage_once(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    with capture_logs() as logs:
        feeds.open(streamed.url, heard)
        heard.await_durable()
        streamed.publish([event("created", f"bot{n}") for n in range(20)])
        heard.await_ids("bot19")
        assert [entry for entry in logs if entry["log_level"] not in {"debug", "info"}] == []
        streamed.stop()
        heard.await_down()
        threading.Event().wait(0.5)  # several tries
        assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["nats_disconnected"]
        streamed.start()
        heard.await_durable()
