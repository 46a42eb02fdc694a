"""Engines over the real thing, each with an installation of its own."""

from collections.abc import Callable, Iterator

import pytest
from tests.parts.docker import SHELL_OPTIONS
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Fresh
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine
from the0_actors.adapters.docker.options import DockerOptions

WAITS = "trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done"

Engines = Callable[..., DockerEngine]


@pytest.fixture
def engines(docker_engine: ClientSettings, shell_image: str, installation: str) -> Iterator[Engines]:
    """Build engines of this test's installation with other options."""
    made: list[DockerEngine] = []

    def build(options: DockerOptions = SHELL_OPTIONS, settings: ClientSettings = docker_engine) -> DockerEngine:
        made.append(DockerEngine(settings, installation, options))
        return made[-1]

    yield build
    for engine in made:
        engine.close()


def spec(bot_id: str = "bot", entrypoint: str = "bot.sh") -> LaunchSpec:
    return LaunchSpec(bot_id, Kind.REALTIME, "python3.11", entrypoint, "user/bot/1.0.0", "1.0.0", '{"symbol":"A/B"}')


def create(engine: DockerEngine, what: LaunchSpec, program: str = WAITS) -> str:
    """Do all up to a created container."""
    package = MemoryPackage({what.entrypoint: program.encode()})
    engine.prepare(what)
    engine.store_code(package)
    return engine.create(Fresh(what, package.digest), Birth())


def output(engine: DockerEngine, container_id: str) -> str:
    return b"".join(engine.logs(container_id, 1000, follow=False)).decode()


def ended(engine: DockerEngine, container_id: str) -> Observed:
    def look() -> Observed | None:
        found = engine.look(container_id)
        return found if found is not None and found.status is Status.EXITED else None

    found = until(look, "the container ends")
    assert found is not None
    return found
