"""What can be done to a world of schedules: users, operators, programs, faults, clocks, as actions with their choices.

Half of the lives begin shortly before a change of clocks in their zone. Whatever happens: no slot runs twice, no two
containers of a schedule live at once, each slot is in at most one record. In the end every slot since a schedule's last
edit is in one.
"""

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from tests.simulation.ground import HOSTILE, UNPREPARABLE, UNSTARTABLE
from tests.simulation.living import BROKEN, NOTHING, Choices, Living
from tests.simulation.schedule_world import Program, ScheduleWorld
from tests.simulation.story import Story

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import NEXT, Scheduled, answer
from the0_actors.actors.messages import ContainersListed, OperatorCommand, SlotArmed
from the0_actors.actors.ports.status import Command
from the0_actors.actors.schedule.counting import count_due
from the0_actors.actors.schedule.cron import Cron
from the0_actors.actors.schedule.timetable import is_due, last_due, next_due
from the0_actors.adapters.testing.store import spec_of
from the0_actors.supervisors.schedules import ScheduleTree

BOTS: Final = tuple(f"bot{n}" for n in range(5))
HERE: Final = "here"
"""The zone of the life."""
EXPRESSIONS: Final = (
    "* * * * *",
    "*/3 * * * *",
    "30 */2 * * * *",
    "@every 70s",
    "0 * * * *",
    "0,30 2 * * *",
    "15 0-4/2 * * *",
    "CRON_TZ=America/New_York */5 * * * *",
    "nonsense",
)
CHANGES: Final = (
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("America/Santiago", "2026-09-06T04:00"),
)
"""Zones, and when their clocks change (UTC): an hour, half of one, and at midnight."""
CRASHES: Final[Mapping[str, object]] = {
    "/schedules/bots/cron": SlotArmed("nobody", 0, NOTHING),
    "/schedules/bots/fleet": ContainersListed(0.0, NOTHING),
    "/schedules/sources/mongo": BROKEN,
    "/schedules/engine/watcher": BROKEN,
}
"""Actors, and what each fails on."""
ON_PURPOSE: Final = re.compile(
    "TypeError: no learner|'NoneType' object (has no attribute 'tell'|is not iterable)|broken on purpose"
)
SETTLE: Final = 500.0
"""Virtual seconds after the last fault within which everything is as wanted."""
QUIET: Final = 300
"""Seconds more within which there is one in which nothing runs."""


