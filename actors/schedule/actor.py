"""The actor of one schedule: it carries out what `step` decides.

It keeps no logic of its own. Engine calls run on the lane `engine` and reads and writes on the lane `store`, under the
schedule's id, so that one of each is in flight at a time even when this actor is restarted; preparations and results
run on `objects`. Answers come back as messages. When a slot is due, whoever keeps the due times tells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from the0_actors.actors.bot import effects as fx
from the0_actors.actors.bot.actor import Deadlines
from the0_actors.actors.bot.messages import GateMoved, LookDone, PrepareDone, Woken
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import BotMoved, BotRetired, BotUp, SlotArmed
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.schedule import effects as sfx
from the0_actors.actors.schedule.calls import call, write
from the0_actors.actors.schedule.messages import CallDone, DrainRuns, Message, ReadDone
from the0_actors.actors.schedule.state import ScheduleRules, ScheduleState
from the0_actors.actors.schedule.step import begin, step


@dataclass(frozen=True, slots=True)
class ScheduleWorld:
    """What every schedule's actor of one runtime is given."""

    store: ScheduleStore
    engine: Engine
    prepare: Callable[[LaunchSpec], str]
    """Bring code and image to the engine; return the content hash. Blocks; raises the vocabulary of `errors`."""
    keep: Callable[[str, bytes], None]
    """Store a run's result, by schedule. Blocks; raises likewise."""
    lane_store: Lane
    lane_engine: Lane
    lane_objects: Lane
    fleet: Handle
    cron: Handle
    """Who keeps the due times."""
    rules: ScheduleRules
    announce: Callable[[str, Transition], None]
    """Log a change of phase."""
    deadlines: Deadlines = Deadlines()


class ScheduleActor(Actor):
    """One scheduled bot."""

    def __init__(self, bot_id: str, world: ScheduleWorld) -> None:
        super().__init__()
        self._world = world
        self._timer: Timer | None = None
        self.state = ScheduleState(bot_id, world.engine.name_of(bot_id, Kind.SCHEDULED))
        """What it knows: frozen, replaced as a whole, readable from any thread."""

    def on_start(self) -> None:
        """Give back a turn that a predecessor may have had, ask Fleet what the listing had, and begin."""
        self._arm(None)
        self._world.fleet.tell(BotUp(self.state.bot_id))
        self._take(*begin(self.state, self._world.rules, self._now()))

    def on_receive(self, message: Any) -> Any:
        """Take one step."""
        if isinstance(message, Completed):
            if message.overdue:
                return None
            message = _answer(message)
        self._take(*step(self.state, message, self._world.rules, self._now()))
        if isinstance(message, GateMoved | DrainRuns):
            # A Fleet that was restarted does not know where we are.
            self._world.fleet.tell(BotMoved(self.state.bot_id, self.state.transitions[-1].phase))
        return None

    def on_stop(self) -> None:
        """Leave the container as it is."""
        if self._timer is not None:
            self._timer.cancel()
        self._arm(None)

    def _now(self) -> Now:
        clock = self.system.clock
        return Now(clock.monotonic(), clock.wall(), self.system.rng.random())

    def _take(self, state: ScheduleState, effects: list[sfx.Effect]) -> None:
        self.state = state
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: sfx.Effect) -> None:
        world, bot_id = self._world, self.state.bot_id
        match effect:
            case fx.Wake(at):
                self._wake(at)
            case sfx.Arm(due):
                self._arm(due)
            case fx.Retire():
                world.fleet.tell(BotRetired(bot_id))
            case fx.Announce(transition):
                world.announce(bot_id, transition)
                world.fleet.tell(BotMoved(bot_id, transition.phase))
            case fx.Prepare(spec):
                self._submit(world.lane_objects, effect, partial(world.prepare, spec), world.deadlines.prepare)
            case sfx.Keep(result):
                self._submit(world.lane_objects, effect, partial(world.keep, bot_id, result), world.deadlines.engine)
            case fx.Read():
                self._submit(world.lane_store, effect, partial(world.store.read, bot_id), world.deadlines.read)
            case sfx.Recall() | sfx.Claim() | sfx.Settle() | sfx.Pass() | sfx.Advance():
                wall = self.system.clock.wall()
                made = partial(write, world.store, bot_id, effect, world.rules.holder, wall)
                self._submit(world.lane_store, effect, made, world.deadlines.read)
            case _:
                self._call(effect)

    def _call(self, effect: sfx.EngineCall) -> None:
        deadlines = self._world.deadlines
        urgent = isinstance(effect, fx.Send | fx.Remove)
        deadline = deadlines.look if isinstance(effect, fx.Look) else deadlines.engine
        made = partial(call, self._world.engine, effect)
        self._submit(self._world.lane_engine, effect, made, deadline, urgent=urgent)

    def _submit(
        self, lane: Lane, effect: sfx.Effect, made: Callable[[], object], deadline: float, *, urgent: bool = False
    ) -> None:
        lane.submit(self.state.bot_id, made, self.handle, effect, deadline, urgent=urgent)

    def _arm(self, due: int | None) -> None:
        self._world.cron.tell(SlotArmed(self.state.bot_id, due, self.handle))

    def _wake(self, at: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if at is not None:
            self._timer = self.system.after(at - self.system.clock.monotonic(), self.handle, Woken())


def _answer(done: Completed) -> Message:
    effect: Any = done.token
    value: Any = done.value
    match effect:
        case fx.Read():
            return ReadDone(value, done.error)
        case fx.Prepare():
            return PrepareDone(effect, value or "", done.error)
        case fx.Look():
            return LookDone(effect, value, done.error)
        case _:
            return CallDone(effect, value, done.error)
