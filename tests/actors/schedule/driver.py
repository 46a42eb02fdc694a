"""One schedule's pure `step`, driven by hand against a fake engine and a fake database.

What it wants done waits in `pending` until the test lets it happen: in any order, with faults, or never.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.parts.documents import BOT, created

from the0_actors.actors.bot import effects as fx
from the0_actors.actors.bot.messages import (
    CallDone,
    ContainerHint,
    DocumentHint,
    FindDone,
    GateMoved,
    LookDone,
    PrepareDone,
    Seen,
    StopAllowed,
    Woken,
)
from the0_actors.actors.bot.rules import Now
from the0_actors.actors.domain.launch import Kind, LaunchSpec
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.domain.runs import Outcome, RunRecord
from the0_actors.actors.domain.schedules import ScheduleAnswer
from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.actors.ports.engine import EngineEvent, Happening
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.schedule import effects as sfx
from the0_actors.actors.schedule.calls import call, write
from the0_actors.actors.schedule.messages import Due, Harvested, Message, ReadDone
from the0_actors.actors.schedule.state import ScheduleRules, ScheduleState
from the0_actors.actors.schedule.step import begin, step
from the0_actors.adapters.testing.engine import FakeEngine
from the0_actors.adapters.testing.engine_world import EngineWorld, FakeContainer, FakeSubscription
from the0_actors.adapters.testing.schedules import FakeScheduleStore, ScheduleWorld

START = 1_767_225_600.0
MINUTE = 60
HOUR = 3600
"""2026-01-01T00:00:00Z."""


@dataclass
class World:
    """Everything that outlives an incarnation."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    rules: ScheduleRules = field(default_factory=lambda: ScheduleRules("me", late_window=600.0))
    kept: list[bytes] = field(default_factory=list[bytes])
    executions: Counter[str] = field(default_factory=Counter[str])
    """How often each slot's program was started, by the reason that stands on its container."""
    alive_at_once: int = 0
    prepare: Callable[[LaunchSpec], str] = lambda _spec: "hash"
    keep: Callable[[bytes], None] = lambda _data: None

    def __post_init__(self) -> None:
        self.engine_world = EngineWorld(self.clock)
        self.engine_world.code.add("hash")
        self.store_world = ScheduleWorld(self.clock)
        self.engine = FakeEngine(self.engine_world, "a1b2c3d4e5f6")
        self.store = FakeScheduleStore(self.store_world)
        self.store.installation("engine")
        FakeSubscription(self.engine_world, self._count, lambda _reason: None)

    def _count(self, event: EngineEvent) -> None:
        if event.happening is Happening.STARTED:
            self.executions[self.engine_world.containers[event.container_id].birth.reason] += 1
            alive = [one for one in self.containers() if one.status is Status.RUNNING]
            self.alive_at_once = max(self.alive_at_once, len(alive))

    def containers(self) -> list[FakeContainer]:
        return self.engine_world.of(BOT)

    def records(self) -> list[RunRecord]:
        return sorted(self.store_world.records.values(), key=lambda record: record.due)

    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.records()]


