"""A database that was emptied under us, or is another one now: nothing that it says is believed, until it is back.

Over a real server and over the fake that simulations use.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pytest
from tests.parts.documents import BOT, at, created, deleted, document, updated
from tests.parts.mongo import Contents, Databases, Mongo, emptied, restore
from tests.parts.waiting import until

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.errors import OtherDatabase
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.ports.store import NO_MARKS, BotStore, Installation, Marks
from the0_actors.adapters.testing.store import FakeStore, StoreWorld, spec_of


class Arena(Protocol):
    """One database that can be lost and found again."""

    def open(self) -> BotStore:
        """Open a store on this database, as one more process does."""
        ...

    def put(self, bot_id: str) -> None:
        """Write a bot's document as somebody else."""
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
        self._kept: Contents = {}

    def open(self) -> BotStore:
        return self._databases.store()

    def put(self, bot_id: str) -> None:
        self._databases.database["bots"].insert_one(dict(document(bot_id)))

    def empty(self) -> None:
        self._kept = emptied(self._databases.client, self._databases.name)

    def restore(self) -> None:
        restore(self._databases.client, self._databases.name, self._kept)

    def close(self) -> None:
        self._databases.close()


class FakeArena:
    """The fake."""

    def __init__(self) -> None:
        self._world = StoreWorld(VirtualClock())
        self._kept: Mapping[str, Any] = {}

    def open(self) -> BotStore:
        return FakeStore(self._world)

    def put(self, bot_id: str) -> None:
        self._world.put(bot_id, Wanted(spec_of(bot_id)))

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

