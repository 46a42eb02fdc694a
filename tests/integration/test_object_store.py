"""The object store is a part: what is wrong with it shows within seconds, and readiness follows."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.parts.mongo import Mongo
from tests.parts.runtimes import World, Worlds
from tests.parts.s3 import S3
from tests.parts.waiting import until

from the0_actors.supervisors.runtime import Runtime

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.s3, pytest.mark.timeout(300)]


@pytest.fixture
def own_s3(tmp_path: Path) -> Iterator[S3]:
    """A server that a test may harm."""
    server = S3(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def world(own_mongo: Mongo, own_s3: S3, worlds: Worlds) -> World:
    return worlds(own_mongo, None, own_s3)


def expect_fault(runtime: Runtime, words: str) -> None:
    """Wait until it shows in the status, at most ten seconds."""

    def shown() -> bool:
        return any(part.name == "objects" and not part.ok and words in part.note for part in runtime.parts())

    until(shown, lambda: f"{words!r} in {runtime.parts()}", 10)
    assert not runtime.ready()
    assert runtime.alive()


def test_p43_an_outage_of_the_object_store_shows_and_readiness_follows(world: World, own_s3: S3) -> None:
    with world.runtime() as runtime:
        until(runtime.ready, "it is ready")
        own_s3.stop()
        expect_fault(runtime, "refused")
        own_s3.start()
        until(runtime.ready, "it is ready again", 10)
        own_s3.signal(signal.SIGSTOP)
        try:
            expect_fault(runtime, "")
        finally:
            own_s3.signal(signal.SIGCONT)
        until(runtime.ready, "it is ready once more", 10)


def test_a_missing_bucket_and_wrong_keys_show_with_their_reason(world: World) -> None:
    objects = world.settings.objects
    with world.runtime(replace(world.settings, objects=replace(objects, code_bucket="no-such-bucket"))) as runtime:
        expect_fault(runtime, "there is no bucket 'no-such-bucket'")
    with world.runtime(replace(world.settings, objects=replace(objects, secret_key="wrong-secret"))) as runtime:
        expect_fault(runtime, "403")
