"""What Docker adds to the port's promises: helpers, volumes, and many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import docker
import pytest
from tests.adapters.docker.conftest import Engines, create, ended, output, spec
from tests.parts.docker import SHELL_IMAGE, SHELL_OPTIONS, pause
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import Gone, Refused, Unavailable
from the0_actors.actors.ports.engine import Again, Fresh, Signal
from the0_actors.adapters.docker import labels, names
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.engine import DockerEngine
from the0_actors.adapters.docker.options import Timeouts

pytestmark = pytest.mark.docker


def helpers(client: docker.APIClient, installation: str) -> list[str]:
    wanted = [f"{labels.INSTALLATION}={installation}", f"{labels.ROLE}=helper"]
    return [item["Id"] for item in client.containers(all=True, filters={"label": wanted})]


def test_p73_many_threads_use_one_engine(engines: Engines) -> None:
    engine = engines(replace(SHELL_OPTIONS, network="none"))
    package = MemoryPackage({"bot.sh": b"trap 'exit 0' TERM; while :; do sleep 0.1; done"})
    engine.store_code(package)

    def live(number: int) -> int:
        bot = spec(f"bot{number}")
        engine.prepare(bot)
        container_id = engine.create(Fresh(bot, package.digest), Birth())
        engine.start(container_id)
        engine.signal(container_id, Signal.KILL)
        code = ended(engine, container_id).exit
        engine.remove(container_id)
        return code.code if code is not None else -1

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(live, range(24))) == [137] * 24
    assert [one for one in engine.list() if one.installation is not None] == []


def test_p38_no_helper_is_left_behind(engines: Engines, docker_client: docker.APIClient, installation: str) -> None:
    engine = engines()
    container_id = create(engine, spec())
    engine.has_code("0" * 64)
    assert helpers(docker_client, installation) == []
    assert container_id


def test_p38_helpers_of_the_dead_are_swept_and_those_of_the_living_are_not(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    engine = engines()
    create(engine, spec())
    body = {
        "Image": SHELL_OPTIONS.helper_image,
        "Cmd": ["-"],
        "Labels": labels.of_part(installation, "helper"),
    }
    left = docker_client.create_container_from_config(body)["Id"]
    engine.sweep_code(frozenset())
    assert helpers(docker_client, installation) == [left]
    engines(replace(SHELL_OPTIONS, helper_age=-60.0)).sweep_code(frozenset())
    assert helpers(docker_client, installation) == []


def test_a_pruned_helper_image_is_made_again(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    image = f"the0-test-{installation}-helper:1"
    engine = engines(replace(SHELL_OPTIONS, helper_image=image))
    package = MemoryPackage({"bot.sh": b"touch /state/mine && echo ok"})
    engine.store_code(package)
    docker_client.remove_image(image, force=True)
    assert engine.has_code(package.digest)
    container_id = create(engine, spec(), package.contents["bot.sh"].decode())
    engine.start(container_id)
    ended(engine, container_id)
    assert output(engine, container_id) == "ok\n"
    docker_client.remove_image(image)


def test_purge_of_a_bot_that_has_a_container_is_refused(engines: Engines) -> None:
    engine = engines()
    container_id = create(engine, spec())
    with pytest.raises(Refused):
        engine.purge("bot")
    engine.remove(container_id)
    engine.purge("bot")


def test_every_volume_tells_whose_it_is(engines: Engines, docker_client: docker.APIClient, installation: str) -> None:
    engine = engines()
    create(engine, spec())
    found = docker_client.volumes(filters={"name": f"the0-{installation}-"})["Volumes"]
    assert {one["Labels"][labels.ROLE] for one in found} == {"code", "state"}
    assert {one["Labels"][labels.INSTALLATION] for one in found} == {installation}


def test_a_volume_that_the_engine_made_anew_is_swept_like_any(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    engine = engines()
    found = engine.look(create(engine, spec()))
    assert found is not None
    engine.remove(found.container_id)
    docker_client.remove_volume(names.code_volume(installation, found.code_hash))
    with pytest.raises(Exception, match="not whole"):
        engine.create(Again(found), Birth(incarnation=2))
    assert engine.sweep_code(frozenset()) == 1


def test_p39_again_is_the_same_image_also_when_the_tag_has_moved(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    image = f"the0-test-{installation}"
    docker_client.tag(SHELL_IMAGE, image)
    engine = engines(replace(SHELL_OPTIONS, images={"python3.11": image}))
    found = engine.look(create(engine, spec()))
    assert found is not None
    engine.remove(found.container_id)
    docker_client.tag(SHELL_OPTIONS.helper_image, image)
    container_id = engine.create(Again(found), Birth(incarnation=2))
    engine.start(container_id)
    engine.signal(container_id, Signal.KILL)
    ended(engine, container_id)
    engine.remove(container_id)
    docker_client.remove_image(image)


def test_again_with_an_image_that_is_no_more_is_gone(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    image = f"the0-test-{installation}"
    docker_client.import_image_from_data(b"\0" * 1024, repository=image)
    engine = engines(replace(SHELL_OPTIONS, images={"python3.11": image}))
    found = engine.look(create(engine, spec()))
    assert found is not None
    engine.remove(found.container_id)
    docker_client.remove_image(image)
    with pytest.raises(Gone):
        engine.create(Again(found), Birth(incarnation=2))
    with pytest.raises(Refused, match=image):
        engine.create(Fresh(spec(), found.code_hash), Birth())


def test_a_paused_container_that_was_killed_ends(engines: Engines, docker_client: docker.APIClient) -> None:
    engine = engines()
    container_id = create(engine, spec())
    engine.start(container_id)
    pause(docker_client, container_id)
    engine.signal(container_id, Signal.KILL)
    engine.resume(container_id)
    assert ended(engine, container_id).status is Status.EXITED


def test_p38_a_filler_of_the_dead_does_not_block_the_living(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    engine, later = engines(), engines(replace(SHELL_OPTIONS, filler_age=-60.0))
    package = MemoryPackage({"bot.sh": b"exit 0"})
    engine.store_code(MemoryPackage({"other": b""}))
    body = {"Image": SHELL_OPTIONS.helper_image, "Cmd": ["-"], "Labels": labels.of_part(installation, "helper")}
    docker_client.create_container_from_config(body, names.filler_name(installation, package.digest))
    with pytest.raises(Unavailable, match="another runtime"):
        engine.store_code(package)
    later.store_code(package)
    assert engine.has_code(package.digest)
    assert helpers(docker_client, installation) == []


def test_p57_two_runtimes_may_fill_the_same_volume_at_once(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    package = MemoryPackage({f"file{number}": b"x" * 100_000 for number in range(20)} | {"bot.sh": b"ls /code/files"})

    def stored(engine: DockerEngine) -> bool:
        try:
            engine.store_code(package)
        except Unavailable:  # the other is at it: try again later
            return False
        return engine.has_code(package.digest)

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(until, partial(stored, engines()), "it is stored") for _ in range(3)]
        assert all(one.result() for one in asked)
    engine = engines()
    assert engine.has_code(package.digest)
    assert helpers(docker_client, installation) == []
    engine.prepare(spec())
    container_id = engine.create(Fresh(spec(), package.digest), Birth())
    engine.start(container_id)
    ended(engine, container_id)
    assert output(engine, container_id).split() == sorted(package.contents)


def test_an_engine_whose_disk_is_elsewhere_measures_by_its_own_word(
    engines: Engines, docker_engine: ClientSettings, installation: str
) -> None:
    engine = engines()
    container_id = create(engine, spec(), "cat /bin/busybox >/state/x")
    engine.start(container_id)
    ended(engine, container_id)
    connection = Connection(docker_engine, Timeouts())
    assert connection.volume_usage()[names.state_volume(installation, "bot")] > 100_000
    connection.close()
