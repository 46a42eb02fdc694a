"""The end of a change stream on a real server (P18)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from tests.parts.documents import BOT, at, created, document, updated
from tests.parts.mongo import Databases, Mongo
from tests.parts.waiting import until

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.mongo import settings as under_test
from the0_actors.adapters.mongo.store import MongoBotStore

pytestmark = pytest.mark.mongo

LOST = 286


@pytest.fixture
def store(databases: Databases) -> MongoBotStore:
    store = databases.store()
    store.installation("engine")
    return store


def follow(store: MongoBotStore) -> tuple[list[str], list[str], Callable[[], None]]:
    changed: list[str] = []
    ended: list[str] = []
    subscription = store.watch(changed.append, ended.append)
    assert subscription is not None
    return changed, ended, subscription.close


def test_p18_a_lost_resume_point_ends_the_stream_once_and_a_fresh_one_works(
    store: MongoBotStore, failing: Callable[..., None]
) -> None:
    changed, ended, _ = follow(store)
    failing({"times": 1}, failCommands=["getMore"], errorCode=LOST)
    until(lambda: ended, "the end is told")
    assert ended == ["the change stream's resume point is lost"]
    again, over, close = follow(store)
    store.apply(created(), at(1))
    until(lambda: BOT in again, "the fresh stream tells")
    close()
    assert changed == []
    assert over == []
    assert len(ended) == 1


def test_p18_a_stream_that_cannot_begin_is_unavailable(store: MongoBotStore, failing: Callable[..., None]) -> None:
    failing({"times": 1}, failCommands=["aggregate"], errorCode=LOST)
    with pytest.raises(Unavailable, match="resume point"):
        store.watch(print, print)


def test_a_hiccup_of_the_connection_is_resumed_without_a_gap(
    store: MongoBotStore, failing: Callable[..., None]
) -> None:
    changed, ended, close = follow(store)
    failing({"times": 1}, failCommands=["getMore"], closeConnection=True)
    store.apply(created(), at(1))
    until(lambda: BOT in changed, "the change is told")
    close()
    assert ended == []


def test_a_dead_server_ends_the_stream(own_mongo: Mongo) -> None:
    databases = Databases(own_mongo)
    store = databases.store(deadline=1.0)
    store.installation("engine")
    _, ended, _ = follow(store)
    own_mongo.kill()
    until(lambda: ended, "the end is told")
    own_mongo.start()
    until(lambda: _follows(store), "a fresh one works")
    databases.close()


def _follows(store: MongoBotStore) -> bool:
    try:
        changed, _, close = follow(store)
    except Unavailable:
        return False
    store.apply(created(), at(1))
    store.apply(updated(x=threading.get_ident()), None)
    until(lambda: BOT in changed, "the change is told")
    close()
    return True


class Answers(CommandListener):
    """How long the server took over each question whether anything changed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def started(self, event: CommandStartedEvent) -> None:
        pass

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if event.command_name == "getMore":
            self.seconds.append(event.duration_micros / 1e6)

    def failed(self, event: CommandFailedEvent) -> None:
        pass


def test_a_stream_in_which_nothing_changes_asks_seldom_and_hears_of_the_change_that_comes(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers()

    def listening(uri: str, **options: Any) -> MongoClient[dict[str, Any]]:
        return MongoClient(uri, event_listeners=[answers], **options)

    monkeypatch.setattr(under_test, "MongoClient", listening)
    store = databases.store()
    store.installation("engine")
    changed, _, close = follow(store)
    until(lambda: len(answers.seconds) >= 2, "it asked twice")
    assert all(seconds > 1.5 for seconds in answers.seconds)
    databases.database["bots"].insert_one(document())
    until(lambda: changed == [BOT], "the change is told")
    close()


def test_close_leaves_no_thread_behind(store: MongoBotStore) -> None:
    def followers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "mongo-changes"]

    until(lambda: not followers(), "those of other tests are gone")
    closes = [follow(store)[2] for _ in range(3)]
    assert len(followers()) == 3
    for close in closes:
        close()
    until(lambda: not followers(), "all followers are gone", seconds=5)
