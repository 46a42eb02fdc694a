"""Scenarios of a database that is emptied, restored or exchanged, over the whole tree in virtual time."""

import pytest
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Wanted
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.identity import Word
from the0_actors.actors.ports.status import RuntimeStatus
from the0_actors.actors.ports.store import Installation
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeContainer, Fault
from the0_actors.adapters.testing.store import FIRST, spec_of
from the0_actors.supervisors.status import StatusMaker

OLD, NEW = f"{FIRST:012x}", f"{FIRST + 1:012x}"
BOTS = tuple(f"bot{number}" for number in range(4))


def status(world: World) -> RuntimeStatus:
    runtime = world.runtimes[-1]
    return StatusMaker(runtime.system, runtime.tree, "docker").status()


def alarms(world: World) -> str:
    return "\n".join(status(world).alarms)


def ready(world: World) -> bool:
    return status(world).ready


def deploy(world: World, version: str = "1") -> None:
    for bot in BOTS:
        world.store.put(bot, Wanted(spec_of(bot, version)))


NOTHING = Word()


def restart(world: World, word: Word = NOTHING, host: str = "host-1") -> None:
    """Kill the runtime that is there, and start another with this word."""
    world.kill(world.runtimes[-1])
    world.word = word
    world.start(host)


def owners(world: World) -> dict[str, list[str | None]]:
    """Return whose live container each bot has."""
    return {bot: [world.engine.containers[one].installation for one in world.running(bot)] for bot in BOTS}


ALL_OLD = {bot: [OLD] for bot in BOTS}


@pytest.fixture
def world() -> World:
    """Four bots run."""
    world = World(seed=7)
    deploy(world)
    world.start()
    world.run(60.0)
    assert all(world.running(bot) for bot in BOTS)
    return world