CALLS: dict[str, Callable[[BotStore], object]] = {
    "list": lambda store: store.list(),
    "read": lambda store: store.read(BOT),
    "read all": lambda store: store.read_all([BOT, "nobody"]),
    "read of nothing": lambda store: store.read("nobody"),
    "apply": lambda store: store.apply(updated(x=2), at(9)),
    "apply all": lambda store: store.apply_all([(updated(x=2), at(9))]),
    "apply deleted": lambda store: store.apply(deleted(), at(9)),
    "streams": lambda store: store.streams(),
    "buried": lambda store: store.buried(0.0),
    "forgotten": lambda store: store.forgotten(BOT),
    "hold": lambda store: store.hold(BOT, "why"),
    "unhold": lambda store: store.unhold(BOT),
    "installation": lambda store: store.installation("engine-1"),
}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.mongo if "mongo" in name else ()) for name in ARENAS])
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Run the suite over each of them."""
    arena = ARENAS[request.param](request)
    yield arena
    arena.close()


@pytest.fixture
def store(arena: Arena) -> BotStore:
    """A store that knows its installation and one bot."""
    store = arena.open()
    store.installation("engine-1")
    store.apply(created(), at(1))
    return store


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_p06_what_comes_into_a_database_that_was_emptied_under_us_is_not_believed(
    arena: Arena, store: BotStore, call: Callable[[BotStore], object]
) -> None:
    arena.empty()
    arena.put(BOT)
    with pytest.raises(OtherDatabase, match="marker is gone"):
        call(store)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_p06_nothing_is_done_with_what_another_installations_database_says(
    arena: Arena, store: BotStore, call: Callable[[BotStore], object]
) -> None:
    arena.empty()
    other = arena.open()
    other.installation("engine-2")
    other.apply(created(), at(1))
    before = other.read(BOT)
    with pytest.raises(OtherDatabase, match="marker is"):
        call(store)
    assert other.read(BOT) == before, "what is another installation's was written to"


def test_when_the_old_database_is_restored_beneath_us_we_go_on(arena: Arena, store: BotStore) -> None:
    before, installation = store.list(), store.installation("engine-1")
    arena.empty()
    arena.open().installation("engine-2")
    arena.restore()
    assert store.installation("engine-1") == installation
    assert store.list().digests == before.digests
    assert isinstance(store.read(BOT), Wanted)
    until(lambda: store.lease("me", "host", 9.0).mine, "the lease is to be had again")


def test_the_lease_goes_on_in_an_emptied_database_so_that_what_crashes_is_started_again(
    arena: Arena, store: BotStore
) -> None:
    assert store.lease("me", "host", 9.0).mine
    arena.empty()
    assert store.lease("me", "host", 9.0).mine


NEW = "ba9876543210"


def test_whose_a_database_is_can_be_asked_at_any_time_and_makes_nothing(arena: Arena) -> None:
    store = arena.open()
    assert store.marks() == NO_MARKS
    made = store.installation("engine-1")
    assert store.marks() == Marks(made, made)
    arena.empty()
    assert store.marks() == NO_MARKS


def test_who_found_a_marker_makes_none_in_its_place_when_the_database_is_emptied_meanwhile(arena: Arena) -> None:
    arena.open().installation("engine-1")
    store = arena.open()
    found = store.marks()
    arena.empty()
    with pytest.raises(OtherDatabase, match="marker is gone"):
        store.installation("engine-1", found)
    assert store.marks() == NO_MARKS, "nothing was made"
    arena.open().installation("engine-1")
    with pytest.raises(OtherDatabase, match="marker is"):
        store.installation("engine-1", found)
    arena.restore()
    assert store.installation("engine-1", found) == found.owner


def test_who_found_no_marker_goes_on_with_the_one_that_another_made_meanwhile(arena: Arena) -> None:
    store = arena.open()
    found = store.marks()
    made = arena.open().installation("engine-1")
    assert store.installation("engine-1", found) == made


def test_an_installation_is_adopted_into_a_database_that_names_none(arena: Arena, store: BotStore) -> None:
    old = store.installation("engine-1")
    arena.empty()
    another = arena.open()
    adopted = another.adopt(old.id, "engine-1", "")
    assert adopted == Installation(old.id, "engine-1")
    assert another.installation("engine-1") == adopted
    assert store.list().digests == {}, "it is ours again, as it is"
    store.apply(created(), at(1))
    assert isinstance(another.read(BOT), Wanted)


def test_an_installation_gives_way_to_the_one_that_is_adopted_and_is_remembered_as_given_up(
    arena: Arena, store: BotStore
) -> None:
    old, another = store.installation("engine-1"), arena.open()
    assert another.adopt(NEW, "engine-2", old.id) == Installation(NEW, "engine-2", (old.id,))
    assert another.adopt(NEW, "engine-2", old.id) == Installation(NEW, "engine-2", (old.id,)), "told twice"
    assert arena.open().installation("engine-2") == Installation(NEW, "engine-2", (old.id,))
    assert isinstance(another.read(BOT), Wanted)
    with pytest.raises(OtherDatabase):
        store.read(BOT)
    back = arena.open().adopt(old.id, "engine-1", NEW)
    assert back == Installation(old.id, "engine-1", (NEW,)), "who is back is not given up"
    assert isinstance(store.read(BOT), Wanted)


def test_an_adoption_changes_nothing_that_it_did_not_expect(arena: Arena, store: BotStore) -> None:
    old = store.installation("engine-1")
    for expected in ("", "cccccccccccc"):
        assert arena.open().adopt(NEW, "engine-2", expected) == old
    assert store.installation("engine-1") == old


def test_an_installation_moves_to_another_engine(arena: Arena, store: BotStore) -> None:
    old = store.installation("engine-1")
    assert store.adopt(old.id, "engine-2", old.id) == Installation(old.id, "engine-2")
    assert isinstance(store.read(BOT), Wanted)


def test_of_two_who_adopt_at_once_one_is_followed_by_both(arena: Arena) -> None:
    stores, ids = [arena.open() for _ in range(6)], [f"{number:012x}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        adopting = [pool.submit(store.adopt, id_, "engine-1", "") for store, id_ in zip(stores, ids, strict=True)]
    assert len({one.result() for one in adopting}) == 1
