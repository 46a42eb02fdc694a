"""Changes of bots over the whole tree in virtual time: each replaces once, and what cannot start gives way."""

from typing import Any

import pytest
from tests.simulation.ground import HOSTILE, UNPREPARABLE, UNSTARTABLE
from tests.simulation.scenes import calls, only, put, started
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Wanted
from the0_actors.adapters.testing.store import spec_of


@pytest.fixture
def world() -> World:
    return World(seed=7)


def test_p05_an_edit_while_we_were_dead_replaces_the_bot_once(world: World) -> None:
    runtime = started(world)
    world.kill(runtime)
    put(world, "bot1", version="2")
    world.start()
    world.run(60.0)
    assert world.version("bot1") == "2"
    assert calls(world, "create", "bot1") == 2
    assert calls(world, "create", "bot0") == 1


def test_p40_a_bot_that_is_deleted_while_its_container_is_replaced_does_not_come_back(world: World) -> None:
    """The listing that misses its document finds it stopping, and nothing else tells."""
    world.store.offers_stream = False
    started(world, count=1)
    only(world, "bot0").heeds_term = False
    put(world, "bot0", version="2")
    world.run(31.0)
    assert calls(world, "signal", "bot0") > 0
    world.store.delete("bot0")
    world.run(120.0)
    assert world.engine.of("bot0") == []


def test_p13_each_change_replaces_once_and_a_rewrite_never(world: World) -> None:
    started(world, count=1)
    changes: tuple[dict[str, Any], ...] = (
        {"config_json": '{"a":1}'},
        {"entrypoint": "b.py"},
        {"runtime": "nodejs20"},
        {"memory_bytes": 1 << 28},
    )
    for change in changes:
        before = calls(world, "create", "bot0")
        answer = world.store.documents["bot0"]
        assert isinstance(answer, Wanted)
        world.store.put("bot0", Wanted(spec_of("bot0", **change)))
        world.run(10.0)
        assert calls(world, "create", "bot0") == before + 1, change
        world.store.put("bot0", Wanted(spec_of("bot0", **change)))
        world.run(10.0)
        assert calls(world, "create", "bot0") == before + 1, change


@pytest.mark.parametrize("version", [HOSTILE, UNPREPARABLE])
def test_p15_a_version_that_cannot_be_prepared_leaves_the_old_one_running(world: World, version: str) -> None:
    started(world, count=1)
    old = only(world, "bot0").container_id
    put(world, "bot0", version=version)
    world.run(300.0)
    assert only(world, "bot0").container_id == old
    world.engine.die(only(world, "bot0"), 1)
    world.run(60.0)
    assert world.version("bot0") == "1"


def test_p15_a_version_that_cannot_be_created_gives_way_to_the_last_good_one(world: World) -> None:
    runtime = started(world, count=1)
    put(world, "bot0", version=UNSTARTABLE)
    world.run(30.0)
    assert world.version("bot0") == "1"
    assert calls(world, "create", "bot0") == 2
    state = runtime.tree.bots.bot("bot0").actor.state  # type: ignore[union-attr]
    assert "back to the last good one" in state.transitions[-1].reason
    world.run(600.0)
    assert calls(world, "create", "bot0") == 2
    put(world, "bot0", version="2")
    world.run(30.0)
    assert world.version("bot0") == "2"


def test_p15_a_version_that_could_not_be_created_is_not_tried_at_each_crash_of_the_last_good_one(world: World) -> None:
    started(world, count=1)
    put(world, "bot0", version=UNSTARTABLE)
    world.run(30.0)
    attempts = world.engine.made
    world.engine.die(only(world, "bot0"), 1)
    world.run(60.0)
    assert world.version("bot0") == "1"
    assert world.engine.made == attempts + 1


def test_p15_a_rejected_version_is_tried_again_when_the_last_good_one_is_no_more(world: World) -> None:
    """Removed by hand there is nothing to create again; waiting for another version would be waiting for ever."""
    started(world, count=1)
    put(world, "bot0", version=UNSTARTABLE)
    world.run(30.0)
    attempts = world.engine.made
    world.engine.remove(only(world, "bot0"))
    world.run(300.0)
    assert attempts + 3 < world.engine.made < attempts + 60
    world.engine.unstartable = ""
    world.run(120.0)
    assert world.version("bot0") == UNSTARTABLE
