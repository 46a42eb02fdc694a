"""Without NATS: what somebody writes into the database shows, by the change stream at once, else by the next poll."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.parts.mongo import Mongo
from tests.parts.platform import event
from tests.parts.runtimes import HOUR, World, Worlds
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.s3, pytest.mark.timeout(500)]

INTERVAL = 1.0


def test_a_replica_set_tells_changes_at_once_and_a_restart_finds_what_was_changed_meanwhile(
    worlds: Worlds, mongo: Mongo
) -> None:
    world = worlds(mongo, None)
    ids = prepare(world)
    with world.runtime(world.changed(reconcile_interval=HOUR)) as runtime:
        world.expect_running(*ids)
        for name, change in CHANGES.items():
            until(change(world, ids), f"{name} shows", 15)
        until(runtime.ready, "the runtime is ready")
    kept = world.sight.running()
    changed_while_down = edit(world, ids)  # P05: a change that nobody was there to hear of
    gone_while_down = remove(world, ids)
    with world.runtime(world.changed(reconcile_interval=HOUR)):
        until(changed_while_down, "a change made while nobody ran shows", 30)
        until(gone_while_down, "a removal made while nobody ran shows", 30)
    after = world.sight.running()
    assert {bot_id for bot_id in kept if after.get(bot_id) != kept[bot_id]} == {ids[0], ids[4]}
    assert after[ids[0]].reason == "what ran was not what is wanted any more"
    assert world.sight.doubled() == []


def test_a_standalone_server_is_polled(worlds: Worlds, standalone_mongo: Mongo) -> None:
    world = worlds(standalone_mongo, None)
    ids = prepare(world)
    with world.runtime(world.changed(reconcile_interval=INTERVAL)) as runtime:
        world.expect_running(*ids)
        for name, change in {**CHANGES, "remove": remove}.items():
            until(change(world, ids), f"{name} shows", INTERVAL + 15)
        assert any("no change stream" in part.note for part in runtime.status().parts), runtime.status().parts
    assert world.sight.doubled() == []


def prepare(world: World) -> list[str]:
    """Upload two versions and write five bots."""
    world.platform.upload("1.0.0")
    world.platform.upload("1.1.0")
    ids = world.ids(5)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    return ids


Change = Callable[[World, list[str]], Callable[[], bool]]


def write(world: World, bot_id: str, version: str = "1.0.0", **config: Any) -> None:
    changes = event(bot_id, version, **config)
    assert world.bots.update_one({"id": bot_id}, {"$set": changes}).matched_count == 1


def edit(world: World, ids: list[str]) -> Callable[[], bool]:
    before = world.sight.running()[ids[0]]
    write(world, ids[0], symbol=f"after {before.incarnation}")
    return lambda: world.sight.running().get(ids[0], before).incarnation > before.incarnation


def bump(world: World, ids: list[str]) -> Callable[[], bool]:
    write(world, ids[1], "1.1.0")
    return lambda: (found := world.sight.running().get(ids[1])) is not None and "1.1.0" in found.reason


def disable(world: World, ids: list[str]) -> Callable[[], bool]:
    write(world, ids[2], enabled=False)
    return lambda: ids[2] not in {container.bot_id for container in world.sight.containers()}


def enable(world: World, ids: list[str]) -> Callable[[], bool]:
    write(world, ids[2], enabled=True)
    return lambda: ids[2] in world.sight.running()


def remove(world: World, ids: list[str]) -> Callable[[], bool]:
    assert world.bots.delete_one({"id": ids[4]}).deleted_count == 1
    return lambda: ids[4] not in {container.bot_id for container in world.sight.containers()}


CHANGES: dict[str, Change] = {"edit": edit, "bump": bump, "disable": disable, "enable": enable}
