"""Scenarios over the whole tree in virtual time: one named test per pain that the bot's life must not know."""

import itertools

import pytest
from tests.simulation.scenes import calls, only, put, started
from tests.simulation.world import World

from the0_actors.actors.domain.answers import Disabled, Malformed, Wanted
from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.messages import DrainFleet, OperatorCommand
from the0_actors.actors.ports.engine import Happening
from the0_actors.actors.ports.status import Command, Phase
from the0_actors.adapters.testing.engine_world import FakeContainer, Fault
from the0_actors.adapters.testing.store import spec_of


@pytest.fixture
def world() -> World:
    return World(seed=7)


def test_p01_an_outage_of_the_object_store_starts_nothing_and_grows_sparse(world: World) -> None:
    attempts: list[float] = []

    def down(operation: str) -> bool:
        if operation == "fetch":
            attempts.append(world.clock.monotonic())
        return operation == "fetch"

    world.fetch_fails = down
    put(world, "bot0")
    world.start()
    world.run(600.0)
    assert world.engine.of("bot0") == []
    assert 5 < len(attempts) < 60
    assert attempts[-1] - attempts[-2] > attempts[1] - attempts[0]


def test_p02_an_empty_listing_starts_nothing_twice(world: World) -> None:
    started(world)
    before = {bot: only(world, bot).container_id for bot in ("bot0", "bot1", "bot2")}
    world.script.lie_once = True
    world.run(300.0)
    assert {bot: only(world, bot).container_id for bot in before} == before


def test_p02_an_empty_listing_at_adoption_starts_nothing_twice(world: World) -> None:
    runtime = started(world)
    before = {bot: only(world, bot).container_id for bot in ("bot0", "bot1", "bot2")}
    world.kill(runtime)
    world.script.lie_once = True
    world.start()
    world.run(120.0)
    assert {bot: only(world, bot).container_id for bot in before} == before


def test_p02_an_empty_listing_does_not_hide_a_predecessor(world: World) -> None:
    put(world, "bot0")
    old = FakeContainer("old", "adoring", "bot0", None, Status.RUNNING, None, "", "", Birth(), 1.0)
    world.engine.containers["old"] = old
    world.script.lie_once = True
    world.start()
    world.run(120.0)
    assert "old" not in world.engine.containers
    assert world.version("bot0") == "1"


def test_p02_an_empty_listing_does_not_hide_the_predecessor_of_a_bot_that_comes_later(world: World) -> None:
    old = FakeContainer("old", "adoring", "bot0", None, Status.RUNNING, None, "", "", Birth(), 1.0)
    world.engine.containers["old"] = old
    world.start()
    world.run(90.0)
    world.script.lie_once = True
    while world.script.lie_once:
        world.run(1.0)
    put(world, "bot0")
    world.run(120.0)
    assert world.version("bot0") == "1"
    assert len(world.running("bot0")) == 1


def test_p28_an_actor_that_restarts_while_we_may_not_act_hears_of_the_predecessor(world: World) -> None:
    old = FakeContainer("old", "adoring", "bot0", None, Status.RUNNING, None, "", "", Birth(), 1.0)
    world.engine.containers["old"] = old
    world.store.put("bot0", Malformed("spoilt"))
    runtime = world.start()
    world.run(30.0)
    world.script.store_share = 1.0
    world.run(30.0)
    runtime.system.handle("/bots/crew/bot0").tell(object())
    world.run(1.0)
    world.script.store_share = 0.0
    put(world, "bot0")
    world.run(60.0)
    assert "old" not in world.engine.containers
    assert world.version("bot0") == "1"


def test_p03_a_create_that_is_slow_or_whose_answer_is_lost_gives_one_container(world: World) -> None:
    faults = iter([Fault.LOSE_AFTER, Fault.LOSE, Fault.LOSE_AFTER])
    world.engine.fault = lambda operation, _target: next(faults, Fault.NONE) if operation == "create" else Fault.NONE
    world.script.engine_takes = 40.0
    put(world, "bot0")
    world.start()
    world.run(2000.0)
    assert len(world.running("bot0")) == 1


def test_p06_a_database_without_our_marker_stops_nobody(world: World) -> None:
    started(world, count=6)
    world.store.documents.clear()
    world.store.installation = None
    world.run(600.0)
    assert all(len(world.running(f"bot{n}")) == 1 for n in range(6))


@pytest.mark.parametrize("deleted", [False, True])
def test_p08_a_bot_gets_its_grace_and_not_more(world: World, deleted: bool) -> None:
    world.store.put("bot0", Wanted(spec_of("bot0", stop_grace=20.0)))
    world.start()
    world.run(5.0)
    only(world, "bot0").heeds_term = False
    if deleted:
        world.store.delete("bot0")
    else:
        world.store.put("bot0", Disabled())
    world.run(19.0)
    assert len(world.running("bot0")) == 1
    world.run(3.0)
    assert world.engine.of("bot0") == []


