"""A dependency goes away and comes back while bots run: nobody is stopped, nothing is forgotten, and we say so."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parts.docker import unclosed_sockets
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.proxy import Proxy
from tests.parts.runtimes import World, Worlds, bot, expect_part, expect_phase
from tests.parts.s3 import S3
from tests.parts.waiting import until

from the0_actors.actors.ports.status import Phase
from the0_actors.supervisors.runtime import Runtime

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]


class Even(random.Random):
    """Chance that always falls in the middle."""

    def random(self) -> float:
        return 0.5


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[S3]:
    """An S3 server that the test may stop."""
    server = S3(tmp_path)
    server.start()
    yield server
    server.stop()


def test_p10_p11_p43_p45_what_is_sent_while_the_database_is_away_is_applied_when_it_is_back(
    own_mongo: Mongo, nats: Nats, worlds: Worlds
) -> None:
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    edited, deleted, revived, left, new = ids = world.ids(5)
    with world.runtime(lease_term=2.0) as runtime:
        world.platform.created(*ids[:4])
        world.expect_running(*ids[:4])
        until(runtime.ready, "it is ready")
        first = world.sight.running()

        own_mongo.stop()
        world.platform.updated(edited, symbol="ETH/USD")
        world.platform.deleted(deleted)
        world.platform.deleted(revived)
        world.platform.updated(revived, symbol="ETH/USD")  # out of order: what was deleted stays so
        world.platform.created(new)
        world.platform.created(new)
        expect_part(runtime.status, "lease", ok=False)
        assert (runtime.alive(), runtime.ready(), runtime.status_role()) == (True, False, "active")
        assert world.sight.running() == first

        own_mongo.start()
        world.expect_running(edited, left, new)
        until(lambda: world.sight.running().get(edited, first[edited]) != first[edited], "the edit is applied")
        until(runtime.ready, "it is ready again")
        assert world.sight.running()[left] == first[left]
    documents = list(world.bots.find())
    assert sorted(document["id"] for document in documents) == sorted((edited, left, new))
    counts = {one["_id"]: one["bot_count"] for one in world.databases.database["partitions"].find()}
    assert counts == {document["segment_id"]: len(documents) for document in documents}
    assert world.sight.doubled() == []


def test_p11_p12_nats_goes_and_comes_back_and_so_do_we(world: World) -> None:
    world.platform.upload("1.0.0")
    nats = world.platform.nats
    assert nats is not None
    edited, deleted, left, new = ids = world.ids(4)
    with world.runtime() as runtime:
        world.platform.created(*ids[:3])
        world.expect_running(*ids[:3])
        nats.stop()
        expect_part(runtime.status, "nats", ok=False)
        assert (runtime.alive(), runtime.ready()) == (True, True)
        world.bots.update_one({"id": edited}, {"$set": {"config.symbol": "by the database alone"}})
        expect_incarnation(world, edited, 2)
        nats.start()
        expect_part(runtime.status, "nats", ok=True)
        world.platform.updated(edited, symbol="over NATS again")
        expect_incarnation(world, edited, 3)
    world.platform.updated(edited, symbol="while nobody ran")
    world.platform.deleted(deleted)
    world.platform.created(new)
    kept = world.sight.running()[left]
    with world.runtime():
        world.expect_running(edited, left, new)
        expect_incarnation(world, edited, 4)
    assert world.sight.running()[left] == kept
    assert world.sight.doubled() == []


def test_p01_without_the_code_store_attempts_grow_sparse_and_what_ran_goes_on(
    mongo: Mongo, nats: Nats, own_store: S3, worlds: Worlds
) -> None:
    nats.make_stream()
    world = worlds(mongo, nats, own_store)
    for version in ("1.0.0", "1.1.0"):
        world.platform.upload(version)
    ids = world.ids(8)
    killed, bumped, fresh = ids[0], ids[1], ids[3:]
    with world.runtime(rng=Even()) as runtime:
        world.platform.created(*ids[:3])
        for bot_id in ids[:3]:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        own_store.stop()
        world.platform.created(*fresh)
        world.platform.updated(bumped, version="1.1.0")
        world.sight.client.kill(world.sight.running()[killed].id)  # it comes back from its own container alone
        until(lambda: all(waits(runtime, bot_id) > 2.0 for bot_id in fresh), "attempts grow sparse")
        expect_phase(runtime, fresh[0], Phase.BACKOFF, "objects")
        expect_phase(runtime, bumped, Phase.RUNNING, "runs on; the wanted version is not ready: objects")
        expect_incarnation(world, killed, 2)
        assert set(world.sight.running()) == set(ids[:3])
        assert world.sight.count("create") == 4

        own_store.start()
        world.expect_running(*ids)
        expect_incarnation(world, bumped, 2)
        for bot_id in ids:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
    assert world.sight.count("create") == len(ids) + 2
    assert world.sight.doubled() == []


@unclosed_sockets()
def test_p16_p43_the_engine_goes_away_and_comes_back(world: World, tmp_path: Path) -> None:
    world.platform.upload("1.0.0")
    killed, edited, left, new = ids = world.ids(4)
    path = tmp_path / "docker.sock"
    upstream = world.settings.docker.host.removeprefix("unix://")
    settings = replace(world.settings, docker=replace(world.settings.docker, host=f"unix://{path}"))
    with Proxy(path, upstream) as proxy, world.runtime(settings) as runtime:
        world.platform.created(*ids[:3])
        for bot_id in ids[:3]:
            expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        first = world.sight.running()
        proxy.down()
        expect_part(runtime.status, "engine", ok=False)
        assert (runtime.alive(), runtime.ready()) == (True, False)
        world.sight.client.kill(first[killed].id)
        world.platform.updated(edited, symbol="ETH/USD")
        world.platform.created(new)
        expect_phase(runtime, new, Phase.UNKNOWN, "cannot list the containers")
        proxy.up()
        expect_incarnation(world, killed, 2)
        expect_incarnation(world, edited, 2)
        world.expect_running(*ids)
        until(runtime.ready, "it is ready again")
    assert world.sight.running()[left] == first[left]
    assert world.sight.doubled() == []


def expect_incarnation(world: World, bot_id: str, incarnation: int) -> None:
    """Wait until that incarnation of a bot runs."""

    def look() -> bool:
        found = world.sight.running().get(bot_id)
        return found is not None and found.incarnation == incarnation

    until(look, f"incarnation {incarnation} of {bot_id} runs", 30)


def waits(runtime: Runtime, bot_id: str) -> float:
    """Return the seconds to the next try."""
    found = bot(runtime, bot_id)
    return 0.0 if found is None or found.retry_in is None else found.retry_in
