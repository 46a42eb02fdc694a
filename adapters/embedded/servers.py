"""The embedded default: a database, NATS and an object store of our own, as child processes on loopback.

They end with the runtime, even when it is killed. What they hold stays in the data folder. Nobody here decides to
start one again; `check` tells who ended, `restart` is told by a supervisor. Calls block; from any thread.
"""

import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from the0_actors.actors.errors import Refused, The0ActorsError, Unavailable
from the0_actors.adapters.embedded import recipes
from the0_actors.adapters.embedded.child import Child, Recipe
from the0_actors.adapters.embedded.memory import DataFolder, Memory
from the0_actors.adapters.embedded.pace import Pace

log = structlog.get_logger(__name__)

MakeUser = Callable[[str, str, str], None]
"""Makes a user with all rights in a database without one: URI, name, password. Blocks; raises on failure."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers are, with what opens them."""

    mongo_uri: str = field(repr=False)
    nats_url: str = field(repr=False)
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str = field(repr=False)


class EmbeddedServers:
    """The three servers of one data folder: `mongo`, `nats`, `s3`."""

    NAMES = ("mongo", "nats", "s3")

    def __init__(self, folder: Path, make_user: MakeUser, pace: Pace | None = None, within: float = 60.0) -> None:
        """`within` so many seconds a server must answer."""
        self._folder = DataFolder(folder.absolute())
        self._make_user = make_user
        self._pace = pace or Pace()
        self._within = within
        self._children: dict[str, Child] = {}
        self._gate = threading.RLock()
        # Its one thread lives until `stop`: children are tied to the thread that started them.
        self._spawner: ThreadPoolExecutor | None = None

    def start(self) -> Endpoints:
        """Start all three and wait until they answer. What an earlier runtime left running is ended first.

        Raises `PortInUse` when another process has the folder; `CannotEmbed`: not writable, of another version, a
        program missing, a port taken, no answer.
        """
        with self._gate:
            self._folder.lock()
            self._spawner = ThreadPoolExecutor(1, "embedded-spawner")
            try:
                return self._start(self._folder.recall())
            except BaseException:
                self.stop()
                raise

    def _start(self, memory: Memory) -> Endpoints:
        folder = self._folder.path
        made = (recipes.mongo(folder, memory), recipes.nats(folder, memory), recipes.s3(folder, memory))
        self._children = {recipe.name: self._child(recipe) for recipe in made}
        for child in self._children.values():
            child.end_leftover()
        for name in ("nats", "s3"):
            self._children[name].start()
        if not memory.mongo_has_user:
            self._introduce_user(memory)
        self._children["mongo"].start()
        for child in self._children.values():
            child.await_ready(self._within)
        log.info("embedded_started", folder=str(folder))
        return _endpoints(memory)

    def _introduce_user(self, memory: Memory) -> None:
        """Give the database its user. It has no other data yet, so an attempt that was cut short begins anew."""
        data = self._folder.path / "mongo"
        shutil.rmtree(data)
        data.mkdir(mode=0o700)
        open_to_all = self._child(recipes.mongo(self._folder.path, memory, auth=False))
        open_to_all.start()
        try:
            open_to_all.await_ready(self._within)
            self._make_user(
                f"mongodb://{recipes.HOST}:{memory.ports['mongo']}/", memory.user, memory.passwords["mongo"]
            )
        finally:
            open_to_all.stop()
        self._folder.mongo_has_user(memory)

    def check(self) -> Mapping[str, str]:
        """Return who ended, and how; empty while all run. Also keeps the logs within their bound."""
        with self._gate:
            for child in self._children.values():
                child.trim()
            ends = {name: child.ended() for name, child in self._children.items()}
            return {name: how for name, how in ends.items() if how is not None}

    def restart(self, name: str) -> None:
        """End one server if it runs, start it and wait until it answers. Raises `CannotEmbed`.

        Before `start` and after `stop` nothing is started: `The0ActorsError`.
        """
        with self._gate:
            child = self._children.get(name)
            if child is None:
                raise The0ActorsError(f"the embedded servers do not run; {name} is not started")
            child.stop()
            child.start()
            child.await_ready(self._within)

    def stop(self) -> None:
        """End all at once and wait for that. May be called twice."""
        with self._gate:
            if self._children:
                with ThreadPoolExecutor(len(self._children), "embedded-stop") as stops:
                    list(stops.map(Child.stop, self._children.values()))
            self._children = {}
            if self._spawner is not None:
                self._spawner.shutdown()
                self._spawner = None
            self._folder.unlock()

    def _child(self, recipe: Recipe) -> Child:
        assert self._spawner is not None
        return Child(recipe, self._folder.path, self._spawner, self._pace)


def check_installed() -> None:
    """Raise `CannotEmbed` for the first server whose program is not there."""
    for name in EmbeddedServers.NAMES:
        recipes.program(name)


def running_endpoints(folder: Path) -> Endpoints:
    """Return where the servers of a data folder are, when a living runtime keeps them. Raises `Unavailable`."""
    data = DataFolder(folder.absolute())
    if not data.in_use():
        raise Unavailable("the embedded servers", f"no runtime keeps {folder}; `the0-actors run` starts one")
    return _endpoints(data.recall())


def remove_data(folder: Path) -> None:
    """Remove the servers' data. Raises `Refused` while a runtime keeps them; absent is fine."""
    if DataFolder(folder.absolute()).in_use():
        raise Refused(f"the embedded servers under {folder} are running; end the runtime first")
    shutil.rmtree(folder, ignore_errors=True)


def _endpoints(memory: Memory) -> Endpoints:
    user, passwords, ports = memory.user, memory.passwords, memory.ports
    return Endpoints(
        mongo_uri=f"mongodb://{user}:{passwords['mongo']}@{recipes.HOST}:{ports['mongo']}/?authSource=admin",
        nats_url=f"nats://{user}:{passwords['nats']}@{recipes.HOST}:{ports['nats']}",
        s3_endpoint=f"{recipes.HOST}:{ports['s3']}",
        s3_access_key=user,
        s3_secret_key=passwords["s3"],
    )
