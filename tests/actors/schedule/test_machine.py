"""A schedule under everything at once: answers in any order, lost calls, crashes of ours, edits, a clock that steps.

Whatever happens: no slot runs twice, nothing overlaps, each slot stands in one record; and once the faults end, every
slot that was wanted stands in one.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.actors.schedule.driver import START, Driver, World
from tests.parts.documents import BOT, created, deleted, updated

from the0_actors.actors.bot.effects import Remove, Send
from the0_actors.actors.bot.messages import ContainerHint, DocumentHint, Seen
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome
from the0_actors.actors.domain.schedules import timetable_of
from the0_actors.actors.errors import The0ActorsError, Unavailable
from the0_actors.actors.schedule.counting import count_due
from the0_actors.actors.schedule.effects import Create, Start
from the0_actors.actors.schedule.timetable import next_due
from the0_actors.adapters.testing.engine_world import Fault

EXPRESSIONS = ("* * * * *", "*/3 * * * *", "@every 90s", "0 * * * *")
FAULTS = (Fault.LOSE, Fault.LOSE_AFTER, Fault.REFUSE)


class Life(RuleBasedStateMachine):
    @initialize(expression=st.sampled_from(EXPRESSIONS), timeout=st.sampled_from([45, 150, 3600]))
    def begin(self, expression: str, timeout: int) -> None:
        self.world = World()
        self.edited = False
        self.stepped = False
        self.fault = Fault.NONE
        self.database_down = False
        self.answers_lost = False
        self.prepare_fails = False
        self.ghosts: list[Callable[[], object]] = []
        self.world.engine_world.fault = lambda operation, _: self._fault(operation)
        self.world.store_world.down = lambda _: self.database_down
        self.world.store_world.lost_answers = lambda _: self.answers_lost
        self.world.prepare = lambda _: self._prepare()
        self.world.store.apply(created(schedule=expression, timeout=timeout), None)
        self.driver = Driver(self.world)

    def _fault(self, operation: str) -> Fault:
        fault, self.fault = self.fault, Fault.NONE
        return fault if operation not in {"list", "watch"} else Fault.NONE

    def _prepare(self) -> str:
        if self.prepare_fails:
            raise Unavailable("objects", "down by script")
        return "hash"

    @rule(index=st.integers(0, 4))
    def something_happens(self, index: int) -> None:
        if self.driver.pending:
            self.driver.happen(index % len(self.driver.pending))
        else:
            self.driver.fire()

    @rule(steps=st.integers(1, 12))
    def things_happen(self, steps: int) -> None:
        for _ in range(steps):
            self.something_happens(0)

    @rule(seconds=st.sampled_from([1, 20, 60, 61, 200, 700, 4000]))
    def time_passes(self, seconds: int) -> None:
        clock = self.world.clock
        clock.advance_to(clock.monotonic() + seconds)

    @rule(code=st.sampled_from([0, 0, 1, 137]), heard=st.booleans())
    def the_program_ends(self, code: int, *, heard: bool) -> None:
        for container in self.world.containers():
            if container.status is Status.RUNNING:
                self.world.engine_world.die(container, code)
                if heard:
                    self.driver.tell(ContainerHint())

    @rule()
    def the_relist_tells(self) -> None:
        self.driver.tell(ContainerHint())

    @rule()
    def somebody_removes_it(self) -> None:
        for container in self.world.containers():
            self.world.engine_world.remove(container)
            self.driver.tell(ContainerHint())

    @rule(fault=st.sampled_from(FAULTS))
    def the_next_call_fails(self, fault: Fault) -> None:
        self.fault = fault

    @rule()
    def the_database_comes_or_goes(self) -> None:
        self.database_down = not self.database_down

    @rule()
    def answers_of_the_database_get_lost_or_not(self) -> None:
        self.answers_lost = not self.answers_lost

    @rule()
    def the_objects_come_or_go(self) -> None:
        self.prepare_fails = not self.prepare_fails

    @rule(carried_out=st.booleans(), known=st.booleans())
    def we_crash(self, *, carried_out: bool, known: bool) -> None:
        """What was in flight may still be carried out before the successor's first call, or never was."""
        while carried_out and self.driver.pending:
            self.driver.carry_out_unheard()
        # A write ends with its connection; what the engine was asked for it may do yet.
        calls = [one for one in self.driver.pending if isinstance(one, Create | Start | Send | Remove)]
        self.ghosts += [partial(self.driver.carry_out, one) for one in calls]
        self.driver = Driver(self.world, known=known)

    @rule()
    def a_call_of_the_dead_arrives(self) -> None:
        if self.ghosts:
            with suppress(The0ActorsError):
                self.ghosts.pop(0)()

    @rule(expression=st.sampled_from((*EXPRESSIONS, "nonsense")), enabled=st.booleans(), told=st.booleans())
    def an_edit(self, expression: str, *, enabled: bool, told: bool) -> None:
        if not self.database_down:
            self.edited = True
            self.world.store.apply(updated(schedule=expression, enabled=enabled), None)
            if told:
                self.driver.tell(DocumentHint())

    @rule()
    @precondition(lambda self: getattr(self, "database_down", True) is False)
    def the_gate_closes_and_opens(self) -> None:
        self.driver.close_gate()
        containers = [one for one in self.world.engine.list() if one.bot_id == BOT]
        self.driver.tell(Seen(tuple(containers), known=True, predecessors=()))

    @rule(seconds=st.sampled_from([-3600, -61, 90, 7200]))
    def the_clock_steps(self, seconds: int) -> None:
        self.stepped = True
        self.world.clock.step(seconds)

    # what always holds

    @invariant()
    def no_slot_runs_twice(self) -> None:
        if hasattr(self, "world"):
            assert all(count == 1 for count in self.world.executions.values()), self.world.executions

    @invariant()
    def nothing_overlaps(self) -> None:
        if hasattr(self, "world"):
            assert self.world.alive_at_once <= 1

    @invariant()
    def each_slot_is_in_one_record(self) -> None:
        if not hasattr(self, "world"):
            return
        records = self.world.records()
        if not self.edited and not self.stepped:
            for one, other in pairwise(records):
                assert (one.last or one.due) < other.due, (one, other)
        assert sum(record.outcome is Outcome.OPEN for record in records) <= 1

    def teardown(self) -> None:
        """Let the faults end: it comes to rest, and every slot up to now is recorded."""
        if not hasattr(self, "world"):
            return
        self.fault, self.database_down, self.answers_lost, self.prepare_fails = Fault.NONE, False, False, False
        clock, driver = self.world.clock, self.driver
        driver.hint()
        driver.run_until(clock.wall() + 200)
        for _ in range(3):
            for container in self.world.containers():
                if container.status is Status.RUNNING:
                    self.world.engine_world.die(container, 0)
            driver.hint()
            driver.settle()
        self.no_slot_runs_twice()
        self.each_slot_is_in_one_record()
        if not self.edited and not self.stepped:
            self._all_slots_are_recorded()
        self.world.store.apply(deleted(), None)
        driver.hint()
        driver.run_until(clock.wall() + 100)
        driver.hint()
        driver.settle()
        assert driver.retired, driver.state
        assert self.world.containers() == []
        assert all(record.outcome is not Outcome.OPEN for record in self.world.records())

    def _all_slots_are_recorded(self) -> None:
        table = timetable_of(self.world.store_world.schedules[BOT]["config"])
        first = next_due(table, START)
        until = self.driver.armed
        assert first is not None
        assert until is not None
        slots = count_due(table, first, until - 1) if until > first else 0
        counted = sum(record.count for record in self.world.records())
        assert counted == slots, (counted, slots, self.world.records())


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=int(os.environ.get("THE0_EXAMPLES", "150")),
    stateful_step_count=60,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
