"""A random tree driven by random events: what must hold whatever happens.

The tree has fixed supervisors of every strategy, a dynamic one, and children of every restart type; some refuse to
stop, some fail at starting. Virtual time, one thread, an interleaving by seed.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pykka
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from the0_actors.actors.kernel.actor import Actor, End
from the0_actors.actors.kernel.dead_letters import DeadLetter, DeadLetters
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Coalescing, Shutdown
from the0_actors.actors.kernel.step import Stepper
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart, Strategy
from the0_actors.supervisors.dynamic import DynamicSupervisor, StartChild, StopChild
from the0_actors.supervisors.reports import Report, What
from the0_actors.supervisors.supervisor import Supervisor, start_root

SHUTDOWN = 3.0
LONGEST_STOP = 100.0
"""Seconds: more than all budgets of a tree, one after the other."""


@dataclass(frozen=True)
class Tick(Coalescing):
    pass


class Ledger:
    """What was told, handled and coalesced; and who lives."""

    def __init__(self) -> None:
        self.told = self.handled = self.dead = 0
        self.mailboxes: list[Any] = []
        self.living: Counter[str] = Counter()
        self.fail_start: set[str] = set()
        self.stubborn: set[str] = set()

    def bury(self, letter: DeadLetter) -> None:
        if letter.message not in {
            StartChild.__name__,
            StopChild.__name__,
        }:  # not told to a leaf, so not counted as told
            self.dead += 1

    @property
    def coalesced(self) -> int:
        return sum(mailbox.coalesced for mailbox in self.mailboxes)


class Leaf(Actor):
    """Does what it is told and keeps the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        ledger.mailboxes.append(self.mailbox)

    def on_start(self) -> None:
        self.ledger.living[self.handle.path] += 1
        if self.handle.path in self.ledger.fail_start:
            raise OSError("does not come up")

    def on_receive(self, message: Any) -> Any:
        self.ledger.handled += 1
        match message:
            case BaseException():
                raise message
            case "finish":
                self.finish()
            case _:
                pass
        return message

    def shut_down(self, message: Shutdown) -> bool:
        return self.handle.path not in self.ledger.stubborn

    def finished(self) -> None:
        if self.mailbox.path in self.ledger.living:
            self.ledger.living[self.mailbox.path] -= 1
        super().finished()


restarts = st.sampled_from(Restart)
strategies = st.sampled_from(Strategy)
leaves = st.sampled_from(["/a/x", "/a/y", "/a/z", "/b/x", "/b/y", "/dyn/0", "/dyn/1", "/dyn/2", "/dyn/3"])
ids = st.sampled_from("0123")


