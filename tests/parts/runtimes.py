"""Runtimes for tests: settings that lead to a test's own parts, and runtimes in this process on them."""

import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection
from tests.parts.docker import SHELL_IMAGE, clean
from tests.parts.mongo import Databases, Mongo
from tests.parts.nats import Nats
from tests.parts.platform import Platform
from tests.parts.s3 import S3
from tests.parts.sight import Sight
from tests.parts.waiting import until

from the0_actors.actors.ports.status import BotStatus, Phase, RuntimeStatus
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.supervisors import settings as chosen
from the0_actors.supervisors.groundwork import Ground
from the0_actors.supervisors.ports import build_ports, tree_settings
from the0_actors.supervisors.runtime import Runtime, Threads

HOUR = 3600.0
"""An interval that no test lives to see: what shows before it came another way."""


@dataclass
class World:
    """One database, one bucket, one NATS and one engine: where the runtimes of one test live."""

    prefix: str
    databases: Databases
    platform: Platform
    sight: Sight
    settings: chosen.Settings
    installations: set[str] = field(default_factory=set[str])

    @property
    def bots(self) -> Collection[dict[str, Any]]:
        """The platform's collection."""
        return self.databases.database["bots"]

    def ids(self, count: int) -> list[str]:
        """Return ids of bots of this test."""
        return [f"{self.prefix}{number}" for number in range(count)]

    def changed(self, **changes: Any) -> chosen.Settings:
        """Return the settings with changes to the group `runtime`."""
        return replace(self.settings, runtime=replace(self.settings.runtime, **changes))

    @contextmanager
    def runtime(
        self, settings: chosen.Settings | None = None, *, concurrent: int = 8, rng: Any = None, **tree: Any
    ) -> Generator[Runtime, None, None]:
        """Run a runtime in this process; `tree` changes its numbers. The bots outlive it."""
        settings = settings or self.settings
        ground = Ground(settings, None, {"python3.11": SHELL_IMAGE})
        # Schedules have databases of their own, which tests on one server would share.
        ports = replace(build_ports(ground, self.databases.store()), schedules=None)
        numbers = replace(tree_settings(settings), **tree)
        with Runtime(ports, numbers, threads=Threads(engine=concurrent), rng=rng) as runtime:
            yield runtime
            self.installations.add(runtime.status().installation)

    def expect_running(self, *bot_ids: str, seconds: float = 60.0) -> None:
        """Wait until the engine runs exactly these bots, each once."""
        wanted = set(bot_ids)
        until(lambda: set(self.sight.running()) == wanted, f"{len(wanted)} bots run", seconds)

    def close(self) -> None:
        """Remove what its runtimes left in the engine."""
        self.sight.remove_all()
        for installation in filter(None, self.installations):
            clean(self.sight.client, installation)


Worlds = Callable[..., World]


@pytest.fixture
def worlds(docker_engine: ClientSettings, shell_image: str, code_store: S3, tmp_path: Path) -> Iterator[Worlds]:
    """Make worlds on given servers."""
    made: list[World] = []
    assert shell_image

    def build(mongo: Mongo, nats: Nats | None, store: S3 = code_store) -> World:
        prefix = f"t{secrets.token_hex(4)}-"
        bucket = f"code-{prefix}bots"
        platform = Platform(store, bucket, nats, tmp_path)
        settings = settings_for(docker_engine, mongo, nats, store, bucket, tmp_path / "data")
        world = World(prefix, Databases(mongo), platform, Sight(docker_engine, prefix), settings)
        world.sight.__enter__()
        made.append(world)
        return world

    yield build
    for world in made:
        world.close()
        world.sight.__exit__()
        world.databases.close()


@pytest.fixture
def world(worlds: Worlds, mongo: Mongo, nats: Nats) -> World:
    """The usual world: a replica set, NATS with the platform's stream, S3."""
    nats.make_stream()
    return worlds(mongo, nats)


def settings_for(
    engine: ClientSettings, mongo: Mongo, nats: Nats | None, store: S3, bucket: str, data_dir: Path
) -> chosen.Settings:
    """Return settings with a short grace and an interval that never comes, on an engine that others use too."""
    s3 = store.settings
    return chosen.Settings(
        mongo=chosen.Mongo(mongo.uri),
        nats=chosen.Nats("" if nats is None else nats.url),
        objects=chosen.Objects(s3.endpoint, s3.access_key, s3.secret_key, code_bucket=bucket),
        docker=chosen.Docker(host=engine.host, memory_mb=64, stop_grace=5.0),
        runtime=chosen.Runtime(reconcile_interval=HOUR),
        identity=chosen.Identity(anew=True),
        embedded=chosen.Embedded(data_dir),
    )


def bot(runtime: Runtime, bot_id: str) -> BotStatus | None:
    """Return the status of one bot."""
    return next((one for one in runtime.status().bots if one.bot_id == bot_id), None)


def expect_phase(runtime: Runtime, bot_id: str, phase: Phase, reason: str = "", seconds: float = 30.0) -> BotStatus:
    """Wait until a bot is in a phase, for a reason that has this text in it."""

    def look() -> BotStatus | None:
        one = bot(runtime, bot_id)
        return one if one is not None and one.phase is phase and reason in one.reason else None

    return until(look, f"{bot_id} is {phase}: {reason}", seconds)  # type: ignore[return-value]


def expect_part(status: Callable[[], RuntimeStatus], name: str, *, ok: bool, seconds: float = 30.0) -> None:
    """Wait until a part is, or is not, fine."""
    until(lambda: any(part.name == name and part.ok is ok for part in status().parts), f"{name} ok={ok}", seconds)
