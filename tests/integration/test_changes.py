"""Changes over NATS: what the platform publishes shows in Docker at once, while the poll is an hour away."""

import time
from collections.abc import Callable

import pytest
from tests.parts.docker import SHELL_IMAGE
from tests.parts.platform import event
from tests.parts.runtimes import World
from tests.parts.waiting import PATIENCE, until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]

AT_ONCE = 2.0 * PATIENCE
"""Seconds from an event to its effect that a user notices."""
QUICK = 0.5
"""Seconds in which an engine with time to spare creates, starts and removes a container; a slower one is given more."""


@pytest.mark.timeout(500)
def test_twenty_bots_of_three_versions_and_every_kind_of_change(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    versions = ("1.0.0", "1.1.0", "2.0.0")
    for version in versions:
        world.platform.upload(version)
    ids = world.ids(20)
    with world.runtime() as runtime:
        until(runtime.ready, "the runtime is ready")
        world.platform.publish(*(("created", event(bot_id, versions[n % 3])) for n, bot_id in enumerate(ids)))
        world.expect_running(*ids)
        first = world.sight.running()
        assert len({container.labels["the0-actors.code-hash"] for container in first.values()}) == 3

        bare = bare_replacement(world)
        took = {name: measure(world, change) for name, change in CHANGES.items()}
        for name, seconds in took.items():
            record_property(name, round(seconds, 2))

        after = world.sight.running()
        assert {bot_id for bot_id in ids if after.get(bot_id) != first[bot_id]} == {ids[0], ids[1], ids[2], ids[3]}
        assert [bot.reason for bot in runtime.status().bots if bot.bot_id in set(ids[4:])] == ["as wanted"] * 16
    assert world.sight.doubled() == []
    assert sorted(took.values())[len(took) // 2] <= AT_ONCE * max(1.0, bare / QUICK), (took, bare)


def edit(world: World) -> Callable[[], bool]:
    bot_id = world.ids(1)[0]
    world.platform.updated(bot_id, symbol="ETH/USD")
    return lambda: (found := world.sight.running().get(bot_id)) is not None and found.incarnation == 2


def bump(world: World) -> Callable[[], bool]:
    bot_id = world.ids(2)[1]
    world.platform.updated(bot_id, version="2.0.0")
    return lambda: (found := world.sight.running().get(bot_id)) is not None and "2.0.0" in found.reason


def disable(world: World) -> Callable[[], bool]:
    bot_id = world.ids(3)[2]
    world.platform.updated(bot_id, version="2.0.0", enabled=False)
    return lambda: all(container.bot_id != bot_id for container in world.sight.containers())


def enable(world: World) -> Callable[[], bool]:
    bot_id = world.ids(3)[2]
    world.platform.updated(bot_id, version="2.0.0", enabled=True)
    return lambda: bot_id in world.sight.running()


def delete(world: World) -> Callable[[], bool]:
    bot_id = world.ids(4)[3]
    world.platform.deleted(bot_id)
    return lambda: all(container.bot_id != bot_id for container in world.sight.containers())


CHANGES = {"edit": edit, "bump": bump, "disable": disable, "enable": enable, "delete": delete}


def measure(world: World, change: Callable[[World], Callable[[], bool]]) -> float:
    """Make a change; return the seconds until the engine shows it."""
    shows = change(world)
    began = time.monotonic()
    until(shows, f"{change} shows", 30)
    return time.monotonic() - began


def bare_replacement(world: World) -> float:
    """Return the seconds that the engine itself takes for a container's whole life, asked without a runtime."""
    client = world.sight.client
    began = time.monotonic()
    alone = client.create_host_config(network_mode="none")
    container_id = client.create_container(SHELL_IMAGE, ["sleep", "100"], host_config=alone)["Id"]
    client.start(container_id)
    client.remove_container(container_id, force=True)
    return time.monotonic() - began
