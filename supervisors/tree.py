"""The tree: which actors there are, under whom.

    /              one_for_one
    ├── keepers    one Keeper for each set of servers of our own: embedded, dockerd
    ├── probes     what nobody else looks at all the time, one Probe each
    ├── lease, engine, bots, sources    what keeps realtime bots running: see `side` and `realtime`
    └── schedules  the same for scheduled bots: see `schedules`

Wiring only.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from the0_actors.actors.bot.stepping import Lanes
from the0_actors.actors.fleet import Fleet
from the0_actors.actors.keeper import Keeper
from the0_actors.actors.kernel.messages import Shutdown
from the0_actors.actors.kernel.system import ActorSystem
from the0_actors.actors.messages import DrainFleet, StopsConfirmed
from the0_actors.actors.ports.servers import Servers
from the0_actors.actors.ports.status import Transition
from the0_actors.actors.probe import Probe, Probing
from the0_actors.actors.schedule.state import ScheduleRules
from the0_actors.supervisors.child_spec import ChildSpec
from the0_actors.supervisors.realtime import RealtimePorts, RealtimeSettings, RealtimeTree
from the0_actors.supervisors.reports import Reporter
from the0_actors.supervisors.schedules import SchedulePorts, ScheduleSettings, ScheduleTree
from the0_actors.supervisors.side import Surroundings
from the0_actors.supervisors.supervisor import Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports(RealtimePorts):
    """The outside world, as the tree needs it."""

    schedules: SchedulePorts | None = None
    """What scheduled bots need beside; None: they are left alone."""
    realtime: bool = True
    """False: realtime bots are left alone."""
    probes: Mapping[str, Probing] = field(default_factory=dict[str, Probing])
    """What is asked how it is, by the name of its part."""


def holder_name() -> str:
    """Return a name for this process that no other has."""
    return f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSettings(RealtimeSettings):
    """The numbers of the tree. The defaults are what the command line runs with."""

    holder: str = ""
    """Identity of this runtime, for the leases. When empty, each tree makes up a name that no other has."""
    schedules: ScheduleSettings | None = None


class Tree:
    """The parts of one runtime's tree, and the factory of its root."""

    def __init__(
        self,
        system: ActorSystem,
        ports: Ports,
        lanes: Lanes,
        settings: TreeSettings,
        *,
        reporter: Reporter,
        announce: Callable[[str, Transition], None],
        drained: Callable[[], None],
        servers: Mapping[str, Servers] | None = None,
    ) -> None:
        self._system = system
        self._drained = drained
        self._servers = servers or {}
        self._probes = ports.probes
        # Made here, not by the lease's actor: after a restart it must still be the holder of its lease.
        holder = settings.holder or holder_name()
        self._around = around = Surroundings(system, lanes, holder, reporter, announce, self._code_in_use)
        self.bots = RealtimeTree(around, ports, settings, partial(self._side_drained, "bots"))
        self.schedules: ScheduleTree | None = None
        if ports.schedules is not None:
            of_schedules = settings.schedules or ScheduleSettings(rules=ScheduleRules(holder))
            drained_too = partial(self._side_drained, "schedules")
            self.schedules = ScheduleTree(around, ports.schedules, of_schedules, drained_too)
        self._realtime = ports.realtime
        self._still = {name for name, kept in (("bots", self._realtime), ("schedules", self.schedules)) if kept}
        """Sides that are not drained yet."""
        self.root = system.handle("/")
        self.probes = tuple(system.handle(f"/probes/{name}") for name in self._probes)
        self.keepers = tuple(system.handle(f"/keepers/{name}") for name in self._servers)

    def start(self, on_end: Callable[..., None]) -> None:
        """Start the root; `on_end(End)` hears how it ended."""
        self._system.spawn(self.root, self._root, on_end)

    def stop(self) -> None:
        """Stop the tree; containers stay as they are."""
        self.root.tell(Shutdown("the runtime stops"))

    def sides(self) -> tuple[RealtimeTree | ScheduleTree, ...]:
        """Return the parts that keep a kind of bot each."""
        realtime = (self.bots,) if self._realtime else ()
        return realtime if self.schedules is None else (*realtime, self.schedules)

    def drain(self) -> None:
        """Have every side stop its containers; `drained` is called when none is left."""
        for side in self.sides():
            side.fleet.tell(DrainFleet())

    def confirm_stops(self, bots: frozenset[str]) -> tuple[str, ...]:
        """Let those of the bots stop whose stop is held; return them, sorted."""
        confirmed: set[str] = set()
        for side in self.sides():
            fleet = side.fleet.actor
            held = bots.intersection(fleet.status().held if isinstance(fleet, Fleet) else ())
            if held and side.fleet.tell(StopsConfirmed(held)):
                confirmed |= held
        return tuple(sorted(confirmed))

    def _root(self) -> Supervisor:
        keepers = (ChildSpec("keepers", self._keepers),) if self._servers else ()
        probes = (ChildSpec("probes", self._look_out),) if self._probes else ()
        realtime = self.bots.children() if self._realtime else ()
        schedules = () if self.schedules is None else (self.schedules.child(),)
        return Supervisor((*keepers, *probes, *realtime, *schedules), reporter=self._around.reporter)

    def _keepers(self) -> Supervisor:
        lane, watchers = self._around.lanes.objects, tuple(side.watcher for side in self.sides())
        keepers = (
            ChildSpec(name, partial(Keeper, name, servers, lane, watchers)) for name, servers in self._servers.items()
        )
        return Supervisor(tuple(keepers), reporter=self._around.reporter)

    def _look_out(self) -> Supervisor:
        lane = self._around.lanes.objects
        probes = (ChildSpec(name, partial(Probe, name, probing, lane)) for name, probing in self._probes.items())
        return Supervisor(tuple(probes), reporter=self._around.reporter)

    def _side_drained(self, name: str) -> None:
        self._still.discard(name)
        if not self._still:
            self._drained()

    def _code_in_use(self) -> frozenset[str]:
        return frozenset[str]().union(*(side.code_in_use() for side in self.sides()))
