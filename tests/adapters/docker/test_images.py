"""Images: present, pulled once, missing, and out of reach."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import docker
import pytest
from docker.errors import NotFound
from tests.adapters.docker.conftest import Engines, spec
from tests.parts.registry import Registry, registry

from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.docker.options import DockerOptions

pytestmark = pytest.mark.docker


@pytest.fixture
def hub(docker_client: docker.APIClient) -> Iterator[Registry]:
    with registry(b"\0" * 1024) as server:
        yield server
        with suppress(NotFound):
            docker_client.remove_image(server.image)


def test_p73_an_image_is_pulled_once_for_all_who_need_it(engines: Engines, hub: Registry) -> None:
    engine = engines(DockerOptions(images={"python3.11": hub.image}))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.prepare, [spec()] * 16))
    layers = [path for path in hub.asked if "/blobs/" in path]
    assert len(layers) == len(set(layers)) == 2
    asked = len(hub.asked)
    engine.prepare(spec())
    assert len(hub.asked) == asked


def test_an_image_that_does_not_exist_is_refused_with_its_name(engines: Engines, hub: Registry) -> None:
    image = hub.image.replace("bot:1", "bot:2")
    engine = engines(DockerOptions(images={"python3.11": image}))
    with pytest.raises(Refused, match=image):
        engine.prepare(spec())


def test_p15_an_unreachable_registry_does_no_harm_when_the_image_is_here(engines: Engines, hub: Registry) -> None:
    engine = engines(DockerOptions(images={"python3.11": hub.image}))
    engine.prepare(spec())
    hub.shutdown()
    hub.server_close()
    engine.prepare(spec())


def test_p26_a_missing_image_with_an_unreachable_registry_is_named(engines: Engines) -> None:
    engine = engines(DockerOptions(images={"python3.11": "127.0.0.1:1/bot:1"}))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/bot:1"):
        engine.prepare(spec())
