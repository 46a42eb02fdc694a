"""The database is away for longer than the lease, and runtimes die, freeze and lose the engine: one acts."""

import signal
from pathlib import Path

import pytest
from tests.chaos.processes import process
from tests.parts.docker import unclosed_sockets
from tests.parts.mongo import Mongo
from tests.parts.nats import Nats
from tests.parts.platform import event
from tests.parts.proxy import Proxy
from tests.parts.runtimes import World, Worlds, expect_part, expect_phase
from tests.parts.waiting import until

from the0_actors.actors.errors import NotActive
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.supervisors.runtime import Runtime

pytestmark = [pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.timeout(500)]

SHORT = 1.0
"""Seconds of the lease where nothing but the database's absence is looked at."""

USUAL = 9.0
"""Seconds of the lease as it is outside of tests: a busy machine takes its time."""


@pytest.fixture
def world(own_mongo: Mongo, nats: Nats, worlds: Worlds) -> World:
    """A world whose database the test may stop."""
    nats.make_stream()
    world = worlds(own_mongo, nats)
    world.platform.upload("1.0.0")
    return world


def deploy(world: World, count: int) -> list[str]:
    """Have bots in the database."""
    ids = world.ids(count)
    world.bots.insert_many([event(bot_id) for bot_id in ids])
    return ids


def expect_incarnation(world: World, bot_id: str, least: int) -> None:
    """Wait until that incarnation of a bot runs, or a later one."""

    def look() -> bool:
        found = world.sight.running().get(bot_id)
        return found is not None and found.incarnation >= least

    until(look, f"incarnation {least} of {bot_id} runs", 30)


def expect_lease_over(runtime: Runtime) -> None:
    """Wait until the runtime that acts has not heard of the database for longer than its lease was good for."""
    expect_part(runtime.status, "lease", ok=False)
    assert runtime.status_role() == "active"


def test_p43_what_crashes_is_restarted_while_the_database_is_away_and_a_restart_by_hand_is_carried_out(
    world: World, own_mongo: Mongo
) -> None:
    killed, restarted, left = ids = deploy(world, 3)
    with world.runtime(lease_term=SHORT) as runtime, world.runtime(lease_term=SHORT) as second:
        for bot_id in ids:
            until(lambda: bot_id in world.sight.running(), f"{bot_id} runs", 60)  # noqa: B023
        active, standby = (runtime, second) if runtime.status_role() == "active" else (second, runtime)
        until(active.ready, "it is ready")
        first = world.sight.running()

        own_mongo.stop()
        expect_lease_over(active)
        for incarnation in (2, 3):
            world.sight.client.kill(world.sight.running()[killed].id)
            expect_incarnation(world, killed, incarnation)
        expect_phase(active, killed, Phase.RUNNING, "as wanted")
        assert active.command(restarted, Command.RESTART)
        expect_incarnation(world, restarted, 2)
        for command in (Command.STOP, Command.RESUME):
            with pytest.raises(NotActive, match="kept in the database"):
                active.command(left, command)
        with pytest.raises(NotActive, match="standby"):
            standby.command(left, Command.RESTART)
        (lease,) = [part for part in active.parts() if part.name == "lease"]
        assert lease.note == "acts on the engine's lock; the database is away"
        assert "database away since" in lease.measured
        assert (active.alive(), active.ready()) == (True, False)
        assert world.sight.running()[left] == first[left]

        own_mongo.start()
        until(active.ready, "it is ready again", 30)
        assert (active.status_role(), standby.status_role()) == ("active", "standby")
        assert active.command(left, Command.STOP)
        until(lambda: left not in world.sight.running(), "it is stopped by hand", 30)
    assert world.sight.doubled() == []


@pytest.mark.slow
def test_p42_the_holder_dies_and_freezes_while_the_database_is_away(
    world: World, own_mongo: Mongo, tmp_path: Path
) -> None:
    ids = deploy(world, 3)
    logs = tmp_path / "first.log", tmp_path / "second.log"
    with process(world, logs[0], USUAL) as first, process(world, logs[1], USUAL) as second:
        world.expect_running(*ids)
        until(lambda: {first.role, second.role} == {"active", "standby"}, "one acts and one stands by", 60)
        holder, other = (first, second) if first.role == "active" else (second, first)
        own_mongo.stop()
        holder.send(signal.SIGSTOP)
        world.sight.client.kill(world.sight.running()[ids[0]].id)
        until(lambda: world.sight.count("die", bot_id=ids[0]) == 1, "it has ended")
        holder.send(signal.SIGCONT)  # nobody could take the lock meanwhile: it goes on
        expect_incarnation(world, ids[0], 2)
        holder.end()
        own_mongo.start()
        other.await_role("active", 60)
        until(lambda: other.log.count("as wanted") == len(ids), "it has adopted them")
        world.sight.client.kill(world.sight.running()[ids[1]].id)
        expect_incarnation(world, ids[1], 2)
        world.expect_running(*ids)
    assert world.sight.doubled() == []


@pytest.mark.slow
@unclosed_sockets()
def test_p42_of_two_hosts_one_acts_on_a_remote_engine_and_gives_way_when_it_is_cut_off(
    world: World, own_mongo: Mongo, tmp_path: Path
) -> None:
    ids = deploy(world, 3)
    upstream = world.settings.docker.host.removeprefix("unix://")
    with (
        Proxy(None, upstream) as network,
        Proxy(None, upstream) as network_of_other,
        process(world, tmp_path / "first.log", USUAL, docker=f"tcp://127.0.0.1:{network.port}") as first,
    ):
        first.await_role("active")
        world.expect_running(*ids)
        with process(world, tmp_path / "other.log", USUAL, docker=f"tcp://127.0.0.1:{network_of_other.port}") as other:
            other.await_role("standby")
            own_mongo.stop()
            world.sight.client.kill(world.sight.running()[ids[0]].id)
            expect_incarnation(world, ids[0], 2)
            own_mongo.start()
            until(world.sight.client.ping, "the engine is there")
            network.down()  # the engine sees the connection end: the lock is free
            other.await_role("active", 60)
            until(lambda: other.log.count("as wanted") == len(ids), "it has adopted them")
            world.sight.client.kill(world.sight.running()[ids[1]].id)
            expect_incarnation(world, ids[1], 2)
            network.up()
            first.await_role("standby")
            world.expect_running(*ids)
    assert world.sight.doubled() == []


def test_the_status_of_a_standby_names_who_is_active(world: World) -> None:
    with world.runtime(lease_term=SHORT) as first:
        until(lambda: first.status_role() == "active", "one is active")
        with world.runtime(lease_term=SHORT) as second:
            expect_part(second.status, "lease", ok=False)
            until(lambda: any("is active" in part.note for part in second.parts()), "it says so", 30)
