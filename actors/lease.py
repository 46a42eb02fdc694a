"""Who may act: identity of the installation, and the lease.

The first thing a runtime does: ask the engine who it is, read the installation from the database, build the engine for
it, then take the lease, or wait for it and say so. Nothing is ever done to an engine before. The lease is renewed three
times a term; when a renewal does not come through in time, the fence closes by itself and everybody hears of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.fence import Fence
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, Tick
from the0_actors.actors.ports.host import Host
from the0_actors.actors.ports.status import PartStatus
from the0_actors.actors.ports.store import DesiredState, Installation, Lease

MARGIN = 0.2
"""Share of the term that is given away for what a call may take after the look at the fence."""
RETRY = 1.0
"""Seconds between tries to reach engine and database at the start."""
LANE_KEY = "lease"
"""Under which all of its calls go: one after the other."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the lease's actor works with."""

    holder: str
    """Identity of this process."""
    host: Host
    term: float
    """Seconds, at most 10."""
    store: DesiredState
    identify: Callable[[], str]
    """Ask the engine who it is. Blocks."""
    install: Callable[[Installation], None]
    """Build what depends on the installation (the engine, the bots' world). Blocks."""
    fence: Fence
    lane: Lane
    tell: tuple[Handle, ...]
    """Who hears `ActiveMoved`."""


class LeaseKeeper(Actor):
    """Keeps the lease. `parts` and `installation` may be read from any thread."""

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self._claim = claim
        self._timer: Timer | None = None
        self._active = False
        self.installation = ""
        self.engine_id = ""
        self.parts: tuple[PartStatus, ...] = ()

    @property
    def role(self) -> str:
        """`active`, `standby`, or `starting` before the installation is known."""
        if not self.installation:
            return "starting"
        return "active" if self._active else "standby"

    def on_start(self) -> None:
        """Find out who we are."""
        self._note(ok=False, note="asking the engine who it is")
        self._submit("identify", self._claim.identify)

    def on_receive(self, message: Any) -> Any:
        """Take an answer, or the time."""
        match message:
            case Completed(overdue=True):
                self._check()
            case Completed(token="identify" | "install"):
                self._installing(message)
            case Completed(token="lease"):
                self._leased(message)
            case Tick():
                self._tick()
            case AskActive(reply_to):
                reply_to.tell(ActiveMoved(self._active))
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Close the fence and give the lease back, so that a standby need not wait for its term."""
        if self._timer is not None:
            self._timer.cancel()
        self._claim.fence.drop()
        if self._active:
            self._submit("release", self._release)

    def _submit(self, what: str, call: Callable[[], object]) -> None:
        self._claim.lane.submit(LANE_KEY, call, self.handle, what, self._claim.term)

    def _again(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.system.after(delay, self.handle, Tick())

    def _tick(self) -> None:
        self._check()
        if not self.engine_id:
            self._submit("identify", self._claim.identify)
        elif not self.installation:
            self._submit("install", self._install)
        else:
            self._submit("lease", self._lease)

    def _installing(self, done: Completed) -> None:
        if done.error is not None:
            self._note(ok=False, note=f"cannot start: {done.error}")
        elif isinstance(done.value, Installation):
            self._installed(done.value)
        else:
            self.engine_id = str(done.value)
            self._note(ok=False, note="reading the installation from the database")
            self._tick()
            return
        if self.installation:
            self._tick()
        else:
            self._again(RETRY)

    def _install(self) -> Installation:
        installation = self._claim.store.installation(self.engine_id)
        if installation.engine == self.engine_id:
            self._claim.install(installation)
        return installation

    def _installed(self, value: Installation) -> None:
        if value.engine == self.engine_id:
            self.installation = value.id
        else:
            self._note(ok=False, note=f"installation {value.id} belongs to engine {value.engine}, not {self.engine_id}")

    def _lease(self) -> Lease:
        """Take or renew it. The lease names a host only while its holder has that host's lock."""
        claim = self._claim
        locked = claim.host.take(self.installation)
        lease = claim.store.lease(claim.holder, claim.host.id if locked else "", claim.term)
        if lease.mine or not locked:
            return lease
        if lease.holder and lease.host == claim.host.id:
            # Its holder had the lock that is ours now: it is dead.
            lease = claim.store.lease(claim.holder, claim.host.id, claim.term, steal_from=lease.holder)
        if not lease.mine:
            # We slept while another took over; the lock is the other's to take.
            claim.host.give_back()
        return lease

    def _release(self) -> None:
        try:
            self._claim.store.release(self._claim.holder)
        finally:
            self._claim.host.give_back()

    def _leased(self, done: Completed) -> None:
        lease = done.value
        if isinstance(lease, Lease) and lease.mine:
            self._claim.fence.extend(done.began + self._claim.term * (1.0 - MARGIN))
            self._note(ok=True, note="held")
        elif isinstance(lease, Lease):
            self._claim.fence.drop()
            self._note(ok=False, note=f"standby: {lease.holder or 'another runtime'} is active")
        else:
            self._note(ok=self._claim.fence.open(), note=f"cannot renew: {done.error}")
        self._check()
        self._again(self._claim.term / 3.0)

    def _check(self) -> None:
        """Tell everybody when the fence has opened or closed."""
        active = self._claim.fence.open()
        if active != self._active:
            self._active = active
            for handle in self._claim.tell:
                handle.tell(ActiveMoved(active))

    def _note(self, *, ok: bool, note: str) -> None:
        self.parts = (PartStatus("lease", ok=ok, required=True, note=note),)