def test_p06_a_database_emptied_under_us_stops_nobody_alarms_and_is_believed_again_when_restored(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    kept = world.store.empty()
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert "marker is gone" in alarms(world)
    assert not ready(world)
    world.store.restore(kept)
    world.store.put("bot0", Wanted(spec_of("bot0", "2")))
    world.run(120.0)
    assert world.version("bot0") == "2"
    assert alarms(world) == ""
    assert ready(world)


def test_p06_a_document_that_comes_into_a_database_emptied_under_us_replaces_nobody(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    world.store.empty()
    deploy(world, "2")
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before


def test_p06_nothing_is_done_with_the_database_of_another_installation(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    world.store.empty()
    world.store.installation = Installation("0123456789ab", "another-engine")
    deploy(world, "2")
    world.store.put("bot9", Wanted(spec_of("bot9")))
    world.run(900.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert world.engine.of("bot9") == []
    assert "marker is 0123456789ab, not a1b2c3d4e5f6" in alarms(world)


def test_while_the_database_is_not_ours_what_crashes_is_started_again(world: World) -> None:
    world.store.empty()
    world.run(60.0)
    (crashed,) = world.running("bot0")
    world.engine.die(world.engine.containers[crashed], 1)
    world.run(60.0)
    assert world.running("bot0") not in ([], [crashed])


def test_p06_a_runtime_restarted_on_an_emptied_database_starts_nothing_and_says_whose_containers_there_are(
    world: World,
) -> None:
    """A new installation was made, and all came up a second time beside their old containers."""
    world.store.empty()
    deploy(world)
    restart(world)
    world.run(900.0)
    assert owners(world) == ALL_OLD
    assert world.store.installation is None
    assert f"{OLD} (4 containers (bot0, bot1, bot2, bot3) on this engine)" in alarms(world)
    assert f"`--adopt-installation {OLD}`" in alarms(world)
    assert "`--new-installation`" in alarms(world)
    assert not ready(world)


def test_p06_a_standby_too_waits_for_the_word(world: World) -> None:
    world.store.empty()
    deploy(world)
    restart(world)
    world.start("host-2")
    world.run(900.0)
    assert owners(world) == ALL_OLD
    assert world.store.installation is None


def test_the_database_restored_is_gone_on_with_without_a_word(world: World) -> None:
    kept = world.store.empty()
    restart(world)
    world.run(60.0)
    world.store.restore(kept)
    world.run(60.0)
    assert owners(world) == ALL_OLD
    assert ready(world)
    assert alarms(world) == ""


def test_an_adopted_installation_goes_on_with_the_containers_that_run(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    world.store.empty()
    deploy(world)
    restart(world, Word(adopt=OLD))
    world.run(120.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert world.store.installation == Installation(OLD, "fake-engine")
    assert ready(world)
    restart(world)
    world.run(120.0)
    assert {bot: world.running(bot) for bot in BOTS} == before


def test_a_new_installation_leaves_strangers_alone_and_names_them(world: World) -> None:
    world.store.empty()
    restart(world, Word(anew=True))
    world.store.put("bot9", Wanted(spec_of("bot9")))
    world.run(120.0)
    assert owners(world) == ALL_OLD
    assert [world.engine.containers[one].installation for one in world.running("bot9")] == [NEW]
    (line,) = status(world).strangers
    assert line.startswith(f"4 containers (bot0, bot1, bot2, bot3) on this engine, of installation {OLD}, which")
    assert alarms(world) == ""
    assert ready(world), "strangers are no fault of ours"


def test_an_installation_that_nobody_has_seen_is_not_adopted(world: World) -> None:
    world.store.empty()
    restart(world, Word(adopt="ffffffffffff"))
    world.run(120.0)
    assert owners(world) == ALL_OLD
    assert world.store.installation is None
    assert f"known: {OLD}" in alarms(world)


def doubled(world: World) -> None:
    """Have a new installation in the database, that began beside the old one's containers."""
    world.store.empty()
    world.install()


def test_back_to_the_old_installation_when_the_new_one_has_no_containers(world: World) -> None:
    before = {bot: world.running(bot) for bot in BOTS}
    doubled(world)
    deploy(world)
    restart(world, Word(adopt=OLD))
    world.run(120.0)
    assert {bot: world.running(bot) for bot in BOTS} == before
    assert world.store.installation == Installation(OLD, "fake-engine", given_up=(NEW,))


def test_no_way_back_while_the_new_installation_has_containers_of_its_own(world: World) -> None:
    doubled(world)
    container = FakeContainer("n", "n", "bot9", NEW, Status.RUNNING, None, "", "", Birth(), 1.0)
    world.engine.containers["n"] = container
    restart(world, Word(adopt=OLD))
    world.run(120.0)
    assert owners(world) == ALL_OLD
    assert container.status is Status.RUNNING
    assert f"`the0-actors down --installation {NEW}`" in alarms(world)


def test_an_installation_is_not_given_up_under_a_runtime_that_is_active(world: World) -> None:
    doubled(world)
    world.kill(world.runtimes[-1])
    world.store.lease_holder, world.store.lease_until = "somebody", world.clock.monotonic() + 300.0
    world.word = Word(adopt=OLD)
    world.start("host-2")
    world.run(60.0)
    assert world.store.installation == Installation(NEW, "fake-engine")
    assert f"a runtime of installation {NEW} is active" in alarms(world)
    world.run(600.0)
    assert world.store.installation == Installation(OLD, "fake-engine", given_up=(NEW,))


@pytest.mark.parametrize("fault", [Fault.LOSE, Fault.LIE])
def test_p02_an_engine_that_does_not_answer_or_lies_once_is_not_an_empty_one(world: World, fault: Fault) -> None:
    world.store.empty()
    deploy(world)
    world.kill(world.runtimes[-1])
    faults = iter([fault] * (30 if fault is Fault.LOSE else 1))
    by_script = world.engine.fault
    world.engine.fault = lambda operation, target: (
        next(faults, Fault.NONE) if operation == "list" else by_script(operation, target)
    )
    world.start("host-2")  # which remembers nothing
    world.run(900.0)
    assert owners(world) == ALL_OLD
    assert world.store.installation is None


def test_the_data_folder_remembers_where_the_engine_is_another_one(world: World) -> None:
    """What runs on the old engine cannot be seen from the new one, and would run twice."""
    old, world.engine = world.engine, EngineWorld(world.clock, engine_id="another")
    world.store.empty()
    deploy(world)
    restart(world)
    world.run(300.0)
    assert not any(world.running(bot) for bot in BOTS)
    assert f"{OLD} (no container here; the data folder remembers it, on engine {old.engine_id}" in alarms(world)
    restart(world, host="host-2")  # who knows nothing of it begins
    world.run(300.0)
    assert all(world.running(bot) for bot in BOTS)


def test_another_engine_than_the_recorded_one_is_refused_until_the_operator_moves_there(world: World) -> None:
    for bot in BOTS:
        world.engine.die(world.engine.containers[world.running(bot)[0]], 0)
    world.engine = EngineWorld(world.clock, engine_id="another")
    restart(world)
    world.run(120.0)
    assert "belongs to engine fake-engine, not another" in alarms(world)
    assert not ready(world)
    restart(world, Word(adopt=OLD))
    world.run(300.0)
    assert world.store.installation == Installation(OLD, "another")
    assert all(world.running(bot) for bot in BOTS)


def test_p09_an_emptied_database_of_schedules_lets_no_slot_run_again_and_no_run_end() -> None:
    world = ScheduleWorld(3)
    world.program = Program(lasts=600.0)
    world.put("b", "0 * * * *", timeout=3000)
    world.start()
    world.run(3630.0)
    (run,) = world.running("b")
    kept = world.store.empty()
    world.put("b", "0 * * * *", timeout=3000)
    world.kill(world.runtimes[-1])
    world.start()
    world.run(300.0)
    assert world.running("b") == [run]
    world.store.restore(kept)
    world.run(600.0)
    assert [one.outcome for one in world.records("b")] == [Outcome.SUCCEEDED]
    world.run(3600.0)
    assert set(world.starts.values()) == {1}
    assert len(world.starts) == 2