class Tree(RuleBasedStateMachine):
    @initialize(
        seed=st.integers(0, 10_000),
        shapes=st.tuples(strategies, strategies, strategies),
        kinds=st.lists(restarts, min_size=5, max_size=5),
        limit=st.integers(0, 4),
        base=st.floats(0, 2),
    )
    def grow(self, seed: int, shapes: tuple[Strategy, ...], kinds: list[Restart], limit: int, base: float) -> None:
        self.stepper = Stepper(seed)
        self.ledger = Ledger()
        self.system = self.stepper.system(dead_letters=DeadLetters(listener=self.ledger.bury), throughput=3)
        self.reports: list[Report] = []
        self.restart_times: dict[str, list[float]] = {}
        self.ends: list[End] = []
        self.asked: list[pykka.Future[Any]] = []
        self.intensity = Intensity(limit, 20.0)
        self.backoff = Backoff(base, 10.0)
        wanted = iter(kinds)

        def leaf(id_: str) -> ChildSpec:
            return ChildSpec(id_, lambda: Leaf(self.ledger), next(wanted), SHUTDOWN, self.backoff)

        a = [leaf(id_) for id_ in "xyz"]
        b = [leaf(id_) for id_ in "xy"]
        root = self.supervisor(
            shapes[0],
            ChildSpec("a", lambda: self.supervisor(shapes[1], *a), shutdown=15.0, backoff=self.backoff),
            ChildSpec("b", lambda: self.supervisor(shapes[2], *b), shutdown=15.0, backoff=self.backoff),
            ChildSpec(
                "dyn",
                lambda: DynamicSupervisor(intensity=self.intensity, reporter=self.note),
                shutdown=15.0,
                backoff=self.backoff,
            ),
        )
        self.root = start_root(self.system, root, self.ends.append)

    def supervisor(self, strategy: Strategy, *specs: ChildSpec) -> Supervisor:
        return Supervisor(specs, strategy=strategy, intensity=self.intensity, reporter=self.note)

    def note(self, report: Report) -> None:
        self.reports.append(report)
        if report.what is What.RESTARTING:
            times = self.restart_times.setdefault(f"{report.supervisor} {self.run_of(report.supervisor)}", [])
            times.append(self.stepper.clock.monotonic())

    def run_of(self, path: str) -> int:
        return self.system.handle(path).incarnation

    # what happens

    @rule(path=leaves, message=st.sampled_from(["hello", "finish", Tick()]))
    def tell(self, path: str, message: object) -> None:
        self.send(self.system.handle(path), message)

    @rule(path=leaves, error=st.sampled_from([ValueError("boom"), SystemExit(3)]))
    def crash(self, path: str, error: BaseException) -> None:
        self.send(self.system.handle(path), error)

    def send(self, handle: Handle, message: object) -> None:
        self.ledger.told += 1
        handle.tell(message)

    @rule(path=leaves, message=st.sampled_from(["hello", ValueError("asked")]))
    def ask(self, path: str, message: object) -> None:
        self.asked.append(self.system.handle(path).ask(message))

    @rule(id_=ids, restart=restarts)
    def start_child(self, id_: str, restart: Restart) -> None:
        spec = ChildSpec(id_, lambda: Leaf(self.ledger), restart, SHUTDOWN, self.backoff)
        self.system.handle("/dyn").tell(StartChild(spec))

    @rule(id_=ids)
    def stop_child(self, id_: str) -> None:
        self.system.handle("/dyn").tell(StopChild(id_))

    @rule(path=leaves, broken=st.booleans())
    def break_starts(self, path: str, broken: bool) -> None:
        (self.ledger.fail_start.add if broken else self.ledger.fail_start.discard)(path)

    @rule(path=leaves)
    def refuse_to_stop(self, path: str) -> None:
        self.ledger.stubborn.add(path)

    @rule(path=st.sampled_from(["/a", "/b", "/dyn", "/"]))
    def bug_in_a_supervisor(self, path: str) -> None:
        supervisor = self.system.handle(path).actor
        if supervisor is not None and self.stepper.dispatcher.waiting == 0:
            supervisor.fail(KeyError("a supervisor's own bug"))
            self.system.handle(path).tell(Shutdown("wake up"))

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.stepper.run(seconds)

    @rule(turns=st.integers(1, 20))
    def some_turns(self, turns: int) -> None:
        for _ in range(turns):
            self.stepper.dispatcher.step()

    @precondition(lambda self: not self.ends)
    @rule()
    def stop_all(self) -> None:
        self.root.tell(Shutdown("test"))
        self.stepper.run(LONGEST_STOP)
        assert len(self.ends) == 1

    # what holds

    @invariant()
    def one_incarnation_at_most_lives_behind_each_name(self) -> None:
        assert all(count <= 1 for count in self.ledger.living.values()), self.ledger.living

    @invariant()
    def restarts_stay_within_the_intensity(self) -> None:
        for times in self.restart_times.values():
            for time in times:
                within = [other for other in times if time - self.intensity.period < other <= time]
                assert len(within) <= self.intensity.restarts

    @invariant()
    def a_tree_that_ended_left_nothing_behind(self) -> None:
        if self.ends:
            assert [handle.path for handle in self.system.handles() if handle.alive] == []
            assert len(self.stepper.timers) == 0

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        self.root.tell(Shutdown("test"))
        self.stepper.run(LONGEST_STOP)
        assert len(self.ends) == 1, "every stop resolves"
        self.a_tree_that_ended_left_nothing_behind()
        self.one_incarnation_at_most_lives_behind_each_name()
        answered = 0
        for future in self.asked:
            try:
                future.get(timeout=0)
                answered += 1
            except pykka.ActorDeadError:
                continue
            except ValueError:
                answered += 1
        accounted = self.ledger.handled + self.ledger.dead + self.ledger.coalesced
        assert accounted == self.ledger.told + answered, "no message is lost in silence"
        assert sum(self.ledger.living.values()) == 0


TestTree = Tree.TestCase
TestTree.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
