"""The part of the tree that runs scheduled bots: a `Side` under a supervisor of its own, with a lease of its own.

So a runtime may run either kind alone, and two of them share a database. Beside Fleet stands `cron`, the one keeper of
due times. Wiring only.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.runs import RunRecord
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.status import Phase
from the0_actors.actors.schedule.actor import ScheduleActor, ScheduleWorld
from the0_actors.actors.schedule.messages import DrainRuns, Rearm
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.actors.sources.cron import CronSource, Keeping
from the0_actors.supervisors.child_spec import ChildSpec
from the0_actors.supervisors.side import Side, SidePorts, SideSettings, Surroundings
from the0_actors.supervisors.supervisor import Supervisor

NAME = "schedules"
BEGINNING = frozenset({Phase.PREPARING, Phase.STARTING})
"""Phases between a slot's turn and the start of its container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePorts(SidePorts):
    """The outside world, as schedules need it."""

    store: ScheduleStore
    keep: Callable[[str, bytes], None]
    """Store the result of a schedule's run. Blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings(SideSettings):
    """The numbers of this part. Seconds."""

    rules: ScheduleRules
    check_interval: float = 10.0
    start_budget: int = 32
    drain_budget: float = 30.0
    """How long runs may go on when the runtime stops."""


class ScheduleTree(Side[SchedulePorts, ScheduleSettings, ScheduleWorld]):
    """The handles of this part, and the factories of its supervisors."""

    base = f"/{NAME}"
    kind = Kind.SCHEDULED

    def __init__(
        self, around: Surroundings, ports: SchedulePorts, settings: ScheduleSettings, drained: Callable[[], None]
    ) -> None:
        super().__init__(around, ports, settings, drained)
        self.cron = around.system.handle(f"{self.base}/bots/cron")

    def child(self) -> ChildSpec:
        """Return what the root starts."""
        return ChildSpec(NAME, partial(Supervisor, self.children(), reporter=self._around.reporter), shutdown=40.0)

    def bot_actors(self) -> list[ScheduleActor]:
        """Return the living schedules' actors; read only what they publish."""
        return [actor for handle in self.bots() if isinstance(actor := handle.actor, ScheduleActor)]

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...]:
        """Read a schedule's latest records. Blocks; raises `Unavailable`."""
        return self._ports.store.runs(bot_id, limit)

    def begin_no_more(self) -> None:
        """Have no schedule claim a slot any more, although this runtime does not wait for what runs."""
        for handle in self.bots():
            if handle.alive:
                handle.tell(DrainRuns(math.inf))

    def is_beginning(self) -> bool:
        """Tell whether a run is on its way to its container: cut off now, it would be lost."""
        states = [actor.state for actor in self.bot_actors()]
        return any(one.transitions and one.transitions[-1].phase in BEGINNING for one in states)

    def code_in_use(self) -> frozenset[str]:
        """Return the code that is prepared for a run and may not be in a container yet."""
        prepared = (actor.state.prepared for actor in self.bot_actors())
        return frozenset(found[1] for found in prepared if found is not None)

    def poll_interval(self) -> float:
        """Return the interval of checks."""
        return self._settings.check_interval

    def beside_fleet(self) -> tuple[ChildSpec, ...]:
        """Return the keeper of due times."""
        return (ChildSpec("cron", partial(CronSource, Keeping(self._rearm, self._settings.start_budget))),)

    def _rearm(self) -> None:
        for handle in self.bots():
            if handle.alive:
                handle.tell(Rearm())

    def make_fleet(self) -> Fleet:
        """Build Fleet, whose drain lets runs end for a while."""
        clock, budget = self._around.system.clock, self._settings.drain_budget
        return self.fleet_of(kind=self.kind, drain=lambda: DrainRuns(clock.monotonic() + budget))

    def make_bot(self, bot_id: str) -> ScheduleActor:
        """Build one schedule's actor."""
        return ScheduleActor(bot_id, self.the_world())

    def make_world(self, engine: Engine, installation: str) -> ScheduleWorld:
        """Build what schedules' actors are given."""
        ports, around, settings = self._ports, self._around, self._settings
        return ScheduleWorld(
            store=ports.store,
            engine=engine,
            prepare=ports.prepare(engine),
            keep=ports.keep,
            lanes=around.lanes,
            reads=self.reads,
            fleet=self.fleet,
            cron=self.cron,
            rules=replace(settings.rules, installation=installation),
            announce=around.announce,
            followed=self.following.holds,
            deadlines=settings.deadlines,
        )
