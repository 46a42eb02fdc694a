"""Many events at once against a listener that takes its time. P31, P32."""

import queue
import threading

import pytest
from tests.adapters.nats.conftest import Feeds, Heard, event
from tests.parts.nats import Nats
from tests.parts.waiting import until

from the0_actors.actors.ports.feed import Delivery

pytestmark = [pytest.mark.nats, pytest.mark.slow, pytest.mark.timeout(240)]

BOTS, ROUNDS = 1_000, 50


class Slow(Heard):
    """Settles on a thread of its own, failing some of the writes, as a store does."""

    def __init__(self) -> None:
        super().__init__()
        self.inbox: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self.settle = self.inbox.put
        self.stored: dict[str, object] = {}
        self.writes = 0
        self.writer = threading.Thread(target=self._write)
        self.writer.start()

    def _write(self) -> None:
        while (delivery := self.inbox.get()) is not None:
            self.writes += 1
            if self.writes % 5_000 == 0:
                delivery.again()
                continue
            self.stored[delivery.event.bot_id] = (delivery.event.config or {})["version"]
            delivery.done()


@pytest.mark.parametrize("stream", [True, False])
def test_p32_a_burst_of_50_000_events_is_heard_whole(nats: Nats, feeds: Feeds, *, stream: bool) -> None:
    if stream:
        nats.make_stream()
    slow = Slow()
    feeds.open(nats.url, slow)
    slow.await_durable() if stream else slow.await_core()
    nats.publish([event("updated", f"bot{n}", round_) for round_ in range(ROUNDS) for n in range(BOTS)])
    last = {f"bot{n}": ROUNDS - 1 for n in range(BOTS)}
    until(lambda: slow.stored == last, "the last version of each bot", seconds=180)
    until(lambda: slow.writes >= BOTS * ROUNDS, f"every event, {slow.writes} so far", seconds=60)
    positions = [d.position.sequence for d in slow.deliveries if d.position is not None]
    assert sorted(set(positions)) == (list(range(1, BOTS * ROUNDS + 1)) if stream else [])
    assert not any(state.alarm or not state.connected for state in slow.states)
    slow.inbox.put(None)
    slow.writer.join()


def test_p32_a_stored_burst_is_folded(nats: Nats, feeds: Feeds, heard: Heard) -> None:
    nats.make_stream()
    nats.publish([event("updated", f"bot{n}", round_) for round_ in range(ROUNDS) for n in range(BOTS)])
    until(lambda: nats.stored() == ROUNDS * BOTS, "the server has stored them all")
    feeds.open(nats.url, heard)
    heard.await_durable()
    assert heard.versions() == {f"bot{n}": ROUNDS - 1 for n in range(BOTS)}
    assert len(heard.deliveries) == BOTS
