"""Supervisors: start in order, restart by strategy, stop in reverse, escalate with a reason."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.supervisors.troupe import AT_ONCE, BOOM, Stubborn, World

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.threaded import ThreadedSystem
from the0_actors.supervisors.child import Goal, State
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart, Strategy
from the0_actors.supervisors.reports import What
from the0_actors.supervisors.supervisor import Supervisor, start_root

PATIENCE = 20.0


@pytest.fixture
def world() -> World:
    return World()


def test_children_start_in_order_and_stop_in_reverse(world: World) -> None:
    for seed in range(20):
        ordered = World(seed)
        ordered.start(*(ordered.child(name) for name in "abcd"))
        ordered.stop()
        assert ordered.log == ["+a", "+b", "+c", "+d", "-d", "-c", "-b", "-a"]
        assert ordered.ends == [End("normal", failed=False)]


def test_the_next_child_waits_until_the_one_before_has_started(world: World) -> None:
    gate = threading.Event()
    started: list[str] = []

    class Slow(Actor):
        def on_start(self) -> None:
            gate.wait(PATIENCE)
            started.append("slow")

    class Next(Actor):
        def on_start(self) -> None:
            started.append("next")
            done.set()

    done = threading.Event()
    with ThreadedSystem() as system:
        start_root(system, Supervisor((ChildSpec("slow", Slow), ChildSpec("next", Next))))
        gate.set()
        assert done.wait(PATIENCE)
    assert started == ["slow", "next"]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.ONE_FOR_ONE, ["+b"]),
        (Strategy.ONE_FOR_ALL, ["-d", "-c", "-a", "+a", "+b", "+c", "+d"]),
        (Strategy.REST_FOR_ONE, ["-d", "-c", "+b", "+c", "+d"]),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_strategy_says_who_is_restarted_and_in_which_order(
    strategy: Strategy, expected: list[str], seed: int
) -> None:
    world = World(seed)
    world.start(*(world.child(name) for name in "abcd"), strategy=strategy)
    world.take_log()
    world.tell("/b", BOOM, 1)
    assert world.take_log() == expected
    assert all(world.system.handle(f"/{name}").alive for name in "abcd")
    world.stop()


def test_a_temporary_sibling_is_stopped_with_the_group_and_not_started_again(world: World) -> None:
    world.start(world.child("a"), world.child("t", restart=Restart.TEMPORARY), strategy=Strategy.ONE_FOR_ALL)
    world.take_log()
    world.tell("/a", BOOM, 1)
    assert world.take_log() == ["-t", "+a"]
    world.stop()


def test_a_transient_sibling_that_had_ended_normally_comes_back_with_the_group(world: World) -> None:
    world.start(world.child("a"), world.child("t", restart=Restart.TRANSIENT), strategy=Strategy.ONE_FOR_ALL)
    world.tell("/t", "finish", 1)
    assert not world.system.handle("/t").alive
    world.take_log()
    world.tell("/a", BOOM, 1)
    assert world.take_log() == ["+a", "+t"]
    world.stop()


@pytest.mark.parametrize(
    ("restart", "message", "again"),
    [
        (Restart.PERMANENT, "finish", True),
        (Restart.PERMANENT, BOOM, True),
        (Restart.TRANSIENT, "finish", False),
        (Restart.TRANSIENT, BOOM, True),
        (Restart.TEMPORARY, "finish", False),
        (Restart.TEMPORARY, BOOM, False),
    ],
)
def test_a_restart_type_says_after_which_end(world: World, restart: Restart, message: object, again: bool) -> None:
    world.start(world.child("a", restart=restart))
    world.tell("/a", message, 1)
    assert world.system.handle("/a").alive is again
    world.stop()


def test_more_restarts_than_the_intensity_escalate_to_the_root_with_an_explained_end(world: World) -> None:
    def inner() -> Supervisor:
        return world.supervisor(world.child("leaf"), intensity=Intensity(2, 10))

    world.start(ChildSpec("inner", inner, backoff=AT_ONCE), world.child("beside"), intensity=Intensity(1, 1000))
    world.take_log()
    for _ in range(3):
        world.tell("/inner/leaf", BOOM, 1)
    assert world.whats("/inner/leaf").count(What.RESTARTING) == 2
    assert world.whats("/inner/leaf")[-2:] != [What.ESCALATED]
    assert world.whats("/inner").count(What.FAILED) == 1
    assert world.system.handle("/inner/leaf").alive, "the inner supervisor was restarted"
    for _ in range(3):
        world.tell("/inner/leaf", BOOM, 1)
    (end,) = world.ends
    assert end.failed
    assert end.reason == (
        "/inner ended more than 1 times in 1000 s, last: "
        "/inner/leaf ended more than 2 times in 10 s, last: ValueError: boom"
    )
    assert "on_receive" in end.trace, "the trace is the leaf's"
    assert world.log[-1] == "-beside", "what was up went down in order"
    assert len(world.stepper.timers) == 0


def test_restarts_that_are_far_apart_do_not_escalate(world: World) -> None:
    world.start(world.child("a"), intensity=Intensity(2, 10))
    for _ in range(20):
        world.tell("/a", BOOM, 6)
    assert world.system.handle("/a").alive
    world.stop()


def test_no_restart_at_all_may_be_allowed(world: World) -> None:
    world.start(world.child("a"), intensity=Intensity(0, 10))
    world.tell("/a", BOOM, 1)
    assert world.ends[0].failed


def test_a_childs_backoff_grows_pauses_no_sibling_and_is_forgotten_after_a_good_time(world: World) -> None:
    backoff = Backoff(1.0, 60.0)
    world.start(world.child("a", backoff=backoff), world.child("b"), intensity=Intensity(1000, 100))
    for _ in range(8):
        world.tell("/a", BOOM, 61)
    delays = [report.delay for report in world.reports if report.what is What.RESTARTING]
    assert all(delay <= min(60.0, 2.0**attempt) for attempt, delay in enumerate(delays))
    assert max(delays) > 10
    world.tell("/a", BOOM)
    world.take_log()
    world.tell("/b", BOOM, 0)
    assert world.take_log() == ["+b"], "while a waits"
    world.stepper.run(300)
    world.tell("/a", BOOM)
    assert world.reports[-1].delay <= 1.0
    world.stop()


def test_a_stop_ends_a_backoff(world: World) -> None:
    world.start(world.child("a", backoff=Backoff(50.0, 50.0)))
    world.tell("/a", BOOM)
    assert len(world.stepper.timers) == 1
    world.stop()


def test_who_does_not_stop_is_given_up_after_its_budget(world: World) -> None:
    stubborn = ChildSpec("b", lambda: Stubborn(world), shutdown=3.0)
    root = world.start(world.child("a"), stubborn, world.child("c"))
    root.tell(Shutdown("test"))
    world.stepper.run(2.9)
    assert world.take_log()[-1] == "-c"
    assert world.ends == []
    world.stepper.run(0.2)
    assert world.take_log() == ["-a"]
    assert world.whats("/b")[-2:] == [What.GIVEN_UP, What.FAILED]
    assert not world.ends[0].failed
    world.stepper.run(100)
    assert len(world.stepper.timers) == 0


def test_a_supervisor_that_is_given_up_takes_all_below_it_along(world: World) -> None:
    def inner() -> Supervisor:
        return world.supervisor(ChildSpec("leaf", lambda: Stubborn(world), shutdown=50.0))

    world.start(ChildSpec("inner", inner, shutdown=3.0))
    leaf = world.system.handle("/inner/leaf")
    world.tell("/", Shutdown("test"), 3)
    assert not leaf.alive
    assert not world.ends[0].failed
    assert len(world.stepper.timers) == 0


def test_out_of_date_notices_are_ignored(world: World) -> None:
    from the0_actors.supervisors.child import ChildEnded, ChildStarted, RestartDue, StopOverdue

    world.start(world.child("a"))
    notices: list[Callable[[str, int], object]] = [
        lambda id_, run: ChildEnded(id_, run, End("old", failed=True)), ChildStarted, StopOverdue, RestartDue,
    ]  # fmt: skip
    for notice in notices:
        world.tell("/", notice("a", 999))
        world.tell("/", notice("unknown", 1))
    supervisor = world.system.handle("/").actor
    assert isinstance(supervisor, Supervisor)
    run = supervisor._children["a"].run  # pyright: ignore[reportPrivateUsage]
    for notice in notices[1:]:
        world.tell("/", notice("a", run))
    assert world.take_log() == ["+a"]
    assert world.system.handle("/a").incarnation == 1
    world.stop()


def test_a_snapshot_shows_the_children_as_the_supervisor_sees_them(world: World) -> None:
    root = world.start(world.child("a"), world.child("b", backoff=Backoff(50.0, 50.0)))
    world.tell("/b", BOOM)
    supervisor = root.actor
    assert isinstance(supervisor, Supervisor)
    a, b = supervisor.children()
    assert (a.path, a.goal, a.state, a.restarts, a.failures, a.waiting) == ("/a", Goal.UP, State.UP, 0, 0, False)
    assert (b.path, b.goal, b.state, b.restarts, b.failures, b.waiting) == ("/b", Goal.UP, State.DOWN, 1, 1, True)
    assert supervisor.restarts() == {"/a": 0, "/b": 1}
    world.stop()


def test_a_supervisor_given_up_while_its_factory_hangs_starts_nothing_afterwards() -> None:
    began, gate, gone = threading.Event(), threading.Event(), threading.Event()
    lived: list[str] = []

    class Child(Actor):
        def on_start(self) -> None:
            lived.append(self.handle.path)

    def slow() -> Actor:
        began.set()
        gate.wait(PATIENCE)
        return Child()

    class Noting(Supervisor):
        def came_back(self) -> None:
            super().came_back()
            gone.set()

    with ThreadedSystem() as system:
        root = start_root(
            system, Supervisor((ChildSpec("inner", lambda: Noting((ChildSpec("slow", slow),)), shutdown=0.01),))
        )
        assert began.wait(PATIENCE)
        watcher = system.handle("/watcher")
        ended = threading.Event()

        class Watcher(Actor):
            def on_receive(self, message: Any) -> None:
                ended.set()

        system.spawn(watcher, Watcher)
        root.watch(watcher)
        root.tell(Shutdown("test"))
        assert ended.wait(PATIENCE), "the stop resolves though a thread hangs below"
        gate.set()
        assert gone.wait(PATIENCE)
        assert not system.handle("/inner/slow").alive
    assert lived == []