class ScheduleLife(Living[ScheduleTree]):
    """A world of schedules."""

    on_purpose = ON_PURPOSE

    def __init__(self, story: Story) -> None:
        """Three schedules are deployed; perhaps the Go runtime runs some of them; perhaps we run already."""
        chance = random.Random(story.seed)
        self.zone, change = chance.choice(CHANGES)
        at = datetime.fromisoformat(change).replace(tzinfo=UTC).timestamp()
        near = chance.random() < 0.5
        self.world = ScheduleWorld(story.seed, at - chance.uniform(60.0, 1800.0) - (0.0 if near else 20 * 86400.0))
        self.world.rules = {"late_window": 300.0}
        super().__init__(story, self.world)
        self.highest = self.world.clock.wall()
        """The latest that the wall clock ever showed."""
        self.configs: dict[str, tuple[dict[str, Any], str]] = {}
        self.since: dict[str, int | None] = {}
        """Schedule to its first slot since it was last made, edited or switched on."""
        self.blurred: set[str] = set()
        """Schedules of which nobody knows since when they are wanted: held meanwhile, or written on a wrong clock."""
        for bot, expression in zip(BOTS, ("* * * * *", "0,30 2 * * *", "@every 70s"), strict=False):
            self.write(bot, expression, HERE, 120, "1")
        for bot in story.left_over:
            self.world.go_runs(bot, spec_of(bot, kind=Kind.SCHEDULED), auto_remove=story.auto)
        self.begin()

    # users

    def write(self, bot: str, expression: str, zone: str, timeout: Any, version: str) -> None:
        named = {"timezone": self.zone if zone == HERE else zone} if zone else {}
        self._write(bot, {"schedule": expression, "timeout": timeout, **named}, version)

    def switch(self, bot: str, on: bool) -> None:
        if bot in self.configs:
            config, version = self.configs[bot]
            self._write(bot, {**config, "enabled": on}, version)

    def _write(self, bot: str, config: dict[str, Any], version: str) -> None:
        store = self.world.store
        if bot in store.tombstones or self.lost is not None:
            return
        before = store.schedules.get(bot)
        self.world.write(bot, config, version)
        self.configs[bot] = config, version
        after = store.schedules[bot]
        if before is None or _wish(before) != _wish(after) or before.get(NEXT) != after.get(NEXT):
            self.since[bot] = after.get(NEXT)
            right = self.world.clock.wall() >= self.highest and bot not in store.holds
            (self.blurred.discard if right else self.blurred.add)(bot)

    def delete(self, bot: str) -> None:
        if self.lost is None:
            self.world.delete(bot)

    def command(self, bot: str, command: Command) -> None:
        if self.runtime is not None:
            self.runtime.tree.fleet.tell(OperatorCommand(bot, command))
            if command is not Command.RESTART:
                self.blurred.add(bot)

    # programs

    def habit(self, bot: str, code: int, lasts: float | None) -> None:
        """From its next run on, its program does this."""
        self.world.programs[bot] = Program(code, lasts)

    # faults

    def lose_answers(self, share: float) -> None:
        self.world.script.answer_share = share

    def crash_our_actor(self, path: str) -> None:
        """A bug of ours: an actor fails on a message it does not understand."""
        self.crash(path, object())

    def crash_part(self, path: str) -> None:
        """A bug of ours in what all schedules share."""
        self.crash(path, CRASHES[path])

    def clock_steps(self, seconds: float) -> None:
        self.highest = max(self.highest, self.world.clock.wall())
        super().clock_steps(seconds)

    # what must hold

    def check(self) -> None:
        super().check()
        self.highest = max(self.highest, self.world.clock.wall())
        for bot in BOTS:
            records = self.world.records(bot)
            assert sum(record.outcome is Outcome.OPEN for record in records) <= 1, f"{bot}: two open claims"
            if bot not in self.blurred:
                for one, other in pairwise(records):
                    assert (one.last or one.due) < other.due, f"in two records: {one} and {other}"

    def rest(self) -> None:
        world = self.world
        world.programs.clear()
        world.program = Program(0, 2.0)
        for bot in BOTS:
            for container in world.engine.of(bot):
                if container.installation is None:
                    world.engine.die(container, 0)
            config, version = self.configs.get(bot, ({}, "1"))
            if version == UNPREPARABLE and bot in world.store.schedules:
                self._write(bot, config, "1")
        self._become_quiet(SETTLE)
        if self.blurred:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Set the clock right, and count from here on what nobody can say since when it counts."""
        world = self.world
        world.clock.step(max(0.0, self.highest - world.clock.wall()))
        self._become_quiet(QUIET)
        for bot in self.blurred:
            self.since[bot] = world.store.schedules.get(bot, {}).get(NEXT)
        self._become_quiet(QUIET)

    def _become_quiet(self, seconds: float) -> None:
        self.world.run(seconds)
        for _ in range(QUIET):
            if not self._restless():
                return
            self.world.run(1.0)
        raise AssertionError(f"does not come to rest: {self._restless()}")

    def _restless(self) -> list[object]:
        world, wall = self.world, self.world.clock.wall()
        due = [bot for bot, plan in self._wanted().items() if plan.next_due is None or plan.next_due <= wall]
        ours = [one for bot in BOTS for one in world.engine.of(bot) if one.installation not in {None, "foreign"}]
        return [*due, *ours, *(one for one in world.store.records.values() if one.outcome is Outcome.OPEN)]

    def _wanted(self) -> dict[str, Scheduled]:
        """Return the schedules that are to run."""
        store = self.world.store
        answers = {bot: answer(document) for bot, document in store.schedules.items() if bot not in store.holds}
        return {bot: found for bot, found in answers.items() if isinstance(found, Scheduled)}

    def check_end(self) -> None:
        world = self.world
        opened = {"change streams": len(world.store.streams), "watches": len(world.engine.subscribers)}
        assert set(opened.values()) == {1}, opened
        for bot, plan in self._wanted().items():
            self._check_next(bot, plan)
            self._check_slots(bot, plan)

    def _check_next(self, bot: str, plan: Scheduled) -> None:
        table, wall, due = plan.timetable, self.world.clock.wall(), self.world.store.schedules[bot][NEXT]
        assert isinstance(due, int), f"{bot}: {due!r} is no due time"
        following = next_due(table, wall)
        assert following is not None
        if not isinstance(table.rule, Cron):
            assert wall < due, f"{bot}: {due} has passed"
        elif wall >= self.highest:
            assert due == following, f"{bot}: {due} is next, not {following}"
        else:
            assert due >= following, f"{bot}: {due} has passed"
            assert is_due(table, due), f"{bot}: {due} is no due time"

    def _check_slots(self, bot: str, plan: Scheduled) -> None:
        """Each slot since the schedule was last written, up to the next one, is in exactly one record."""
        table, first, until = plan.timetable, self.since[bot], plan.next_due
        assert first is not None, f"{bot}: never due"
        assert until is not None, f"{bot}: never due again"
        records = [one for one in self.world.records(bot) if first <= one.due < until]
        for one in records:
            assert last_due(table, first, one.due) == one.due, f"{bot}: {one} is about no slot"
            assert one.count == count_due(table, one.due, one.last or one.due), f"{bot}: {one} miscounts"
        slots = count_due(table, first, last_due(table, first, until - 1)) if first < until else 0
        told = sum(one.count for one in records)
        assert told == slots, f"{bot}: {slots} slots since {first}, {told} in {[_told(one) for one in records]}"


def _wish(document: Mapping[str, Any]) -> object:
    config = document["config"]
    return config.get("schedule"), config.get("timezone"), config.get("enabled", True)


def _told(record: RunRecord) -> str:
    return f"{record.due}-{record.last or record.due} {record.outcome}"


ACTIONS: Final[Choices] = {
    "write": {
        "bot": BOTS,
        "expression": EXPRESSIONS,
        "zone": ("", HERE, HERE, "America/New_York"),
        "timeout": (45, "2m"),
        "version": ("1", "1", "2", HOSTILE, UNPREPARABLE, UNSTARTABLE),
    },
    "switch": {"bot": BOTS, "on": (False, True)},
    "delete": {"bot": BOTS},
    "command": {"bot": BOTS, "command": (Command.STOP, Command.RESUME, Command.RESTART)},
    "habit": {"bot": BOTS, "code": (0, 1, 137), "lasts": (0.0, 1.0, 50.0, 100.0, None)},
    "die": {"bot": BOTS, "code": (0, 137)},
    "remove_by_hand": {"bot": BOTS},
    "pause_by_hand": {"bot": BOTS},
    "rename_by_hand": {"bot": BOTS},
    "second_by_hand": {"bot": BOTS},
    "turn_deaf": {"bot": BOTS},
    "engine_faults": {"share": (0.0, 0.1, 0.5, 1.0)},
    "store_faults": {"share": (0.0, 0.3, 1.0)},
    "lose_answers": {"share": (0.0, 0.3)},
    "slowness": {"share": (0.0, 0.2)},
    "empty_database": {},
    "restore_database": {},
    "restart_on_it": {},
    "lose_events": {"lost": (False, True)},
    "lie": {},
    "break_watch": {},
    "start": {},
    "kill": {},
    "freeze": {},
    "thaw": {},
    "start_another": {},
    "crash_our_actor": {"path": tuple(f"/schedules/bots/crew/{bot}" for bot in BOTS)},
    "crash_part": {"path": tuple(CRASHES)},
    "wait": {"seconds": (0.001, 0.1, 1.0, 7.0, 31.0, 120.0, 400.0)},
    "clock_steps": {"seconds": (-86400.0, -3600.0, -30.0, -1.0, 1.0, 30.0, 3600.0, 3 * 3600.0, 86400.0)},
}
"""Every action, and what each of its arguments may be."""