def test_p14_foreign_containers_and_those_of_unknown_bots_are_not_touched(world: World) -> None:
    world.install()
    for installation, name in (("foreign", "one"), (None, "two")):
        container = FakeContainer(name, name, "stranger", installation, Status.RUNNING, None, "", "", Birth(), 1.0)
        world.engine.containers[name] = container
    started(world)
    world.run(600.0)
    assert {c.container_id for c in world.engine.of("stranger")} == {"one", "two"}
    assert all(c.status is Status.RUNNING for c in world.engine.of("stranger"))


def test_p25_the_phase_follows_the_engine_not_the_wish(world: World) -> None:
    runtime = started(world, count=1)
    world.engine.die(only(world, "bot0"), 137, oom=True)
    world.run(5.0)
    told = [transition for _, transition in runtime.transitions]
    assert any(t.phase is Phase.BACKOFF and t.reason.startswith("out of memory (exit code 137)") for t in told)


def test_p27_a_crash_loop_has_growing_gaps_a_reason_and_no_end(world: World) -> None:
    runtime = started(world, count=1)
    starts: list[float] = []
    for _ in range(12):
        while not world.running("bot0"):
            world.run(1.0)
        starts.append(world.clock.monotonic())
        world.engine.die(only(world, "bot0"), 3)
        world.run(1.0)
    state = runtime.tree.bots.bot("bot0").actor.state  # type: ignore[union-attr]
    assert Phase.CRASH_LOOPING in {transition.phase for transition in state.transitions}
    assert "exit code 3" in state.last_end
    assert "output of" in state.log_tail
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert max(gaps[6:]) > gaps[0]
    while not world.running("bot0"):
        world.run(5.0)
    world.run(60.0)
    world.engine.die(only(world, "bot0"), 3)
    world.run(5.0)
    assert runtime.tree.bots.bot("bot0").actor.state.short_lives == 1  # type: ignore[union-attr]


def test_p27_our_own_death_neither_forgets_nor_resets_a_backoff(world: World) -> None:
    runtime = started(world, count=1)
    for _ in range(5):
        while not world.running("bot0"):
            world.run(1.0)
        world.engine.die(only(world, "bot0"), 3)
        world.run(1.0)
    lives = runtime.tree.bots.bot("bot0").actor.state.short_lives  # type: ignore[union-attr]
    world.kill(runtime)
    again = world.start()
    world.run(1.0)
    assert again.tree.bots.bot("bot0").actor.state.short_lives == lives  # type: ignore[union-attr]


def test_p28_a_bug_where_documents_are_read_for_all_is_lived_through(world: World) -> None:
    """Whoever waits for an answer is restarted with it, and asks again; what runs goes on."""
    runtime = started(world)
    world.script.slow_share = 1.0
    put(world, "bot0", version="2")
    world.run(0.2)
    world.script.slow_share = 0.0
    desk = runtime.system.handle("/bots/reads").actor
    assert desk is not None
    desk.give_up("a bug")
    world.run(300.0)
    assert world.version("bot0") == "2"
    assert [calls(world, "create", f"bot{n}") for n in range(3)] == [2, 1, 1]


def test_p28_a_bug_in_a_bots_actor_restarts_it_alone(world: World) -> None:
    runtime = started(world)
    runtime.system.handle("/bots/crew/bot0").tell(object())
    world.run(30.0)
    assert [r.child for r in world.failures()] == ["/bots/crew/bot0"]
    assert all(calls(world, "create", f"bot{n}") == 1 for n in range(3))
    put(world, "bot0", version="2")
    world.run(10.0)
    assert world.version("bot0") == "2"


def test_p35_an_engine_that_refuses_to_stop_keeps_the_bot_stopping(world: World) -> None:
    runtime = started(world, count=1)
    world.engine.fault = lambda operation, _target: Fault.REFUSE if operation == "signal" else Fault.NONE
    put(world, "bot0", version="2")
    world.run(300.0)
    assert world.version("bot0") == "1"
    assert len(world.engine.of("bot0")) == 1
    world.engine.fault = lambda _operation, _target: Fault.NONE
    world.run(120.0)
    assert world.version("bot0") == "2"
    assert world.phase(runtime, "bot0") is Phase.RUNNING


def test_p37_a_name_that_is_taken_by_one_being_removed_is_waited_for(world: World) -> None:
    started(world, count=1)
    dying = only(world, "bot0")
    dying.status = Status.REMOVING
    world.engine.tell(dying, Happening.DIED)
    world.run(10.0)
    assert world.engine.of("bot0") == [dying]
    world.engine.remove(dying)
    world.run(5.0)
    assert len(world.running("bot0")) == 1


def test_p38_starts_that_fail_leave_nothing_behind(world: World) -> None:
    world.engine.fault = lambda operation, _target: Fault.REFUSE if operation == "start" else Fault.NONE
    put(world, "bot0")
    world.start()
    world.run(3000.0)
    assert len(world.engine.of("bot0")) <= 1
    assert calls(world, "create", "bot0") > 20
    world.engine.fault = lambda _operation, _target: Fault.NONE
    world.run(120.0)
    assert len(world.running("bot0")) == 1


