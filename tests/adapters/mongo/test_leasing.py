"""The lease is renewed on connections of its own: whatever else is asked for, it waits for none of it."""

import threading
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.parts.documents import BOT
from tests.parts.mongo import Databases
from tests.parts.waiting import until

from the0_actors.adapters.mongo import settings as under_test

pytestmark = pytest.mark.mongo


class Connections(CommandListener):
    """Counts reads of documents, and can hold them up."""

    def __init__(self) -> None:
        self.waiting = 0
        self.gate = threading.Event()
        self.gate.set()

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find" and event.command.get("find") == "bots":
            self.waiting += 1
            self.gate.wait()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def test_a_renewal_waits_behind_no_read(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection of the store is taken: by reads that do not come back."""
    seen = Connections()

    def listening(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
        options.setdefault("maxPoolSize", 3)
        return MongoClient(uri, event_listeners=[seen], **options)

    monkeypatch.setattr(under_test, "MongoClient", listening)
    store = databases.store()
    store.installation("engine")
    assert store.lease("me", "host", 9.0).mine
    seen.gate.clear()
    readers = [threading.Thread(target=store.read, args=(BOT,)) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        until(lambda: seen.waiting == 3, "all connections are taken")
        assert store.lease("me", "host", 9.0).mine
        store.ping()
        store.release("me")
    finally:
        seen.gate.set()
        for reader in readers:
            reader.join()
