"""`down` and what it does to an engine."""

from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bin.world import World, container_of, running, spec_of

from the0_actors.actors.domain.launch import RESULT, Kind
from the0_actors.actors.domain.observed import Exit, Status
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import Basis, Scheduled
from the0_actors.actors.ports.store import Installation
from the0_actors.actors.schedule.timetable import read_timetable
from the0_actors.bin.main import cli


def down(world: World, *args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["down", *args], obj=world.environment(), env={"MONGO_URI": ""}, input=stdin)


def test_down_stops_ours_and_nobody_elses() -> None:
    world = World(
        containers=running("a", "b") | running("x", installation="other0000000") | running("y", installation=None)
    )
    result = down(world)
    assert result.exit_code == 0, result.output
    assert set(world.containers) == {"container-of-x", "container-of-y"}
    assert "2 of 2 stopped" in result.output
    assert not world.lease_taken
    assert world.purged == set()


def test_the_grace_is_spent_once_and_then_it_kills() -> None:
    world = World(containers=running("a", "b", "c"), deaf={"container-of-a", "container-of-b"})
    before = world.time
    result = down(world, "--bot-stop-grace", "5s")
    assert result.exit_code == 0, result.output
    assert world.containers == {}
    assert 5 <= world.time - before < 6
    assert "killing 2" in result.output


def test_p08_down_gives_each_bot_the_grace_on_its_container_and_says_who_was_killed() -> None:
    world = World(deaf={"container-of-a", "container-of-report"})
    world.containers = running("a", stop_grace=4.0) | running("b", "c", stop_grace=60.0)
    scheduled(world, "report", stop_grace=9.0)
    before = world.time
    result = down(world, "--bot-stop-grace", "5s")
    assert result.exit_code == 0, result.output
    assert 9 <= world.time - before < 10
    assert "stopped a: killed after 4 s: it did not end on TERM" in result.output
    assert "stopped b\n" in result.output
    (record,) = world.settled
    assert record.reason == "stopped by the0-actors down; killed after 9 s: it did not end on TERM"


def test_what_cannot_be_stopped_is_named() -> None:
    world = World(containers=running("a", "b"), immortal={"container-of-b"})
    result = down(world, "--purge", "--yes")
    assert result.exit_code == 1
    assert "could not stop b" in result.output
    assert set(world.containers) == {"container-of-b"}
    assert not world.embedded_removed
    assert world.purged == set()


def test_ended_and_created_containers_are_removed_too() -> None:
    ended = container_of("a", status=Status.EXITED)
    world = World(containers={ended.container_id: ended} | running("b", status=Status.CREATED))
    assert down(world).exit_code == 0
    assert world.containers == {}


def test_p64_down_is_refused_while_a_runtime_is_active() -> None:
    world = World(containers=running("a"), active_elsewhere=True)
    result = down(world)
    assert result.exit_code == 5
    assert "a runtime is active" in result.output
    assert set(world.containers) == {"container-of-a"}


def test_the_lock_of_a_killed_runtime_is_waited_for() -> None:
    world = World(containers=running("a"), active_elsewhere=True)
    world.lock_ends = world.time + 9
    assert down(world).exit_code == 0
    assert world.containers == {}


def scheduled(world: World, bot_id: str, **changes: Any) -> None:
    """Give a world a run: a claim, and its container."""
    container = container_of(bot_id, kind=Kind.SCHEDULED, started_at=world.time - 60, **changes)
    world.containers[container.container_id] = container
    world.claims[bot_id] = RunRecord(bot_id, int(world.time) - 60, Outcome.OPEN, holder="a runtime")


def test_p36_runs_that_are_stopped_are_recorded_before_they_are_removed() -> None:
    world = World(containers=running("a"))
    scheduled(world, "report")
    world.printed["container-of-report"] = b"half of it\n"
    result = down(world)
    assert result.exit_code == 0, result.output
    assert (world.containers, world.claims) == ({}, {})
    (record,) = world.settled
    assert (record.bot_id, record.outcome, record.exit_code) == ("report", Outcome.STOPPED, 143)
    assert (record.started_at, record.log_tail) == (world.time - 60, "half of it\n")
    assert "the0-actors down" in record.reason
    assert world.advanced == {}


def test_the_slot_that_was_stopped_is_not_the_next_one_for_the_platforms_scheduler() -> None:
    world = World()
    scheduled(world, "report")
    due = world.claims["report"].due
    spec = replace(spec_of("report"), kind=Kind.SCHEDULED)
    minutely = read_timetable("* * * * *", "UTC")
    world.schedules["report"] = Scheduled(spec, minutely, 60.0, due, Basis("* * * * *", None, due))
    assert down(world).exit_code == 0
    assert world.advanced == {"report": due + 60}


