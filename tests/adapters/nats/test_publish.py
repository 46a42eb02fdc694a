"""Publishing as the platform does, for `deploy` and the embedded default."""

import pytest
from nats.aio.client import Client
from tests.adapters.nats.conftest import Feeds, Heard
from tests.parts.nats import SUBJECTS, Nats

from the0_actors.actors.domain.events import Action
from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.nats.publish import ensure_stream, publish
from the0_actors.adapters.nats.settings import NatsSettings

pytestmark = pytest.mark.nats


def test_with_a_stream_an_event_is_stored(streamed: Nats, feeds: Feeds, heard: Heard) -> None:
    assert publish(NatsSettings(streamed.url), "the0.bot.created", b'{"id": "a"}')
    feeds.open(streamed.url, heard)
    heard.await_ids("a")
    assert heard.deliveries[0].position is not None


def test_without_a_stream_only_who_listens_hears_it(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    feeds.open(nats.url, heard)
    heard.await_core()
    assert not publish(NatsSettings(nats.url), "the0.bot.deleted", b'{"id": "a"}')
    heard.await_ids("a")
    assert heard.deliveries[0].event.action is Action.DELETED


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="nats"):
        publish(NatsSettings("nats://127.0.0.1:1", connect_timeout=1.0), "the0.bot.created", b"{}")


def test_the_stream_is_made_as_the_api_makes_it_and_once(nats: Nats) -> None:
    ensure_stream(NatsSettings(nats.url))
    ensure_stream(NatsSettings(nats.url))

    async def look(client: Client) -> None:
        info = await client.jetstream().stream_info("THE0_EVENTS")
        assert sorted(info.config.subjects or []) == sorted(SUBJECTS)
        assert (info.config.max_age, info.config.storage) == (7 * 24 * 3600, "file")

    nats.run(look)


def test_a_stream_of_the_api_is_left_as_it_is(nats: Nats) -> None:
    async def other(client: Client) -> None:
        await client.jetstream().add_stream(name="OTHER", subjects=["the0.bot.*"])

    nats.run(other)
    ensure_stream(NatsSettings(nats.url))

    async def look(client: Client) -> None:
        assert [info.config.name for info in await client.jetstream().streams_info()] == ["OTHER"]

    nats.run(look)