class Driver:
    """One incarnation."""

    def __init__(self, world: World, *, known: bool = True) -> None:
        self.world = world
        self.pending: list[fx.Effect | sfx.Effect] = []
        self.armed: int | None = None
        self.wake_at: float | None = None
        self.retired = False
        self.state = ScheduleState(BOT, world.engine.name_of(BOT, Kind.SCHEDULED))
        self._take(begin(self.state, world.rules, self._now()))
        containers = tuple(one for one in world.engine.list() if one.bot_id == BOT)
        self.tell(Seen(containers if known else (), known, ()))

    # telling

    def tell(self, message: Message) -> None:
        self._take(step(self.state, message, self.world.rules, self._now()))

    def hint(self) -> None:
        self.tell(DocumentHint())
        self.tell(ContainerHint())

    def close_gate(self) -> None:
        self.tell(GateMoved(open=False))

    def _now(self) -> Now:
        return Now(self.world.clock.monotonic(), self.world.clock.wall(), 0.5)

    def _take(self, stepped: tuple[ScheduleState, list[sfx.Effect]]) -> None:
        self.state, effects = stepped
        for effect in effects:
            match effect:
                case sfx.Arm(due):
                    self.armed = due
                case fx.Wake(at):
                    self.wake_at = at
                case fx.Retire():
                    self.retired = True
                case fx.Ask(asking=True):
                    self.tell(StopAllowed())
                case fx.Announce() | fx.Ask():
                    pass
                case _:
                    self.pending.append(effect)

    # letting things happen

    def happen(self, index: int = 0) -> None:
        """Carry out one of what is pending, and tell how it went."""
        effect = self.pending.pop(index)
        value, error = None, None
        try:
            value = self.carry_out(effect)
        except The0ActorsError as failure:
            error = failure
        match effect:
            case fx.Read():
                answer: ScheduleAnswer | None = value  # type: ignore[assignment]
                self.tell(ReadDone(answer, error))
            case fx.Prepare():
                self.tell(PrepareDone(effect, str(value or ""), error))
            case fx.Look():
                self.tell(LookDone(effect, value, error))  # type: ignore[arg-type]
            case fx.Find():
                self.tell(FindDone(value, error))  # type: ignore[arg-type]
            case _:
                self.tell(CallDone(effect, value, error))

    def carry_out_unheard(self, index: int = 0) -> None:
        """Carry one out whose answer nobody hears."""
        try:
            self.carry_out(self.pending.pop(index))
        except The0ActorsError:
            return

    def carry_out(self, effect: fx.Effect | sfx.Effect) -> object:
        """Make the call."""
        world = self.world
        match effect:
            case fx.Prepare(spec):
                return world.prepare(spec)
            case sfx.Keep(result):
                world.keep(result)
                world.kept.append(result)
            case fx.Read():
                return world.store.read(BOT)
            case sfx.Harvest(container_id):
                return Harvested(b"".join(world.engine.logs(container_id, 20, follow=False)).decode(), b"{}")
            case fx.Find() | fx.Look() | fx.Send() | fx.Resume() | fx.Remove() | sfx.Create() | sfx.Start():
                return call(world.engine, BOT, effect)
            case sfx.Recall() | sfx.Claim() | sfx.Settle() | sfx.Pass() | sfx.Advance():
                return write(world.store, BOT, effect, world.rules.holder, world.clock.wall())
            case _:
                raise AssertionError(effect)
        return None

    def settle(self, limit: int = 200) -> None:
        """Let everything happen that is pending, and fire what is due, without time passing."""
        for _ in range(limit):
            if self.pending:
                self.happen()
            elif not self.fire():
                return
        raise AssertionError(f"no rest: {self.pending}, {self.state}")

    def fire(self) -> bool:
        """Tell that the armed slot is due, or that the time to wake up has come."""
        if self.wake_at is not None and self.wake_at <= self.world.clock.monotonic():
            self.wake_at = None
            self.tell(Woken())
            return True
        granted = self.state.granted
        told = self.armed is None or (granted is not None and self.armed <= granted)
        if self.armed is not None and not told and self.armed <= self.world.clock.wall():
            self.tell(Due(self.armed))
            return True
        return False

    def run_until(self, wall: float) -> None:
        """Let time pass, stopping wherever something is due."""
        clock = self.world.clock
        self.settle()
        while clock.wall() < wall:
            stops = [wall]
            if self.wake_at is not None:
                stops.append(clock.wall() + self.wake_at - clock.monotonic())
            if self.armed is not None and self.armed > clock.wall():
                stops.append(float(self.armed))
            clock.advance_to(clock.monotonic() + max(min(stops) - clock.wall(), 0.001))
            self.settle()

    def end_run(self, code: int = 0) -> None:
        """Let the running container end, and the engine tell."""
        (container,) = [one for one in self.world.containers() if one.status is Status.RUNNING]
        self.world.engine_world.die(container, code)
        self.tell(ContainerHint())
        self.settle()

    def in_phase(self, phase: Phase) -> bool:
        return self.phase is phase

    @property
    def phase(self) -> Phase:
        return self.state.transitions[-1].phase


def scheduled(world: World, schedule: str = "* * * * *", **config: Any) -> Driver:
    world.store.apply(created(schedule=schedule, **config), None)
    driver = Driver(world)
    driver.settle()
    return driver


def running(world: World) -> FakeContainer:
    (container,) = world.containers()
    assert container.status is Status.RUNNING
    return container


def due(minutes: int) -> int:
    return int(START) + minutes * MINUTE
