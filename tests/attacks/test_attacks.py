"""Each attempt has the outcome that the page says, on a real engine; and the page names them all."""

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from tests.attacks.attempts import HELD, INSIDE, OPEN, Attempt
from tests.attacks.onlookers import ONLOOKERS, Onlooker
from tests.attacks.page import PAGE, render
from tests.attacks.stage import OPTIONS, Stage

from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine


@pytest.fixture
def stage(
    docker_engine: ClientSettings,
    docker_client: docker.APIClient,
    python_image: str,
    installation: str,
    tmp_path: Path,
) -> Iterator[Stage]:
    engine = DockerEngine(docker_engine, installation, OPTIONS)
    yield Stage(engine, docker_client, installation, tmp_path)
    engine.close()


@pytest.mark.docker
@pytest.mark.timeout(180)
@pytest.mark.parametrize("attempt", INSIDE, ids=lambda one: one.name)
def test_from_inside(stage: Stage, attempt: Attempt) -> None:
    assert stage.says("hostile", attempt.program) == attempt.outcome


@pytest.mark.docker
@pytest.mark.timeout(180)
@pytest.mark.parametrize("onlooker", ONLOOKERS, ids=lambda one: one.name)
def test_as_seen_from_outside(stage: Stage, onlooker: Onlooker) -> None:
    assert (HELD if onlooker.watch(stage) else OPEN) == onlooker.outcome


def test_the_page_is_current() -> None:
    assert render() in PAGE.read_text()
