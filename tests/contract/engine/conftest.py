"""Which engines keep the port's promises. Each is a name here and a branch in `bench`."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.contract.engine.bench import Behaviour, Bench
from tests.contract.engine.docker_bench import docker_bench
from tests.contract.engine.yards import YARDS, Yard
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.ports.engine import Fresh

ENGINES = [pytest.param("docker", marks=pytest.mark.docker)]
ALL = [pytest.param(name, marks=[pytest.mark.docker] if name == "docker" else []) for name in YARDS]

Run = Callable[..., str]


@pytest.fixture(params=ENGINES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Give each engine in turn; its real parts are asked for only when it is its turn."""
    request.getfixturevalue("shell_image")
    settings, client = request.getfixturevalue("docker_engine"), request.getfixturevalue("docker_client")
    with docker_bench(settings, client, secrets.token_hex(6)) as made:
        yield made


@pytest.fixture(params=ALL)
def yard(request: pytest.FixtureRequest) -> Iterator[Yard]:
    """Give each engine in turn, also those that keep the bench's promises by tests of their own."""
    with ExitStack() as stack:
        yield YARDS[request.param](request, stack, secrets.token_hex(6))


@pytest.fixture
def make(bench: Bench) -> Run:
    """Create a bot's container from fresh code."""

    def run(bot_id: str, behaviour: Behaviour = Behaviour.STAYS, birth: Birth = Birth()) -> str:
        package, spec = bench.package(behaviour), bench.spec(bot_id)
        bench.engine.prepare(spec)
        bench.engine.store_code(package)
        return bench.engine.create(Fresh(spec, package.digest), birth)

    return run


@pytest.fixture
def run(bench: Bench, make: Run) -> Run:
    """Create and start it, and wait until the bot itself runs, unless it is one that ends."""

    def started(bot_id: str, behaviour: Behaviour = Behaviour.STAYS, birth: Birth = Birth()) -> str:
        container_id = make(bot_id, behaviour, birth)
        bench.engine.start(container_id)
        if behaviour is not Behaviour.CRASHES:
            until(lambda: printed(bench, container_id), "the bot prints")
        return container_id

    return started


def printed(bench: Bench, container_id: str) -> str:
    """Return what it has printed so far."""
    return b"".join(bench.engine.logs(container_id, 100, follow=False)).decode()


def ended(bench: Bench, container_id: str) -> Observed:
    """Wait until it has ended and return it whole."""

    def look() -> Observed | None:
        found = bench.engine.look(container_id)
        assert found is not None
        return found if found.status is Status.EXITED else None

    found = until(look, "the container ends")
    assert found is not None
    return found
