"""A real MongoDB wire server, alone or as a replica set of one, and stores on databases of their own."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, ReplaceOne
from pymongo.database import Database
from tests.parts.processes import Server, free_port, program

from the0_actors.adapters.mongo.settings import MongoSettings
from the0_actors.adapters.mongo.store import MongoBotStore

_names = itertools.count()


class Mongo(Server):
    """A server and its data folder; it can be killed and started again with the same data."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        port = free_port()
        self._folder = folder
        self._port_arguments = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "data")]
        self._arguments = ["--log-level", "WARNING", "--cache-size", "128M", "--enable-test-commands", *arguments]
        super().__init__(self._command_line(), port, folder / "mongo.log")
        self.uri = f"mongodb://127.0.0.1:{port}"
        self.streams = "--standalone" not in arguments

    def admit(self, *arguments: str) -> None:
        """Restart it with more arguments."""
        self.stop()
        self._arguments += arguments
        self._command = self._command_line()
        self.start()

    def client(self) -> MongoClient[dict[str, Any]]:
        """Connect beside the store, as an operator would. The caller closes."""
        return MongoClient(self.uri, serverSelectionTimeoutMS=5000)

    def fail(self, mode: object, **data: object) -> None:
        """Arm the server's failpoint for commands; `mode` is "off", "alwaysOn" or a count of times."""
        with self.client() as client:
            client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)

    def _command_line(self) -> list[str]:
        return [program("secantusd-py"), *self._port_arguments, *self._arguments]


Contents = dict[str, list[dict[str, Any]]]
"""The documents of a database, by collection."""


def emptied(client: MongoClient[dict[str, Any]], name: str) -> Contents:
    """Drop a database; return what it held."""
    kept = {each: list(client[name][each].find()) for each in client[name].list_collection_names()}
    client.drop_database(name)
    return kept


def restore(client: MongoClient[dict[str, Any]], name: str, kept: Contents) -> None:
    """Have what a database held, in place of what came since.

    Our marker comes last, as whoever restores a database beneath a runtime has to see to: where it stands, the rest is
    believed.
    """
    client.drop_database(name)
    for each, documents in sorted(kept.items(), key=lambda one: one[0].endswith("_runtime")):
        # A runtime renews its lease meanwhile.
        writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
        if writes:
            client[name][each].bulk_write(writes)


class Databases:
    """Databases of one test on one server: fresh names, stores that are closed, and all dropped at its end."""

    def __init__(self, server: Mongo) -> None:
        self.server = server
        self.name = f"bots_{os.getpid()}_{next(_names)}"
        self.client = server.client()
        self._stores: list[MongoBotStore] = []

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self.client[self.name]

    def settings(self, **changes: Any) -> MongoSettings:
        """Return settings with short deadlines for this test's database."""
        quick = MongoSettings(self.server.uri, database=self.name, heartbeat=0.5)
        return replace(quick, **changes)

    def store(self, **changes: Any) -> MongoBotStore:
        """Open a store, as one more process would."""
        store = MongoBotStore(self.settings(**changes))
        self._stores.append(store)
        return store

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self.client.drop_database(self.name)
        self.client.close()


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongo]:
    """One replica set of one for the whole session."""
    yield from _running(Mongo(tmp_path_factory.mktemp("mongo")))


@pytest.fixture(scope="session")
def standalone_mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongo]:
    """One server without change streams for the whole session."""
    yield from _running(Mongo(tmp_path_factory.mktemp("standalone"), "--standalone"))


@pytest.fixture
def own_mongo(tmp_path: Path) -> Iterator[Mongo]:
    """A server that the test may kill."""
    yield from _running(Mongo(tmp_path))


@pytest.fixture
def databases(mongo: Mongo) -> Iterator[Databases]:
    """A database of its own on the session's server."""
    found = Databases(mongo)
    yield found
    found.close()


@pytest.fixture
def failing(mongo: Mongo) -> Iterator[Callable[..., None]]:
    """The session's failpoint, switched off at the end."""
    yield mongo.fail
    mongo.fail("off")


def _running(server: Mongo) -> Iterator[Mongo]:
    server.start()
    yield server
    server.stop()
