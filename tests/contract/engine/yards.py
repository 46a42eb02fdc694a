"""All engines: Docker, plain processes, and the fake. What is asked of each needs less than a bench."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.contract.engine.bench import Behaviour
from tests.contract.engine.docker_bench import docker_bench
from tests.parts.bots import SEARCH_PATH
from tests.parts.packages import MemoryPackage

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.ports.engine import Engine, Fresh, Signal
from the0_actors.adapters.process.engine import ProcessEngine
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld

SPEC = LaunchSpec("bot", Kind.REALTIME, "python3.11", "main.py", "user/bot/1.0.0", "1.0.0", "{}")
STAYS = MemoryPackage({"main.py": b"import time\ndef main(id, config): time.sleep(60)\n"})


@dataclass
class Yard:
    """One engine, what its bots are made from, and a hand that meddles."""

    engine: Engine
    rename: Callable[[str, str], object]
    """Give a container another name, by hand."""
    code: CodePackage = STAYS
    spec: LaunchSpec = SPEC

    def make(
        self, bot_id: str, birth: Birth = Birth(), *, kind: Kind = Kind.REALTIME, grace: float | None = None
    ) -> str:
        """Create a container, not started."""
        spec = replace(self.spec, bot_id=bot_id, kind=kind, stop_grace=grace)
        self.engine.prepare(spec)
        self.engine.store_code(self.code)
        return self.engine.create(Fresh(spec, self.code.digest), birth)

    def run(self, bot_id: str) -> str:
        """Create and start one."""
        container_id = self.make(bot_id)
        self.engine.start(container_id)
        return container_id


def docker_yard(request: pytest.FixtureRequest, stack: ExitStack, installation: str) -> Yard:
    """Give the Docker Engine's."""
    request.getfixturevalue("shell_image")
    settings, client = request.getfixturevalue("docker_engine"), request.getfixturevalue("docker_client")
    bench = stack.enter_context(docker_bench(settings, client, installation))
    return Yard(bench.engine, client.rename, bench.package(Behaviour.STAYS), bench.spec("bot"))


def process_yard(request: pytest.FixtureRequest, stack: ExitStack, installation: str) -> Yard:
    """Give that of plain processes."""
    root: Path = request.getfixturevalue("tmp_path")
    engine = ProcessEngine(root / "engine", installation, search_path=SEARCH_PATH)

    def rename(container_id: str, name: str) -> None:
        found = engine.look(container_id)
        assert found is not None
        (root / "engine/containers" / found.name).rename(root / "engine/containers" / name)

    stack.callback(end_all, engine)
    return Yard(engine, rename)


def fake_yard(_request: pytest.FixtureRequest, _stack: ExitStack, installation: str) -> Yard:
    """Give the fake's."""
    world = EngineWorld(VirtualClock())
    return Yard(FakeEngine(world, installation), world.rename)


def end_all(engine: Engine) -> None:
    """Kill what runs."""
    for one in engine.list():
        engine.signal(one.container_id, Signal.KILL)


YARDS = {"docker": docker_yard, "process": process_yard, "fake": fake_yard}
