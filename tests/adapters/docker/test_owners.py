"""One user per bot: chosen, stable, and the owner of what the bot keeps."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.docker.conftest import Engines, create, ended, output, spec
from tests.parts.docker import SHELL_OPTIONS
from tests.parts.packages import MemoryPackage

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.errors import Refused
from the0_actors.actors.ports.engine import Again, Fresh
from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.engine import DockerEngine
from the0_actors.adapters.docker.options import UIDS, Timeouts
from the0_actors.adapters.docker.owners import first_choice

SHARED = replace(SHELL_OPTIONS, uids=range(0))
KEEPS = """
echo "$(id -u)"
for kept in /state/.the0-state/kept /state/.hidden/deep; do [ ! -f $kept ] || echo "had $(stat -c %u $kept)"; done
mkdir -p /state/.hidden && echo x >>/state/.hidden/deep && echo x >>/state/.the0-state/kept && echo kept
"""


def uid_of(client: docker.APIClient, container_id: str) -> str:
    user, _, group = client.inspect_container(container_id)["Config"]["User"].partition(":")
    assert user == group
    return str(user)


def life(engine: DockerEngine, bot_id: str = "bot") -> tuple[str, list[str]]:
    """Run it once; return its container, which has ended, and what it said."""
    container_id = create(engine, spec(bot_id), KEEPS)
    engine.start(container_id)
    ended(engine, container_id)
    return container_id, output(engine, container_id).splitlines()


@given(st.text(), st.text())
def test_the_first_choice_is_a_function_of_the_bot(bot: str, other: str) -> None:
    assert first_choice("i", bot, UIDS) == first_choice("i", bot, UIDS)
    assert first_choice("i", bot, UIDS) in UIDS
    assert bot == other or first_choice("i", bot, UIDS) != first_choice("i", other, UIDS)


@pytest.mark.docker
def test_each_bot_has_a_user_of_its_own_and_keeps_it(engines: Engines, docker_client: docker.APIClient) -> None:
    first, said = life(engines(), "one")
    assert said[0] == uid_of(docker_client, first)
    other, _ = life(engines(), "two")
    assert uid_of(docker_client, first) != uid_of(docker_client, other)
    engines().remove(first)
    again, said = life(engines(), "one")
    assert said == [uid_of(docker_client, again), f"had {said[0]}", f"had {said[0]}", "kept"]


@pytest.mark.docker
def test_two_bots_never_share_while_there_are_users_left(engines: Engines, docker_client: docker.APIClient) -> None:
    few = replace(SHELL_OPTIONS, uids=range(200_000, 200_004))
    found = [create(engines(few), spec(f"bot{number}")) for number in range(4)]
    assert {uid_of(docker_client, one) for one in found} == {"200000", "200001", "200002", "200003"}
    more = create(engines(few), spec("bot4"))
    assert int(uid_of(docker_client, more)) in few.uids
    label = docker_client.inspect_container(more)["Config"]["Labels"][labels.UID]
    assert label == uid_of(docker_client, more)


@pytest.mark.docker
def test_what_a_bot_kept_is_given_to_its_new_user_and_back(engines: Engines, docker_client: docker.APIClient) -> None:
    shared, own = engines(SHARED), engines()
    old, said = life(shared)
    assert said == ["1000", "kept"]
    good = shared.look(old)
    assert good is not None
    shared.remove(old)
    new, said = life(own)
    uid = uid_of(docker_client, new)
    assert said == [uid, f"had {uid}", f"had {uid}", "kept"]
    own.remove(new)
    back = own.create(Again(good), Birth(incarnation=3))
    own.start(back)
    ended(own, back)
    assert output(own, back).splitlines() == ["1000", "had 1000", "had 1000", "kept"]
    own.remove(back)


@pytest.mark.docker
def test_an_adopted_container_is_not_replaced_for_its_user(engines: Engines) -> None:
    package = MemoryPackage({"bot.sh": b""})
    assert engines(SHARED).fingerprint(spec(), package.digest) == engines().fingerprint(spec(), package.digest)


@pytest.mark.docker
def test_a_folder_that_is_given_leaves_what_is_in_it_as_it_is(engines: Engines) -> None:
    engine = engines()
    program = (
        "cd /state; [ -f x ] || { echo x >x; chmod 604 x; mkdir -m 705 d; }; stat -c '%n %a %u %Y' x d; stat -c %u ."
    )
    said = []
    for _ in range(2):
        container_id = create(engine, spec(), program)
        engine.start(container_id)
        ended(engine, container_id)
        said.append(output(engine, container_id).splitlines())
        engine.remove(container_id)
    assert said[0] == said[1]
    assert len({line.split()[2] for line in said[0][:2]} | {said[0][2]}) == 1


@pytest.mark.docker
def test_an_engine_that_takes_no_archive_has_a_helper_give_the_state(
    engines: Engines, docker_engine: ClientSettings
) -> None:
    """A read-only volume stands for that: what is put there is refused."""
    engine = engines()
    found = engine.look(create(engine, spec()))
    assert found is not None
    engine.remove(found.container_id)
    engine.purge("bot")
    body: Any = found.body
    mounts = [one | {"ReadOnly": True} for one in body["HostConfig"]["Mounts"]]
    closed = replace(found, body=body | {"HostConfig": body["HostConfig"] | {"Mounts": mounts}})
    container_id = engine.create(Again(closed), Birth(incarnation=2))
    with closing(Connection(docker_engine, Timeouts())) as connection:
        folder = connection.entry(container_id, "/state")
    assert folder is not None
    assert f"{folder.uid}:{folder.gid}" == body["User"]


@pytest.mark.docker
def test_state_that_cannot_be_given_leaves_no_container(engines: Engines, docker_client: docker.APIClient) -> None:
    old, _ = life(engines(SHARED))
    engines().remove(old)
    helper = f"the0-test-{old[:12]}"
    docker_client.tag(SHELL_OPTIONS.helper_image, helper)
    engine = engines(replace(SHELL_OPTIONS, images={"python3.11": helper}))
    package = MemoryPackage({"bot.sh": KEEPS.encode()})
    with pytest.raises(Refused):
        engine.create(Fresh(spec(), package.digest), Birth())
    assert engine.list() == ()
    docker_client.remove_image(helper)
