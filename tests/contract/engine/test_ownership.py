"""The port's promises about whose containers these are."""

from dataclasses import replace

import pytest
from tests.contract.engine.bench import Bench
from tests.contract.engine.conftest import Run

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import Refused, Unlaunchable


def test_p14_other_installations_are_not_listed_and_not_shown(bench: Bench, make: Run) -> None:
    container_id = make("bot")
    assert [one for one in bench.neighbour.list() if one.bot_id == "bot"] == []
    with pytest.raises(Refused):
        bench.neighbour.look(container_id)


def test_p14_everyone_is_shown_with_the_installation_that_it_belongs_to(bench: Bench, make: Run) -> None:
    """Who has no containers of its own sees the others' all the same: that they are there, and whose."""
    mine, go = make("bot"), bench.upstream("old-bot")
    listed = {one.container_id: one for one in bench.engine.list()}
    seen = {one.container_id: one for one in bench.neighbour.everyone()}
    assert seen[mine] == listed[mine]
    assert seen[mine].installation is not None
    assert seen[go].installation is None


def test_p14_two_installations_run_the_same_bot_id_side_by_side(bench: Bench) -> None:
    assert bench.engine.name_of("bot", Kind.REALTIME) != bench.neighbour.name_of("bot", Kind.REALTIME)


def test_p14_a_stranger_under_our_name_is_refused_and_left_alone(bench: Bench, make: Run) -> None:
    stranger = bench.stranger(bench.engine.name_of("bot", Kind.REALTIME))
    with pytest.raises(Refused):
        bench.engine.look(bench.engine.name_of("bot", Kind.REALTIME))
    assert stranger not in {one.container_id for one in bench.engine.list()}


def test_the_go_runtimes_containers_are_listed_without_installation(bench: Bench) -> None:
    container_id = bench.upstream("old-bot")
    for engine in (bench.engine, bench.neighbour):
        (listed,) = (one for one in engine.list() if one.container_id == container_id)
        assert (listed.installation, listed.bot_id, listed.kind) == (None, "old-bot", Kind.REALTIME)
        assert listed.status is Status.RUNNING
        found = engine.look(container_id)
        assert found is not None
        assert found.installation is None


def test_every_state_is_listed(bench: Bench, make: Run, run: Run) -> None:
    made = {make("created"): Status.CREATED, run("running"): Status.RUNNING}
    paused = run("paused")
    bench.pause(paused)
    exited = run("exited")
    bench.crash(exited)
    made |= {paused: Status.PAUSED, exited: Status.EXITED}
    listed = {one.container_id: one.status for one in bench.engine.list() if one.installation is not None}
    assert listed == made
    bench.engine.resume(paused)


def test_p54_odd_ids_run_like_others(bench: Bench, make: Run) -> None:
    for bot_id in ("UPPER", "upper", "a/../b", "ünïcödé ✓", "x" * 300, "-", ".."):
        name = bench.engine.name_of(bot_id, Kind.REALTIME)
        container_id = make(bot_id)
        found = bench.engine.look(name)
        assert found is not None
        assert (found.container_id, found.bot_id) == (container_id, bot_id)


def test_what_can_never_run_is_said_before_anything_is_made(bench: Bench) -> None:
    spec = bench.spec("bot")
    bench.engine.check(spec)
    with pytest.raises(Unlaunchable, match=r"python3\.11"):
        bench.engine.check(replace(spec, runtime="cobol85"))
    with pytest.raises(Unlaunchable):
        bench.engine.check(replace(spec, entrypoint=""))
    with pytest.raises(Unlaunchable, match="BOT_CONFIG"):
        bench.engine.check(replace(spec, config_json='"' + "x" * (128 * 1024) + '"'))