def test_p36_a_run_that_had_ended_keeps_its_own_end() -> None:
    world = World()
    scheduled(world, "report", status=Status.EXITED, exit=Exit(0, oom=False, finished_at=world.time - 5))
    world.handed_out["container-of-report", RESULT] = b"{}"
    assert down(world).exit_code == 0
    (record,) = world.settled
    assert (record.outcome, record.finished_at) == (Outcome.SUCCEEDED, world.time - 5)
    assert record.result.startswith("not stored")


def test_p64_down_is_refused_while_a_scheduler_is_active() -> None:
    world = World(scheduler_elsewhere=True)
    scheduled(world, "report")
    result = down(world)
    assert result.exit_code == 5
    assert "a runtime is active" in result.output
    assert world.claims
    assert not world.lease_taken


def test_one_kind_can_be_taken_down_beside_a_living_runtime_of_the_other() -> None:
    world = World(containers=running("a"), scheduler_elsewhere=True)
    scheduled(world, "report")
    assert down(world, "--only", "realtime").exit_code == 0
    assert set(world.containers) == {"container-of-report"}
    assert world.claims


def test_purge_is_of_both_kinds() -> None:
    result = down(World(containers=running("a")), "--purge", "--yes", "--only", "realtime")
    assert (result.exit_code, "expected both" in result.output) == (2, True)


def test_purge_asks_and_removes() -> None:
    world = World(containers=running("a"), graves=["deleted"])
    assert down(world, "--purge", stdin="n\n").exit_code == 1
    assert set(world.containers) == {"container-of-a"}
    result = down(world, "--purge", stdin="y\n")
    assert result.exit_code == 0, result.output
    assert world.purged == {"a", "deleted"}
    assert world.swept
    assert world.disbanded
    assert world.embedded_removed


def test_down_on_another_engine_is_refused() -> None:
    world = World(containers=running("a"), installation=Installation("0123456789ab", "engine-2"))
    result = down(world)
    assert result.exit_code == 2
    assert "another engine" in result.output


def test_down_where_nothing_ever_ran() -> None:
    result = down(World(installation=None))
    assert result.exit_code == 0
    assert "nothing to stop" in result.output


@pytest.mark.parametrize("part", ["mongodb", "docker"])
def test_down_without_a_dependency_says_which(part: str) -> None:
    world = World(containers=running("a"), down={part})
    result = down(world)
    assert result.exit_code == 3
    assert f"{part} is unavailable" in result.output


OTHER = "ba9876543210"


def test_strangers_are_left_alone_and_named() -> None:
    world = World(containers=running("a") | running("x", installation=OTHER))
    result = down(world)
    assert result.exit_code == 0, result.output
    assert set(world.containers) == {"container-of-x"}
    assert f"left alone: 1 container (x) on this engine, of installation {OTHER}" in result.output


def test_strangers_are_named_where_no_runtime_was_ever_active() -> None:
    world = World(containers=running("x", installation=OTHER), installation=None)
    result = down(world)
    assert result.exit_code == 0
    assert "nothing to stop" in result.output
    assert f"`the0-actors down --installation {OTHER}`" in result.output
    assert world.containers


def test_strangers_that_are_named_are_stopped_and_nobody_else() -> None:
    world = World(containers=running("a") | running("x", installation=OTHER) | running("y", installation=None))
    result = down(world, "--installation", OTHER)
    assert result.exit_code == 0, result.output
    assert set(world.containers) == {"container-of-a", "container-of-y"}
    assert "1 of 1 stopped" in result.output


def test_an_installation_without_containers_here_is_an_error_that_lists_those_with_some() -> None:
    world = World(containers=running("x", installation=OTHER))
    result = down(world, "--installation", "ffffffffffff")
    assert result.exit_code == 4
    assert f"there are some of: {OTHER}" in result.output
    assert down(world, "--installation", "all").exit_code == 2
    assert down(world, "--installation", OTHER, "--purge", "--yes").exit_code == 2
    assert world.containers


def test_our_own_installation_may_be_named_too() -> None:
    world = World(containers=running("a"), active_elsewhere=True)
    assert down(world, "--installation", "0123456789ab").exit_code == 5
    world.active_elsewhere = False
    assert down(world, "--installation", "0123456789ab").exit_code == 0
    assert world.containers == {}
