"""What the suite needs of a store under test, and the stores it runs over.

A further store joins by a factory in `ARENAS`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import pytest
from tests.parts.mongo import Databases, Mongo

from the0_actors.actors.ports.store import BotStore


class Arena(Protocol):
    """One empty database, with a back door through which others write."""

    streams: bool
    """Whether `watch` can work here."""

    def open(self) -> BotStore:
        """Open a store on this database, as one more process does."""
        ...

    def unreachable(self) -> BotStore:
        """Open a store whose database does not answer."""
        ...

    def insert(self, document: Mapping[str, Any]) -> None:
        """Write a document as somebody else; a later one is a newer one."""
        ...

    def replace(self, bot_id: str, document: Mapping[str, Any]) -> None:
        """Rewrite a bot's document as somebody else."""
        ...

    def documents(self, bot_id: str) -> list[Mapping[str, Any]]:
        """Return what stands there for a bot."""
        ...

    def empty(self) -> None:
        """Lose everything, as when another database is pointed at."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class MongoArena:
    """A database of its own on a real server."""

    def __init__(self, server: Mongo) -> None:
        self._databases = Databases(server)
        self.streams = server.streams

    def open(self) -> BotStore:
        return self._databases.store()

    def unreachable(self) -> BotStore:
        return self._databases.store(uri="mongodb://127.0.0.1:1", deadline=0.3)

    def insert(self, document: Mapping[str, Any]) -> None:
        self._databases.database["bots"].insert_one(dict(document))

    def replace(self, bot_id: str, document: Mapping[str, Any]) -> None:
        self._databases.database["bots"].replace_one({"id": bot_id}, dict(document))

    def documents(self, bot_id: str) -> list[Mapping[str, Any]]:
        return list(self._databases.database["bots"].find({"id": bot_id}))

    def empty(self) -> None:
        self._databases.client.drop_database(self._databases.name)

    def close(self) -> None:
        self._databases.close()


ARENAS: dict[str, Callable[[pytest.FixtureRequest], Arena]] = {
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
def store(arena: Arena) -> BotStore:
    """A store that knows its installation."""
    store = arena.open()
    store.installation("engine-1")
    return store
