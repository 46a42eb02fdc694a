"""The stores that the suite of `ScheduleStore` runs over: a real server, and the fake that simulations use."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest
from tests.parts.mongo import Contents, Databases, Mongo, emptied, restore

from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.adapters.mongo.schedules import MongoScheduleStore
from the0_actors.adapters.testing.schedules import FakeScheduleStore, ScheduleWorld

NOW = 1767270630.5
"""2026-01-01T12:30:30.5Z."""


class Arena(Protocol):
    """One empty database, with a clock and a back door."""

    @property
    def now(self) -> float:
        """Unix seconds, as its stores see them."""
        ...

    @now.setter
    def now(self, value: float) -> None: ...

    def open(self) -> ScheduleStore:
        """Open a store on this database, as one more process does."""
        ...

    def stored(self, bot_id: str) -> Mapping[str, Any]:
        """Return the document that stands there for a schedule."""
        ...

    def put(self, document: Mapping[str, Any]) -> None:
        """Write a document as somebody else, in place of what is there."""
        ...

    def empty(self) -> None:
        """Lose everything."""
        ...

    def restore(self) -> None:
        """Have again what was lost, in place of what came since."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class MongoArena:
    """A database of its own on a real server."""

    def __init__(self, server: Mongo) -> None:
        self._databases = Databases(server)
        self._stores: list[MongoScheduleStore] = []
        self._kept: Contents = {}
        self.now = NOW

    def open(self) -> ScheduleStore:
        settings = self._databases.settings(collection="bot_schedules")
        store = MongoScheduleStore(settings, lambda: self.now)
        self._stores.append(store)
        store.installation("engine-1")
        return store

    def stored(self, bot_id: str) -> Mapping[str, Any]:
        (found,) = self._databases.database["bot_schedules"].find({"id": bot_id}, {"_id": 0})
        return found

    def put(self, document: Mapping[str, Any]) -> None:
        self._databases.database["bot_schedules"].replace_one({"id": document["id"]}, dict(document), upsert=True)

    def empty(self) -> None:
        self._kept = emptied(self._databases.client, self._databases.name)

    def restore(self) -> None:
        restore(self._databases.client, self._databases.name, self._kept)

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self._databases.close()


class FakeArena:
    """The fake."""

    def __init__(self) -> None:
        self._clock = VirtualClock(NOW)
        self._world = ScheduleWorld(self._clock)
        self._kept: Mapping[str, Any] = {}

    @property
    def now(self) -> float:
        return self._clock.wall()

    @now.setter
    def now(self, value: float) -> None:
        self._clock.step(value - self._clock.wall())

    def open(self) -> ScheduleStore:
        store = FakeScheduleStore(self._world)
        store.installation("engine-1")
        return store

    def stored(self, bot_id: str) -> Mapping[str, Any]:
        return self._world.schedules[bot_id]

    def put(self, document: Mapping[str, Any]) -> None:
        self._world.schedules[document["id"]] = dict(document)

    def empty(self) -> None:
        self._kept = self._world.empty()

    def restore(self) -> None:
        self._world.restore(self._kept)

    def close(self) -> None:
        pass


def _fake(_request: pytest.FixtureRequest) -> Arena:
    return FakeArena()


ARENAS: dict[str, Callable[[pytest.FixtureRequest], Arena]] = {
    "fake": _fake,
    "mongo": lambda request: MongoArena(request.getfixturevalue("mongo")),
    "mongo-standalone": lambda request: MongoArena(request.getfixturevalue("standalone_mongo")),
}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.mongo if "mongo" in name else ()) for name in ARENAS])
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Run the suite over each of them."""
    arena = ARENAS[request.param](request)
    yield arena
    arena.close()


@pytest.fixture
def store(arena: Arena) -> ScheduleStore:
    """A store that knows its installation."""
    return arena.open()
