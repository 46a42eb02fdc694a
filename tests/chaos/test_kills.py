"""The runtime itself is killed, or frozen, while bots run and change: nobody runs twice, nobody is forgotten."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chaos.processes import TERM, process
from tests.parts.platform import event
from tests.parts.runtimes import World
from tests.parts.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.slow]

KILLS = 20
BOTS = 15
LONG_TERM = 120.0
"""What ends before it did not end by it."""


@pytest.mark.timeout(500)
def test_p04_a_runtime_that_is_killed_twenty_times_loses_and_doubles_nobody(world: World, tmp_path: Path) -> None:
    seed = int(os.environ.get("THE0_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"THE0_TEST_SEED={seed}\n")
    chance = random.Random(seed)
    for version in ("1.0.0", "1.1.0"):
        world.platform.upload(version)
    ids = world.ids(BOTS)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    for round_ in range(KILLS):
        with process(world, tmp_path / f"{round_}.log") as one:
            edited = chance.choice(ids)
            moment = chance.uniform(0.2, 1.0)
            one.await_role("active")
            world.platform.updated(edited, version=chance.choice(("1.0.0", "1.1.0")), round=round_)
            wait(moment)
            one.end()
    with process(world, tmp_path / "last.log"):
        wanted = {one["id"]: one["custom"]["version"] for one in world.bots.find()}
        assert set(wanted) == set(ids)
        world.expect_running(*ids, seconds=60)
        last = event(ids[0], symbol="last")
        world.platform.publish(("updated", last))
        before = world.sight.running()[ids[0]]
        until(lambda: world.sight.running().get(ids[0], before) != before, "it hears of edits", 30)
    assert world.sight.doubled() == []
    for container in world.sight.running().values():
        first = container.incarnation == 1 or container.labels["the0-actors.previous-end"] == "never started"
        assert container.reason if first else container.reason != "wanted", container


@pytest.mark.timeout(500)
def test_p42_a_standby_follows_the_dead_at_once_and_the_frozen_within_the_term(world: World, tmp_path: Path) -> None:
    world.platform.upload("1.0.0")
    ids = world.ids(5)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    with process(world, tmp_path / "first.log", LONG_TERM) as first:
        first.await_role("active")
        world.expect_running(*ids)
        with process(world, tmp_path / "second.log") as second:
            second.await_role("standby")
            first.end()
            second.await_role("active")
            world.platform.created(*(more := world.ids(6)[5:]))
            world.expect_running(*ids, *more)
            with process(world, tmp_path / "third.log") as third:
                third.await_role("standby")
                second.send(signal.SIGSTOP)
                third.await_role("active", TERM * 2 + 2)
                kept = world.sight.running()
                world.platform.updated(ids[0], symbol="by the third")
                until(lambda: world.sight.running().get(ids[0], kept[ids[0]]) != kept[ids[0]], "the third acts")
                second.send(signal.SIGCONT)
                second.await_role("standby")
                after = world.sight.running()
                assert {bot_id for bot_id in kept if after.get(bot_id) != kept[bot_id]} == {ids[0]}
    assert world.sight.doubled() == []


@pytest.mark.timeout(500)
def test_p64_a_restart_in_order_keeps_every_container(world: World, tmp_path: Path) -> None:
    world.platform.upload("1.0.0")
    ids = world.ids(5)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    with process(world, tmp_path / "first.log", LONG_TERM) as first:
        world.expect_running(*ids)
        first.end(signal.SIGTERM)
    kept = world.sight.running()
    with process(world, tmp_path / "second.log") as second:
        second.await_role("active")
        world.platform.updated(ids[0], symbol="after")
        until(lambda: world.sight.running().get(ids[0], kept[ids[0]]) != kept[ids[0]], "the second acts")
    after = world.sight.running()
    assert {bot_id for bot_id in ids if after[bot_id].id != kept[bot_id].id} == {ids[0]}
    assert world.sight.doubled() == []


def wait(seconds: float) -> None:
    """Let the runtime get on for a moment that chance chose."""
    subprocess.run(["sleep", f"{seconds:.3f}"], check=True)
