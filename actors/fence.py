"""The fences: nobody changes the engine without the engine's lock, nor the desired state without the lease.

Neither Docker nor the database checks a token, so the fence is looked at on the lane's thread right before each call.
What remains is the time from that look to the service's own action.
"""

from collections.abc import Callable, Hashable, Iterator

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.domain.kept import Kept
from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.errors import NotActive
from the0_actors.actors.kernel.clock import Clock
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Disposer, Lane
from the0_actors.actors.kernel.snapshots import LaneSnapshot
from the0_actors.actors.ports.engine import Blueprint, Engine, EngineEvent, Signal, Subscription


class Fence:
    """Until when we may act. One attribute, written by the lease's actor, read by the lanes' threads."""

    def __init__(self, clock: Clock, what: str = "the engine's lock", holds: Callable[[], bool] = lambda: True) -> None:
        """Guard `what`; `holds` tells at once, from any thread, whether what we need is still there."""
        self._clock = clock
        self._what = what
        self._holds = holds
        self._until = float("-inf")

    def extend(self, until: float) -> None:
        """Allow until this monotonic time, and no longer."""
        self._until = until

    def drop(self) -> None:
        """Allow nothing more."""
        self._until = float("-inf")

    def open(self) -> bool:
        """Tell whether we may act now."""
        return self._clock.monotonic() < self._until and self._holds()

    def check(self) -> None:
        """Raise `NotActive` unless we may act now."""
        if not self.open():
            raise NotActive(f"this runtime is not sure that it holds {self._what}")


class FencedLane:
    """A lane whose every call is checked first."""

    def __init__(self, lane: Lane, fence: Fence) -> None:
        self._lane = lane
        self._fence = fence

    def submit(
        self,
        key: Hashable,
        call: Callable[[], object],
        reply_to: Handle,
        token: object,
        deadline: float,
        *,
        urgent: bool = False,
        bulk: bool = False,
        disposer: Disposer | None = None,
    ) -> None:
        """Queue a job that fails with `NotActive` when the fence is not open then."""

        def checked() -> object:
            self._fence.check()
            return call()

        self._lane.submit(key, checked, reply_to, token, deadline, urgent=urgent, bulk=bulk, disposer=disposer)

    def snapshot(self) -> LaneSnapshot:
        """Return how the lane is."""
        return self._lane.snapshot()


class FencedEngine:
    """An engine whose every change is checked first. Looking is free."""

    def __init__(self, engine: Engine, fence: Fence) -> None:
        self._engine = engine
        self._fence = fence

    def _fenced(self) -> Engine:
        self._fence.check()
        return self._engine

    def identify(self) -> str:
        """Return the engine's id."""
        return self._engine.identify()

    def name_of(self, bot_id: str, kind: Kind) -> str:
        """Return a bot's container name."""
        return self._engine.name_of(bot_id, kind)

    def ping(self) -> None:
        """Raise `Unavailable` unless the engine answers."""
        self._engine.ping()

    def fingerprint(self, spec: LaunchSpec, code_hash: str) -> str:
        """Return the fingerprint of what would be created."""
        return self._engine.fingerprint(spec, code_hash)

    def check(self, spec: LaunchSpec) -> None:
        """Raise `Unlaunchable` if it can never run."""
        self._engine.check(spec)

    def list(self) -> tuple[Observed, ...]:
        """Return every container that concerns us."""
        return self._engine.list()

    def find(self, bot_id: str, kind: Kind) -> tuple[Observed, ...]:
        """Return every container of a bot."""
        return self._engine.find(bot_id, kind)

    def everyone(self) -> tuple[Observed, ...]:
        """Return every container of every installation."""
        return self._engine.everyone()

    def look(self, name_or_id: str) -> Observed | None:
        """Return one container."""
        return self._engine.look(name_or_id)

    def has_code(self, code_hash: str) -> bool:
        """Tell whether the code is there."""
        return self._engine.has_code(code_hash)

    def store_code(self, package: CodePackage) -> None:
        """Put code into the engine."""
        self._fenced().store_code(package)

    def prepare(self, spec: LaunchSpec) -> None:
        """Bring image and network."""
        self._fenced().prepare(spec)

    def create(self, blueprint: Blueprint, birth: Birth) -> str:
        """Create a container."""
        return self._fenced().create(blueprint, birth)

    def start(self, container_id: str) -> None:
        """Start a container."""
        self._fenced().start(container_id)

    def signal(self, container_id: str, signal: Signal) -> None:
        """Send a signal."""
        self._fenced().signal(container_id, signal)

    def resume(self, container_id: str) -> None:
        """Let a paused container go on."""
        self._fenced().resume(container_id)

    def remove(self, container_id: str) -> None:
        """Remove a container."""
        self._fenced().remove(container_id)

    def purge(self, bot_id: str) -> None:
        """Remove what is kept for a bot."""
        self._fenced().purge(bot_id)

    def kept(self, bot_ids: frozenset[str]) -> tuple[Kept, ...]:
        """Measure what bots keep."""
        return self._engine.kept(bot_ids)

    def sweep_code(self, in_use: frozenset[str]) -> int:
        """Remove code that nobody uses."""
        return self._fenced().sweep_code(in_use)

    def disband(self) -> None:
        """Remove what all bots had together."""
        self._fenced().disband()

    def logs(self, container_id: str, tail: int, *, follow: bool) -> Iterator[bytes]:
        """Yield output."""
        return self._engine.logs(container_id, tail, follow=follow)

    def handed_out(self, container_id: str, name: str, limit: int) -> bytes | None:
        """Return what a run handed out."""
        return self._engine.handed_out(container_id, name, limit)

    def watch(self, emit: Callable[[EngineEvent], None], ended: Callable[[str], None]) -> Subscription:
        """Follow events."""
        return self._engine.watch(emit, ended)
