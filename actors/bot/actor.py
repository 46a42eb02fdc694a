"""The actor of one realtime bot: `StepActor` with the step of `actors.bot`."""

from dataclasses import dataclass
from typing import Any

from the0_actors.actors.bot import effects as fx
from the0_actors.actors.bot.messages import ReadDone
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.state import BotState
from the0_actors.actors.bot.step import begin, step
from the0_actors.actors.bot.stepping import StepActor, Taken, World, tail
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.ports.engine import Engine, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class BotWorld(World):
    """What every realtime bot's actor of one runtime is given."""

    rules: Rules


class BotActor(StepActor[BotState, BotWorld]):
    """One realtime bot."""

    def __init__(self, bot_id: str, world: BotWorld) -> None:
        super().__init__(world, BotState(bot_id, world.engine.name_of(bot_id, Kind.REALTIME)))

    def begin(self, now: Now) -> Taken[BotState]:
        """Take the first step."""
        return begin(self.state, self._world.rules, now)

    def decide(self, message: Any, now: Now) -> Taken[BotState]:
        """Take one message."""
        return step(self.state, message, self._world.rules, now)

    def read_done(self, answer: Any, error: Exception | None) -> ReadDone:
        """Return the answer to `Read`."""
        return ReadDone(answer, error)

    def call(self, effect: fx.EngineCall) -> object:
        """Make one engine call."""
        return carry_out(self._world.engine, self.state.bot_id, effect)


def carry_out(engine: Engine, bot_id: str, call: fx.EngineCall) -> object:
    """Make one engine call. Blocks."""
    match call:
        case fx.Find():
            return engine.find(bot_id, Kind.REALTIME)
        case fx.Look(name):
            return engine.look(name)
        case fx.Launch(blueprint, birth):
            container_id = engine.create(blueprint, birth)
            engine.start(container_id)
            return container_id
        case fx.Send(container_id, signal):
            engine.signal(container_id, Signal(signal))
        case fx.Resume(container_id):
            engine.resume(container_id)
        case fx.Remove(container_id):
            engine.remove(container_id)
        case fx.Tail(container_id):
            return tail(engine, container_id)
    return None