@pytest.mark.parametrize("lost", [False, True])
def test_p40_what_is_done_behind_our_back_is_healed(world: World, lost: bool) -> None:
    runtime = started(world)
    world.engine.events_lost = lost
    world.engine.remove(only(world, "bot0"))
    world.engine.pause(only(world, "bot1"))
    world.engine.die(only(world, "bot2"), 137)
    world.run(70.0)
    assert all(only(world, f"bot{n}").status is Status.RUNNING for n in range(3))
    assert world.phase(runtime, "bot1") is Phase.RUNNING


def test_p42_two_runtimes_one_acts_and_the_other_takes_over(world: World) -> None:
    first = started(world)
    second = world.start()
    world.run(60.0)
    keeper = second.tree.bots.lease.actor
    assert keeper is not None
    assert keeper.role == "standby"  # type: ignore[attr-defined]
    world.kill(first)
    put(world, "bot0", version="2")
    world.run(20.0)
    assert world.version("bot0") == "2"
    assert all(calls(world, "create", f"bot{n}") == 1 for n in (1, 2))


def test_p42_on_one_host_a_dead_holder_is_followed_at_once(world: World) -> None:
    first = started(world)
    second = world.start()
    world.run(10.0)
    world.kill(first)
    world.run(4.0)
    assert second.tree.bots.lease.actor.role == "active"  # type: ignore[union-attr]


def test_p44_p55_a_malformed_document_stops_nobody_and_starts_nobody(world: World) -> None:
    started(world)
    world.store.put("bot0", Malformed("no id"))
    world.store.put("new", Malformed("no id"))
    world.run(120.0)
    assert len(world.running("bot0")) == 1
    assert world.engine.of("new") == []
    put(world, "bot0", version="2")
    world.run(10.0)
    assert world.version("bot0") == "2"


@pytest.mark.parametrize("auto_remove", [False, True])
def test_a_predecessors_container_is_replaced_without_a_moment_of_two(world: World, auto_remove: bool) -> None:
    put(world, "bot0")
    old = FakeContainer(
        "old", "adoring", "bot0", None, Status.RUNNING, None, "", "", Birth(), 1.0, auto_remove=auto_remove
    )
    world.engine.containers["old"] = old
    world.start()
    world.run(30.0)
    assert "old" not in world.engine.containers
    assert world.version("bot0") == "1"


def test_operators_restart_stop_and_resume(world: World) -> None:
    runtime = started(world, count=1)
    first = only(world, "bot0").container_id
    runtime.tree.bots.fleet.tell(OperatorCommand("bot0", Command.RESTART))
    world.run(5.0)
    assert only(world, "bot0").container_id != first
    runtime.tree.bots.fleet.tell(OperatorCommand("bot0", Command.STOP))
    world.run(5.0)
    assert world.engine.of("bot0") == []
    world.kill(runtime)
    runtime = world.start()
    world.run(60.0)
    assert world.engine.of("bot0") == []
    runtime.tree.bots.fleet.tell(OperatorCommand("bot0", Command.RESUME))
    world.run(5.0)
    assert len(world.running("bot0")) == 1


def test_draining_stops_all_and_says_when(world: World) -> None:
    runtime = started(world)
    only(world, "bot1").heeds_term = False
    runtime.tree.bots.fleet.tell(DrainFleet())
    world.run(10.0)
    assert not runtime.drained
    world.run(31.0)
    assert runtime.drained
    assert all(world.engine.of(f"bot{n}") == [] for n in range(3))


def test_p64_stopping_the_tree_touches_no_bot(world: World) -> None:
    runtime = started(world)
    before = len(world.engine.calls)
    runtime.tree.stop()
    world.run(60.0)
    assert runtime.ended
    assert len(world.engine.calls) == before
    assert all(len(world.running(f"bot{n}")) == 1 for n in range(3))
    assert not [h.path for h in runtime.system.handles() if h.alive]
    assert len(world.stepper.timers) == 0


def test_same_seed_same_trace() -> None:
    def trace(seed: int) -> list[tuple[str, str]]:
        world = World(seed)
        world.script.fault_share = 0.3
        started_ = [f"bot{n}" for n in range(5)]
        put(world, *started_)
        runtime = world.start()
        world.run(300.0)
        return [(bot, t.reason) for bot, t in runtime.transitions]

    assert trace(3) == trace(3)
    assert trace(3) != trace(4)


def test_code_that_nobody_uses_is_swept_and_what_is_used_stays(world: World) -> None:
    started(world, count=2)
    put(world, "bot0", version="2")
    world.run(30.0)
    assert len(world.engine.code) == 2
    put(world, "bot1", version="2")
    world.run(2.0 * 3600.0)
    assert len(world.engine.code) == 1
    assert calls(world, "create", "bot0") == 2
