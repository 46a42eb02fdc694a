"""The actor of one bot of either kind: it carries out what a pure `step` decides, and keeps no logic of its own.

Engine calls run on the lane `engine` and writes on the lane `store`, under the bot's id, so that one of each is in
flight at a time even when the actor is restarted; what takes long runs on `objects`. Documents are read for many bots
at once, by the `ReadDesk`. Answers come back as messages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from the0_actors.actors.bot import effects as fx
from the0_actors.actors.bot import messages as msg
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.domain.launch import LaunchSpec
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import BotMoved, BotRetired, BotUp, DocumentAsked, DocumentRead, StopAsked
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.status import Transition

TAIL_LINES = 20
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that calls may take before they are shown as overdue."""

    write: float = 15.0
    look: float = 30.0
    prepare: float = 900.0
    """Includes the pull of an image."""
    engine: float = 120.0


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where blocking calls run."""

    store: Lane
    engine: Lane
    objects: Lane
    guard: Lane
    """For the engine's lock and the lease alone: they wait for no other work of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every bot's actor of one runtime is given, whatever its kind."""

    engine: Engine
    prepare: Callable[[LaunchSpec], str]
    """Bring code and image to the engine; return the content hash. Blocks; raises the vocabulary of `errors`."""
    lanes: Lanes
    reads: Handle
    """The `ReadDesk`."""
    fleet: Handle
    announce: Callable[[str, Transition], None]
    """Log a change of phase."""
    followed: Callable[[], bool]
    """`Following.holds`."""
    deadlines: Deadlines = Deadlines()


class LifeState(Protocol):
    """What all kinds of state have."""

    @property
    def bot_id(self) -> str:
        """The bot."""
        ...

    @property
    def asked(self) -> bool:
        """Whether it asks Fleet to be allowed to stop."""
        ...

    @property
    def state_bytes(self) -> int | None:
        """How much it may keep, where its config says so."""
        ...

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The last few, oldest first."""
        ...


S = TypeVar("S", bound=LifeState)
W = TypeVar("W", bound=World)
Taken = tuple[S, Sequence[Any]]
"""What a step returns: the next state, and effects."""


class StepActor(Actor, Generic[S, W]):
    """One bot. A kind of bot says how it decides, and how it makes the calls that are its own."""

    def __init__(self, world: W, state: S) -> None:
        super().__init__()
        self._world = world
        self._timer: Timer | None = None
        self._many = False
        """It is one of very many, until its first start."""
        self.state = state
        """What it knows: frozen, replaced as a whole, readable from any thread."""

    # what a kind of bot says

    def begin(self, now: Now) -> Taken[S]:
        """Take the first step of an incarnation, before any message."""
        raise NotImplementedError

    def decide(self, message: Any, now: Now) -> Taken[S]:
        """Take one message."""
        raise NotImplementedError

    def read_done(self, answer: Any, error: Exception | None) -> object:
        """Return the message that answers `Read`."""
        raise NotImplementedError

    def call(self, effect: Any) -> object:
        """Make one engine call. Blocks; runs on a lane."""
        raise NotImplementedError

    # life

    def on_start(self) -> None:
        """Ask Fleet what the listing had, and begin."""
        self._world.fleet.tell(BotUp(self.state.bot_id))
        self._take(self.begin(self._now()))

    def on_receive(self, message: Any) -> Any:
        """Take one step."""
        if isinstance(message, Completed):
            if message.overdue:
                return
            message = self._answer(message)
        elif isinstance(message, DocumentRead):
            message = self.read_done(message.answer, message.error)
        elif isinstance(message, msg.Seen):
            self._many = message.many
        self._take(self.decide(message, self._now()))
        if isinstance(message, msg.GateMoved | msg.Draining):
            # A Fleet that was restarted does not know where we are.
            self._world.fleet.tell(BotMoved(self.state.bot_id, self.state.transitions[-1].phase))
            if self.state.asked:
                self._world.fleet.tell(StopAsked(self.state.bot_id, asking=True))

    def on_stop(self) -> None:
        """Leave the container as it is."""
        if self._timer is not None:
            self._timer.cancel()

    def _now(self) -> Now:
        clock = self.system.clock
        return Now(clock.monotonic(), clock.wall(), self.system.rng.random(), self._world.followed())

    def _take(self, taken: Taken[S]) -> None:
        self.state, effects = taken
        for effect in effects:
            self.carry_out(effect)

    def carry_out(self, effect: Any) -> None:
        """Do what the step wants; a kind of bot adds what it alone wants."""
        world, deadlines = self._world, self._world.deadlines
        match effect:
            case fx.Wake(at):
                self._wake(at)
            case fx.Ask(asking):
                world.fleet.tell(StopAsked(self.state.bot_id, asking))
            case fx.Retire():
                world.fleet.tell(BotRetired(self.state.bot_id))
            case fx.Announce(transition):
                world.announce(self.state.bot_id, transition)
                world.fleet.tell(BotMoved(self.state.bot_id, transition.phase))
            case fx.Prepare(spec):
                prepared = partial(world.prepare, spec)
                self.submit(world.lanes.objects, effect, prepared, deadlines.prepare, bulk=self._many)
            case fx.Read():
                world.reads.tell(DocumentAsked(self.state.bot_id, self.handle))
            case _:
                deadline = deadlines.look if isinstance(effect, fx.Look | fx.Find) else deadlines.engine
                urgent = isinstance(effect, fx.Send | fx.Remove)
                bulk = self._many and isinstance(effect, fx.Launch)
                self._many = self._many and not bulk
                self.submit(world.lanes.engine, effect, partial(self.call, effect), deadline, urgent=urgent, bulk=bulk)

    def submit(
        self,
        lane: Lane,
        effect: object,
        call: Callable[[], object],
        deadline: float,
        *,
        urgent: bool = False,
        bulk: bool = False,
    ) -> None:
        """Make a call on a lane, in this bot's turn there."""
        lane.submit(self.state.bot_id, call, self.handle, effect, deadline, urgent=urgent, bulk=bulk)

    def _wake(self, at: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if at is not None:
            self._timer = self.system.after(at - self.system.clock.monotonic(), self.handle, msg.Woken())

    def _answer(self, done: Completed) -> object:
        effect: Any = done.token
        value: Any = done.value
        match effect:
            case fx.Prepare():
                return msg.PrepareDone(effect, value or "", done.error)
            case fx.Look():
                return msg.LookDone(effect, value, done.error)
            case fx.Find():
                return msg.FindDone(value, done.error)
            case _:
                return msg.CallDone(effect, value, done.error)


def tail(engine: Engine, container_id: str) -> str:
    """Return the last lines of a container's output, at most `TAIL_BYTES`. Blocks."""
    output = b"".join(engine.logs(container_id, TAIL_LINES, follow=False))
    return output[-TAIL_BYTES:].decode("utf-8", "replace")
