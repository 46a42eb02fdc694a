"""A stream that lost what was read of it, while we were down or connected: it is told, and what comes after counts."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.adapters.nats.conftest import Feeds, Heard, event
from tests.parts.nats import Nats
from tests.parts.waiting import until

from the0_actors.actors.domain.events import Applied
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.kernel.clock import SystemClock
from the0_actors.actors.ports.feed import Delivery
from the0_actors.adapters.testing.store import FakeStore, StoreWorld

pytestmark = pytest.mark.nats


class Applying(Heard):
    """Writes what it hears into a database that forbids what is stale, and remembers what was written."""

    def __init__(self, store: FakeStore) -> None:
        super().__init__()
        self._store = store
        self.written: list[tuple[str, object]] = []
        self.settle = self._apply

    def _apply(self, delivery: Delivery) -> None:
        given = replace(delivery.event, custom={})  # a store takes none without
        if self._store.apply(given, delivery.position) is Applied.WRITTEN:
            self.written.append((given.bot_id, (given.config or {}).get("version")))
        delivery.done()

    def await_written(self, *expected: tuple[str, object]) -> None:
        until(lambda: set(expected) <= set(self.written), f"{expected} among {self.written}, {self.states[-3:]}")


@pytest.fixture
def world() -> StoreWorld:
    return StoreWorld(SystemClock())


@pytest.fixture
def store(world: StoreWorld) -> FakeStore:
    return FakeStore(world)


def fall(server: Nats, copy: Path) -> None:
    """Stop the server, lose what came after the copy, start it."""
    server.stop()
    server.restore_messages(copy)
    server.start()


@pytest.fixture
def keep(streamed: Nats, tmp_path: Path) -> Callable[[], Path]:
    """Copy what the stream holds, each time somewhere else."""

    def keep() -> Path:
        copy = tmp_path / f"copy{len(list(tmp_path.glob('copy*')))}"
        streamed.stop()
        streamed.copy_messages(copy)
        streamed.start()
        return copy

    return keep


def test_a_stream_recreated_while_we_were_down_is_an_alarm(streamed: Nats, feeds: Feeds, store: FakeStore) -> None:
    first = Applying(store)
    closing = feeds.open(streamed.url, first, store.streams)
    first.await_durable()
    streamed.publish([event("created", "old")])
    first.await_ids("old")
    closing.close()
    streamed.delete_stream()
    streamed.make_stream()
    later = Applying(store)
    feeds.open(streamed.url, later, store.streams)
    later.await_durable()
    assert later.state.alarm
    assert "recreated" in later.state.note
    streamed.publish([event("created", "new", 1)])
    later.await_written(("new", 1))


def test_the_same_stream_after_a_restart_of_ours_is_no_alarm(streamed: Nats, feeds: Feeds, store: FakeStore) -> None:
    for number in range(3):
        heard = Applying(store)
        closing = feeds.open(streamed.url, heard, store.streams)
        heard.await_durable()
        streamed.publish([event("updated", "a", number)])
        heard.await_written(("a", number))
        closing.close()
        assert not any(state.alarm for state in heard.states)


@pytest.mark.parametrize("connected", [True, False])
def test_a_stream_that_went_back_is_an_alarm_and_what_comes_after_it_is_applied(
    streamed: Nats, feeds: Feeds, store: FakeStore, keep: Callable[[], Path], *, connected: bool
) -> None:
    heard = Applying(store)
    closing = feeds.open(streamed.url, heard, store.streams)
    heard.await_durable()
    streamed.publish([event("created", "a", 1), event("created", "b", 1)])
    heard.await_written(("b", 1))
    copy = keep()
    heard.await_durable()
    streamed.publish([event("updated", "a", number) for number in range(2, 7)])
    heard.await_written(("a", 6))
    if not connected:
        closing.close()
    fall(streamed, copy)
    if not connected:
        heard = Applying(store)
        feeds.open(streamed.url, heard, store.streams)
    until(lambda: heard.state.durable and heard.state.alarm, f"durable with an alarm, is {heard.states}")
    assert "went back" in heard.state.note
    streamed.publish([event("updated", "a", 7), event("updated", "b", 2)])
    heard.await_written(("a", 7), ("b", 2))
    assert heard.written[-2:] == [("a", 7), ("b", 2)], "nothing older than what was written came back"


def test_a_stream_that_went_back_is_recognised_after_restarts_and_may_go_back_again(
    streamed: Nats, feeds: Feeds, world: StoreWorld, store: FakeStore, keep: Callable[[], Path]
) -> None:
    version = 0

    def run(*, alarm: bool) -> None:
        nonlocal version
        heard = Applying(store)
        closing = feeds.open(streamed.url, heard, store.streams)
        heard.await_durable()
        assert heard.state.alarm is alarm
        version += 1
        streamed.publish([event("updated", bot_id, version) for bot_id in "abc"])
        heard.await_written(("c", version))
        closing.close()
        assert heard.written == [(bot_id, version) for bot_id in "abc"]

    run(alarm=False)
    copy = keep()
    run(alarm=False)
    fall(streamed, copy)
    run(alarm=True)
    run(alarm=False)
    fall(streamed, copy)
    run(alarm=True)
    streamed.delete_consumer("the0-actors-0123456789ab")
    run(alarm=False)
    falls = {stream.partition("~")[2] for stream, _ in world.positions.values()}
    assert falls == {"2.4"}


def test_while_nobody_knows_how_far_it_was_read_the_stream_waits_and_core_goes_on(
    streamed: Nats, feeds: Feeds, world: StoreWorld, store: FakeStore
) -> None:
    world.down = lambda operation: operation == "streams"
    heard = Applying(store)
    feeds.open(streamed.url, heard, store.streams)
    until(lambda: "how far it was read: streams fails" in heard.state.note, f"waits, is {heard.states}")
    streamed.publish([event("created", "a", 1)])
    heard.await_written(("a", 1))
    assert not heard.state.durable
    world.down = lambda _operation: False
    heard.await_durable()
    streamed.publish([event("created", "b", 1)])
    heard.await_written(("b", 1))
    assert not any(state.alarm for state in heard.states)


def test_a_question_that_takes_long_neither_holds_up_the_connection_nor_the_end(streamed: Nats, feeds: Feeds) -> None:
    """The database is away: its answer comes when its deadline has passed."""
    asked, answered = threading.Event(), threading.Event()

    def read() -> Mapping[str, int]:
        asked.set()
        answered.wait(20)
        raise Unavailable("mongodb", "did not answer")

    heard = Heard()
    feeds.open(streamed.url, heard, read)
    assert asked.wait(10)
    until(lambda: heard.state.connected, f"connected, is {heard.states}")
    answered.set()
    until(lambda: "did not answer" in heard.state.note, f"waits, is {heard.states}")
