"""Hands that rename containers or leave a second one, and bots that do not heed TERM, over a real engine."""

import re

import pytest
from docker import APIClient
from tests.parts.docker import SHELL_IMAGE
from tests.parts.runtimes import World, expect_phase
from tests.parts.sight import Container
from tests.parts.waiting import until

from the0_actors.actors.ports.status import Phase
from the0_actors.supervisors.runtime import Runtime

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]

DEAF = "trap '' TERM; echo up; while :; do sleep 0.1; done"
LISTING = 0.5


def crash_the_actor(runtime: Runtime, bot_id: str) -> None:
    """A bug of ours: what it knew is lost."""
    runtime._system.handle(f"/bots/crew/{bot_id}").tell(object())  # pyright: ignore[reportPrivateUsage]


def copy_of(engine: APIClient, container: Container, name: str) -> str:
    """Start a container with another one's labels, which does not heed TERM."""
    labels = {**container.labels, "the0-actors.stop-grace": "1"}
    body = {"Image": SHELL_IMAGE, "Cmd": ["sleep", "300"], "Labels": labels, "HostConfig": {"NetworkMode": "none"}}
    container_id = str(engine.create_container_from_config(body, name)["Id"])
    engine.start(container_id)
    return container_id


@pytest.mark.timeout(300)
def test_p15_a_renamed_container_and_an_actor_that_fails_make_no_second_one(world: World) -> None:
    world.platform.upload("1.0.0")
    (bot_id,) = world.ids(1)
    with world.runtime(relist_interval=LISTING) as runtime:
        world.platform.created(bot_id)
        expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        before = world.sight.running()[bot_id]
        other = f"{before.name}-other"
        world.sight.client.rename(before.id, other)
        expect_phase(runtime, bot_id, Phase.RUNNING, f"somebody renamed to {other}")
        crash_the_actor(runtime, bot_id)
        until(lambda: _has_looked_anew(runtime, bot_id, other), "its successor finds the container")
        assert world.sight.running()[bot_id].id == before.id
        world.sight.client.kill(before.id)
        until(lambda: world.sight.running().get(bot_id, before).id != before.id, "it is restarted")
        assert world.sight.running()[bot_id].name == before.name
    assert world.sight.count("create", bot_id=bot_id) == 2
    assert world.sight.doubled() == []


def _has_looked_anew(runtime: Runtime, bot_id: str, name: str) -> bool:
    (row,) = (one for one in runtime.status().bots if one.bot_id == bot_id)
    return row.phase is Phase.RUNNING and name in row.reason and row.transitions[0].phase is Phase.UNKNOWN


@pytest.mark.timeout(300)
def test_p03_a_second_container_left_by_hand_is_an_alarm_and_is_stopped(world: World) -> None:
    world.platform.upload("1.0.0")
    (bot_id,) = world.ids(1)
    with world.runtime(relist_interval=LISTING) as runtime:
        world.platform.created(bot_id)
        expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        before = world.sight.running()[bot_id]
        name = f"{bot_id}-by-hand"
        copy = copy_of(world.sight.client, before, name)
        found = expect_phase(runtime, bot_id, Phase.RUNNING, f"a second container, {name}, is being stopped")
        assert found.container_id == before.id
        assert any(bot_id in alarm and name in alarm for alarm in runtime.status().alarms)
        until(lambda: [one.id for one in world.sight.containers()] == [before.id], "the copy is gone")
        expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        until(lambda: not runtime.status().alarms, "the alarm is over")
    (died,) = world.sight.events("die")
    assert died.container_id == copy


@pytest.mark.timeout(300)
def test_p08_a_bot_that_does_not_heed_term_is_killed_after_its_own_grace(world: World) -> None:
    world.platform.upload("1.0.0", DEAF)
    (bot_id,) = world.ids(1)
    with world.runtime() as runtime:
        world.platform.created(bot_id, stop_grace=1)
        expect_phase(runtime, bot_id, Phase.RUNNING, "as wanted")
        world.platform.updated(bot_id, stop_grace=1, enabled=False)
        found = expect_phase(runtime, bot_id, Phase.IDLE, "disabled")
    assert re.fullmatch(r"killed after [1-4](\.\d)? s: it did not end on TERM", found.last_exit)
    first, *_, last = world.sight.events("kill", bot_id=bot_id)
    assert 1.0 <= last.at - first.at < 5.0
