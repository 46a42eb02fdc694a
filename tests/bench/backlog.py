"""Thousands of updates with a deletion behind them, over a real NATS server and the embedded database.

Run one measurement with `python -m tests.bench.backlog ours 20000`: updates of so many bots, and of fifty.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.child import Numbers, answer
from tests.parts.documents import custom
from tests.parts.mongo import Databases, Mongo
from tests.parts.nats import Nats
from tests.parts.services import Service

from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.domain.stored import document_for
from the0_actors.actors.ports.status import Phase
from the0_actors.adapters.mongo.store import MongoBotStore
from the0_actors.bin.logging_setup import log_what_must_be_seen

FEW = 50
"""Bots that all updates are about, in the second row."""
PATIENCE = 300.0


def ours(updates: int) -> Numbers:
    """Measure so many updates."""
    log_what_must_be_seen(sys.stderr)  # lines for people about each of very many bots would be what is measured
    many, few = measure(updates, updates), measure(updates, FEW)
    return {
        "delete_behind_many": many[0],
        "all_of_many": many[1],
        "delete_behind_few": few[0],
        "all_of_few": few[1],
    }


def measure(updates: int, bots: int) -> tuple[float, float]:
    """Return the seconds from the sending of the deletion to its write, and until all is worked off."""
    with tempfile.TemporaryDirectory() as folder:
        mongo, nats = Mongo(Path(folder)), Nats(Path(folder))
        mongo.start()
        nats.start()
        databases = Databases(mongo)
        try:
            nats.make_stream()
            return _measure(nats, databases, updates, bots)
        finally:
            databases.close()
            nats.stop()
            mongo.stop()


def _measure(nats: Nats, databases: Databases, updates: int, bots: int) -> tuple[float, float]:
    names, about = [f"bot{n:05}" for n in range(bots)], custom()
    store: MongoBotStore = databases.store()
    documents = [_document(name, n, about) for n, name in enumerate([*names, "gone"])]
    databases.database["bots"].insert_many(documents)
    positions = databases.database["the0_actors_positions"]
    with Service(nats.url, store).runtime as runtime:
        _await(lambda: len(runtime.holding({Phase.RUNNING})) == bots + 1)
        sent = [{"id": name, "config": {"name": name, "amount": 1.0}, "custom": about} for name in names]
        payloads = [json.dumps(one).encode() for one in sent]
        nats.publish([("the0.bot.updated", payloads[n % bots]) for n in range(updates)])
        nats.publish([("the0.bot.deleted", b'{"id":"gone"}')])
        began = time.perf_counter()
        _await(lambda: positions.find_one({"_id": "gone", "deleted": True}) is not None)
        deleted = time.perf_counter() - began
        _await(lambda: " wait" not in runtime.parts()[-1].note)
        return deleted, time.perf_counter() - began


def _document(name: str, number: int, about: dict[str, object]) -> dict[str, object]:
    event = BotEvent(Action.CREATED, name, {"name": name, "amount": 1.0}, about)
    return document_for(event, 1 + number // 100)


def _await(look: Callable[[], object]) -> None:
    until = time.perf_counter() + PATIENCE
    while not look():
        assert time.perf_counter() < until, "not worked off in time"
        time.sleep(0.05)


if __name__ == "__main__":
    answer({"ours": ours})
