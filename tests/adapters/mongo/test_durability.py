"""What a write waits for before it counts as done."""

from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.parts.documents import BOT, STREAM, at, created, deleted, updated
from tests.parts.mongo import Databases, Mongo

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.events import Applied
from the0_actors.adapters.mongo import settings as under_test
from the0_actors.adapters.mongo.settings import MongoSettings, connect

pytestmark = pytest.mark.mongo
WRITES = frozenset({"insert", "update", "delete", "findAndModify", "bulkWrite"})
JOURNAL = {"w": "majority", "j": True}


class Asked(CommandListener):
    """What each write asked the server for."""

    def __init__(self) -> None:
        self.concerns: list[tuple[str, Mapping[str, Any] | None]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in WRITES:
            self.concerns.append((event.command_name, event.command.get("writeConcern")))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def test_p45_what_is_acknowledged_to_the_stream_is_in_the_journal(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()

    def listening(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
        return MongoClient(uri, event_listeners=[asked], **options)

    monkeypatch.setattr(under_test, "MongoClient", listening)
    store = databases.store()
    store.installation("engine")
    for number, event in enumerate((created(), updated(x=1), deleted()), 1):
        assert store.apply(event, at(number)) is Applied.WRITTEN
    store.hold("other", "why")
    store.unhold("other")
    assert store.lease("a", "host", 9.0).mine
    store.release("a")
    assert {name for name, _ in asked.concerns} >= {"update", "delete", "findAndModify"}
    assert [(name, concern) for name, concern in asked.concerns if concern != JOURNAL] == []


def test_p45_an_acknowledged_event_outlives_a_killed_server(own_mongo: Mongo) -> None:
    own_mongo.admit("--sync-on-commit")  # as every MongoDB does that is asked for its journal
    databases = Databases(own_mongo)
    store = databases.store()
    store.installation("engine")
    for number in range(1, 51):
        store.apply(created() if number == 1 else updated(x=number), at(number))
        if number % 10 == 0:
            own_mongo.kill()
            own_mongo.start()
            found = databases.store()
            assert isinstance(found.read(BOT), Wanted)
            assert found.streams() == {STREAM: number}, f"event {number} was acknowledged and is gone"
    databases.close()


@pytest.mark.parametrize(
    ("options", "concern"),
    [
        ("", JOURNAL),
        ("?retryWrites=true", JOURNAL),
        ("?w=1", {"w": 1, "j": True}),
        ("?W=2&journal=false", {"w": 2, "j": False}),
        ("?journal=false", {"w": "majority", "j": False}),
    ],
)
def test_the_connection_string_has_the_last_word(options: str, concern: Mapping[str, Any]) -> None:
    with connect(MongoSettings(f"mongodb://127.0.0.1:1/{options}")) as client:
        assert client.write_concern.document == concern
