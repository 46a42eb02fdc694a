"""Promises about the installation and the lease."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.contract.store.conftest import Arena
from tests.parts.documents import BOT, created, deleted, document
from tests.parts.waiting import until

from the0_actors.actors.domain.answers import Deleted, Wanted
from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.store import BotStore, Lease


def test_installation_is_made_once_and_keeps_its_first_engine(arena: Arena) -> None:
    first = arena.open().installation("engine-1")
    assert re.fullmatch("[0-9a-f]{12}", first.id)
    assert first.engine == "engine-1"
    assert arena.open().installation("engine-2") == first


def test_an_engine_is_recorded_when_the_first_runtime_had_none(arena: Arena) -> None:
    first = arena.open().installation("")
    assert first.engine == ""
    assert arena.open().installation("engine-1").engine == "engine-1"


def test_runtimes_that_begin_together_agree(arena: Arena) -> None:
    stores = [arena.open() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = [pool.submit(store.installation, f"engine-{number}") for number, store in enumerate(stores)]
    assert len({one.result() for one in found}) == 1


def test_an_engine_named_like_a_field_is_only_a_text(arena: Arena) -> None:
    assert arena.open().installation("$id").engine == "$id"


def test_p06_an_emptied_database_is_not_an_empty_fleet(arena: Arena, store: BotStore) -> None:
    store.apply(created(), None)
    arena.empty()
    with pytest.raises(Unavailable, match="marker is gone"):
        store.list()
    with pytest.raises(Unavailable, match="marker is gone"):
        store.read(BOT)
    with pytest.raises(Unavailable, match="marker is gone"):
        store.installation("engine-1")
    with pytest.raises(Unavailable, match="marker is gone"):
        store.buried(0.0)


def test_p06_another_database_under_the_same_name_is_noticed(arena: Arena, store: BotStore) -> None:
    arena.empty()
    other = arena.open()
    other.installation("engine-1")
    other.apply(deleted("gone"), None)
    arena.insert(document())
    with pytest.raises(Unavailable, match="marker is"):
        store.list()
    with pytest.raises(Unavailable, match="marker is"):
        store.buried(0.0)  # its graves are not ours
    assert isinstance(other.read(BOT), Wanted)
    assert other.buried(0.0) == ("gone",)


def test_p42_one_holder_at_a_time(store: BotStore) -> None:
    assert store.lease("a", "host-a", 30) == Lease(holder="a", mine=True, host="host-a")
    assert store.lease("b", "host-b", 30) == Lease(holder="a", mine=False, host="host-a")
    assert store.lease("a", "host-a", 30).mine


def test_p42_of_many_that_ask_at_once_one_gets_the_lease(arena: Arena, store: BotStore) -> None:
    stores = [arena.open() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(store.lease, f"holder-{number}", "host", 30) for number, store in enumerate(stores)]
    leases = [one.result() for one in asked]
    assert sum(lease.mine for lease in leases) == 1
    assert len({lease.holder for lease in leases}) == 1


def test_p42_a_stale_lease_expires_by_itself(store: BotStore) -> None:
    store.lease("a", "host-a", 0.2)
    until(lambda: store.lease("b", "host-b", 30).mine, "the lease expires")
    assert not store.lease("a", "host-a", 30).mine


def test_p42_a_renewed_lease_does_not_expire(store: BotStore) -> None:
    store.lease("a", "host-a", 0.3)
    store.lease("a", "host-a", 60)
    deadline = time.monotonic() + 0.6
    while time.monotonic() < deadline:
        assert store.lease("b", "host-b", 30).holder == "a"


def test_a_released_lease_is_free_at_once(store: BotStore) -> None:
    store.lease("a", "host-a", 60)
    store.release("b")
    assert not store.lease("b", "host-b", 60).mine
    store.release("a")
    assert store.lease("b", "host-b", 60).mine


def test_p54_a_holder_named_like_a_field_is_only_a_text(store: BotStore) -> None:
    assert store.lease("$host", "$holder", 30) == Lease(holder="$host", mine=True, host="$holder")


def test_the_lease_of_a_dead_holder_is_taken_over_by_name(store: BotStore) -> None:
    assert store.lease("first", "host", 9.0).mine
    assert not store.lease("second", "host", 9.0).mine
    assert not store.lease("second", "host", 9.0, steal_from="another").mine
    assert store.lease("second", "host", 9.0, steal_from="first").mine
    assert not store.lease("first", "host", 9.0).mine


def test_peeking_makes_nothing(arena: Arena) -> None:
    store = arena.open()
    assert store.peek() is None
    made = store.installation("engine-1")
    assert store.peek() == made


def test_who_peeked_at_nothing_can_read_nothing(arena: Arena) -> None:
    """`deploy` and `--dry-run` come before the first runtime too."""
    store = arena.open()
    assert store.peek() is None
    assert (dict(store.list().digests), store.read("bot1")) == ({}, Deleted())
    arena.open().installation("engine-1")
    assert store.read("bot1") == Deleted()
    assert store.peek() is not None
    arena.empty()
    with pytest.raises(Unavailable):
        store.read("bot1")
