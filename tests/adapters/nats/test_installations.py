"""What becomes of an installation's consumer when its database was emptied, or another installation took its place."""

import asyncio
from collections.abc import Mapping

import nats as client
import pytest
from tests.adapters.nats.conftest import QUICK, Feeds, Heard, event
from tests.parts.nats import Nats
from tests.parts.waiting import until

pytestmark = pytest.mark.nats
OLD, NEW = QUICK.installation, "ba9876543210"


def consumers(server: Nats) -> set[str]:
    """Return the names of the durable consumers."""

    async def ask() -> set[str]:
        connection = await client.connect(server.url)
        try:
            return {one.name for one in await connection.jetstream().consumers_info("THE0_EVENTS")}
        finally:
            await connection.close()

    return asyncio.run(ask())


class Known:
    """How far the database says that the stream was read."""

    def __init__(self) -> None:
        self.read: dict[str, int] = {}

    def __call__(self) -> Mapping[str, int]:
        return self.read

    def learn(self, heard: Heard) -> None:
        for delivery in heard.deliveries:
            assert delivery.position is not None
            self.read[delivery.position.stream] = delivery.position.sequence


def test_p11_who_goes_on_with_an_installation_in_an_emptied_database_reads_the_stream_anew(
    streamed: Nats, feeds: Feeds
) -> None:
    """Its consumer had been told all: nothing that the database needs came again."""
    first, known = Heard(), Known()
    streamed.publish([event("created", "a"), event("created", "b"), event("deleted", "b")])
    subscription = feeds.open(streamed.url, first, known)
    first.await_ids("a", "b")
    streamed.publish([event("created", "c")])
    first.await_ids("c")
    known.learn(first)
    subscription.close()
    again = Heard()
    going_on = feeds.open(streamed.url, again, known)
    again.await_durable()
    streamed.publish([event("created", "d")])
    again.await_ids("d")
    assert again.ids == ["d"], "a database that knows its place is told what is new alone"
    going_on.close()
    known.read.clear()
    emptied = Heard()
    feeds.open(streamed.url, emptied, known)
    emptied.await_ids("a", "b", "c", "d")


def test_the_consumer_of_an_installation_that_was_given_up_is_removed(streamed: Nats, feeds: Feeds) -> None:
    known, given_up, adopted = Known(), Heard(), Heard()
    streamed.publish([event("created", "a")])
    subscription = feeds.open(streamed.url, given_up, known, installation=NEW)
    given_up.await_durable()
    subscription.close()
    assert consumers(streamed) == {f"the0-actors-{NEW}"}
    feeds.open(streamed.url, adopted, known, installation=OLD, given_up=(NEW, "0000000000aa"))
    adopted.await_ids("a")
    until(lambda: consumers(streamed) == {f"the0-actors-{OLD}"}, "the dead one's consumer is gone")
