"""The marker is looked at last: what was answered before may come from a database that was emptied in between."""

from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.parts.documents import BOT, at, created, document, updated
from tests.parts.mongo import Databases

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.errors import OtherDatabase
from the0_actors.adapters.mongo import settings as under_test
from the0_actors.adapters.mongo.identity import Answer, Identity
from the0_actors.adapters.mongo.schedules import MongoScheduleStore
from the0_actors.adapters.mongo.settings import connect
from the0_actors.adapters.mongo.store import MongoBotStore
from the0_actors.adapters.mongo.tables import Tables

pytestmark = pytest.mark.mongo
NOW = 1767270630.5


class Meddler(CommandListener):
    """Does something right before the client's so-manieth command, once."""

    def __init__(self) -> None:
        self.after = -1
        self.seen: list[str] = []
        self.meddle: Callable[[], object] = lambda: None

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"hello", "ping", "endSessions"}:
            return
        if len(self.seen) == self.after:
            self.meddle()
        self.seen.append(str(event.command.get(event.command_name)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass

    def arm(self, after: int, meddle: Callable[[], object]) -> None:
        """Let `after` more commands pass first."""
        self.after, self.meddle, self.seen = after, meddle, []


@pytest.fixture
def meddler(monkeypatch: pytest.MonkeyPatch) -> Meddler:
    """Listens to every client that is made from now on."""
    meddler = Meddler()

    def listening(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
        return MongoClient(uri, event_listeners=[meddler], **options)

    monkeypatch.setattr(under_test, "MongoClient", listening)
    return meddler


def test_a_marker_that_a_server_did_not_read_last_is_looked_at_again(databases: Databases, meddler: Meddler) -> None:
    store = databases.store()
    made = store.installation("engine")
    identity = Identity(Tables(client := connect(databases.settings()), databases.name, "bots"))
    marker: Answer = {"marker": {"_id": "installation", "id": made.id}}
    other: Answer = {"_id": "other"}
    meddler.arm(-1, lambda: None)
    assert list(identity.checked([other, marker])) == [other]
    assert meddler.seen == []
    assert list(identity.checked([marker, other])) == [other]
    assert len(meddler.seen) == 1
    databases.client.drop_database(databases.name)
    for answers in ([marker, other], [other], []):
        with pytest.raises(OtherDatabase):
            list(identity.checked(answers))
    client.close()


CALLS: dict[str, Callable[[MongoScheduleStore], object]] = {
    "claim": lambda store: store.claim(BOT, 1767270660, "me", NOW),
    "apply": lambda store: store.apply(updated(x=2), at(2)),
    "runs": lambda store: store.runs(BOT, 5),
    "open_run": lambda store: store.open_run(BOT),
}


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("others", [0, 3, 150])
def test_p06_a_document_of_a_database_emptied_at_any_moment_of_a_read_is_not_believed(
    databases: Databases, meddler: Meddler, after: int, others: int
) -> None:
    """Read alone, with a few, and in a pass over all."""
    store: MongoBotStore = databases.store()
    store.installation("engine")
    store.apply(created(x="ours"), at(1))

    def swap() -> None:
        databases.client.drop_database(databases.name)
        databases.database["bots"].insert_one(document(x="theirs"))

    meddler.arm(after, swap)
    try:
        found = store.read_all([BOT, *(f"other{n}" for n in range(others))])[BOT]
    except OtherDatabase:
        return
    assert isinstance(found, Wanted)
    assert "theirs" not in found.spec.config_json
    assert len(meddler.seen) <= after, "it was emptied before the last look"


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_p09_no_call_succeeds_whose_last_look_was_not_at_the_marker(
    databases: Databases, meddler: Meddler, call: Callable[[MongoScheduleStore], object], after: int
) -> None:
    store = MongoScheduleStore(databases.settings(collection="bot_schedules"), lambda: NOW)
    store.installation("engine")
    store.apply(created(schedule="0 0 * * *"), at(1))
    meddler.arm(after, lambda: databases.client.drop_database(databases.name))
    try:
        call(store)
    except OtherDatabase:
        return
    finally:
        store.close()
    assert len(meddler.seen) <= after, "it was emptied before the last look"
