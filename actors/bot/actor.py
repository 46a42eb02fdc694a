"""The actor of one bot: it carries out what `step` decides.

It keeps no logic of its own. Engine calls run on the lane `engine` under the bot's id, so that one is in flight at a
time even when this actor is restarted; reads run on `store`, preparations on `objects`. Answers come back as messages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.bot import effects as fx
from the0_actors.actors.bot import messages as msg
from the0_actors.actors.bot.rules import Now, Rules
from the0_actors.actors.bot.state import BotState
from the0_actors.actors.bot.step import begin, step
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import BotMoved, BotRetired, BotUp
from the0_actors.actors.ports.engine import Engine, Signal
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.ports.store import BotStore

TAIL_LINES = 20
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that calls may take before they are shown as overdue."""

    read: float = 15.0
    look: float = 30.0
    prepare: float = 900.0
    """Includes the pull of an image."""
    engine: float = 120.0


@dataclass(frozen=True, slots=True)
class BotWorld:
    """What every bot's actor of one runtime is given."""

    store: BotStore
    engine: Engine
    prepare: Callable[[LaunchSpec], str]
    """Bring code and image to the engine; return the content hash. Blocks; raises the vocabulary of `errors`."""
    lane_store: Lane
    lane_engine: Lane
    lane_objects: Lane
    fleet: Handle
    rules: Rules
    announce: Callable[[str, Transition], None]
    """Log a change of phase."""
    deadlines: Deadlines = Deadlines()


class BotActor(Actor):
    """One realtime bot."""

    def __init__(self, bot_id: str, world: BotWorld) -> None:
        super().__init__()
        self._world = world
        self._timer: Timer | None = None
        self.state = BotState(bot_id, world.engine.name_of(bot_id, Kind.REALTIME))
        """What it knows: frozen, replaced as a whole, readable from any thread."""

    def on_start(self) -> None:
        """Ask Fleet what the listing had, and begin."""
        self._world.fleet.tell(BotUp(self.state.bot_id))
        self._take(*begin(self.state, self._world.rules, self._now()))

    def on_receive(self, message: Any) -> Any:
        """Take one step."""
        if isinstance(message, Completed):
            if message.overdue:
                return None
            message = self._answer(message)
        self._take(*step(self.state, message, self._world.rules, self._now()))
        if isinstance(message, msg.GateMoved | msg.Drain):
            # A Fleet that was restarted does not know where we are.
            self._world.fleet.tell(BotMoved(self.state.bot_id, self.state.transitions[-1].phase))
        return None

    def on_stop(self) -> None:
        """Leave the container as it is."""
        if self._timer is not None:
            self._timer.cancel()

    def _now(self) -> Now:
        clock = self.system.clock
        return Now(clock.monotonic(), clock.wall(), self.system.rng.random())

    def _take(self, state: BotState, effects: list[fx.Effect]) -> None:
        self.state = state
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Wake(at):
                self._wake(at)
            case fx.Retire():
                self._world.fleet.tell(BotRetired(self.state.bot_id))
            case fx.Announce(transition):
                self._world.announce(self.state.bot_id, transition)
                self._world.fleet.tell(BotMoved(self.state.bot_id, transition.phase))
            case fx.Read():
                self._submit(self._world.lane_store, effect, self._read, self._world.deadlines.read)
            case fx.Prepare(spec):
                self._submit(
                    self._world.lane_objects, effect, lambda: self._world.prepare(spec), self._world.deadlines.prepare
                )
            case _:
                self._call(effect)

    def _read(self) -> object:
        return self._world.store.read(self.state.bot_id)

    def _call(self, effect: fx.EngineCall) -> None:
        engine, deadlines = self._world.engine, self._world.deadlines
        urgent = isinstance(effect, fx.Send | fx.Remove)
        deadline = deadlines.look if isinstance(effect, fx.Look) else deadlines.engine
        self._submit(self._world.lane_engine, effect, lambda: carry_out(engine, effect), deadline, urgent=urgent)

    def _submit(
        self, lane: Lane, effect: fx.Effect, call: Callable[[], object], deadline: float, *, urgent: bool = False
    ) -> None:
        lane.submit(self.state.bot_id, call, self.handle, effect, deadline, urgent=urgent)

    def _wake(self, at: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if at is not None:
            self._timer = self.system.after(at - self.system.clock.monotonic(), self.handle, msg.Woken())

    @staticmethod
    def _answer(done: Completed) -> msg.Message:
        effect: Any = done.token
        value: Any = done.value
        match effect:
            case fx.Read():
                return msg.ReadDone(value, done.error)
            case fx.Prepare():
                return msg.PrepareDone(effect, value or "", done.error)
            case fx.Look():
                return msg.LookDone(effect, value, done.error)
            case _:
                return msg.CallDone(effect, value, done.error)


def carry_out(engine: Engine, call: fx.EngineCall) -> object:
    """Make one engine call. Runs on a lane's thread."""
    match call:
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


def tail(engine: Engine, container_id: str) -> str:
    """Return the last lines of a container's output, at most `TAIL_BYTES`."""
    output = b"".join(engine.logs(container_id, TAIL_LINES, follow=False))
    return output[-TAIL_BYTES:].decode("utf-8", "replace")
