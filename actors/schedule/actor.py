"""The actor of one schedule: `StepActor` with the step of `actors.schedule`, its writes and its turns.

When a slot is due, whoever keeps the due times tells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from the0_actors.actors.bot.rules import Now
from the0_actors.actors.bot.stepping import StepActor, Taken, World
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.messages import SlotArmed
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.schedule import effects as sfx
from the0_actors.actors.schedule.calls import call, write
from the0_actors.actors.schedule.messages import ReadDone
from the0_actors.actors.schedule.state import ScheduleRules, ScheduleState
from the0_actors.actors.schedule.step import begin, step


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWorld(World):
    """What every schedule's actor of one runtime is given."""

    store: ScheduleStore
    keep: Callable[[str, bytes], None]
    """Store a run's result, by schedule. Blocks; raises the vocabulary of `errors`."""
    cron: Handle
    """Who keeps the due times."""
    rules: ScheduleRules


class ScheduleActor(StepActor[ScheduleState, ScheduleWorld]):
    """One scheduled bot."""

    def __init__(self, bot_id: str, world: ScheduleWorld) -> None:
        super().__init__(world, ScheduleState(bot_id, world.engine.name_of(bot_id, Kind.SCHEDULED)))

    def on_start(self) -> None:
        """Give back a turn that a predecessor may have had, and begin."""
        self._arm(None)
        super().on_start()

    def on_stop(self) -> None:
        """Leave the container as it is, and the turn to others."""
        super().on_stop()
        self._arm(None)

    def begin(self, now: Now) -> Taken[ScheduleState]:
        """Take the first step."""
        return begin(self.state, self._world.rules, now)

    def decide(self, message: Any, now: Now) -> Taken[ScheduleState]:
        """Take one message."""
        return step(self.state, message, self._world.rules, now)

    def read_done(self, answer: Any, error: Exception | None) -> ReadDone:
        """Return the answer to `Read`."""
        return ReadDone(answer, error)

    def call(self, effect: sfx.EngineCall) -> object:
        """Make one engine call."""
        return call(self._world.engine, self.state.bot_id, effect)

    def carry_out(self, effect: sfx.Effect) -> None:
        """Arm, keep and write; all else as every bot does."""
        world, bot_id, deadlines = self._world, self.state.bot_id, self._world.deadlines
        match effect:
            case sfx.Arm(due):
                self._arm(due)
            case sfx.Keep(result):
                self.submit(world.lanes.objects, effect, partial(world.keep, bot_id, result), deadlines.engine)
            case sfx.Recall() | sfx.Claim() | sfx.Settle() | sfx.Pass() | sfx.Advance():
                wall = self.system.clock.wall()
                made = partial(write, world.store, bot_id, effect, world.rules.holder, wall)
                self.submit(world.lanes.store, effect, made, deadlines.write)
            case _:
                super().carry_out(effect)

    def _arm(self, due: int | None) -> None:
        self._world.cron.tell(SlotArmed(self.state.bot_id, due, self.handle))
