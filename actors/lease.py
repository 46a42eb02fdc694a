"""Who may act: identity of the installation, then the engine's lock and the database's lease.

The first thing a runtime does: ask the engine who it is, find out the installation (`identification`), build the
engine for it. Nothing is ever done to an engine before. From then on it looks at the engine's lock and renews the
lease, each at its own pace and on calls of their own, so that neither waits for the other. What follows is decided by
`engine_lock`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from the0_actors.actors import engine_lock as rules
from the0_actors.actors.engine_lock import Pace, Standing
from the0_actors.actors.engine_lock_words import ages, describe, hindrance
from the0_actors.actors.errors import Undecided
from the0_actors.actors.fence import Fence
from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.lanes import Completed, Lane
from the0_actors.actors.kernel.messages import Coalescing
from the0_actors.actors.kernel.timers import Timer
from the0_actors.actors.messages import ActiveMoved, AskActive, Tick
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.status import Command, PartStatus, Renewal
from the0_actors.actors.ports.store import DesiredState, Installation, Lease
from the0_actors.actors.renewals import Renewing

log = structlog.get_logger(__name__)

RETRY = 1.0
"""Seconds between tries to reach engine and database at the start."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the lease's actor works with."""

    holder: str
    """Identity of this process."""
    host: str
    """Where it runs, for people. In the lease it says that its holder is sure of the engine's lock."""
    term: float
    """Seconds, at most 10."""
    store: DesiredState
    identify: Callable[[], str]
    """Ask the engine who it is. Blocks."""
    installation: Callable[[str], Installation]
    """Find out who we are on the engine of this id. Blocks; raises `Undecided`."""
    install: Callable[[Installation], None]
    """Build what depends on the installation (the engine, its lock, the bots' world). Blocks."""
    lock: Callable[[], EngineLock]
    """The lock, once the installation is known."""
    acting: Fence
    """Before what changes the engine."""
    writing: Fence
    """Before what changes the desired state."""
    lane: Lane
    tell: tuple[Handle, ...]
    """Who hears `ActiveMoved`."""


@dataclass(frozen=True, slots=True)
class LookDue(Coalescing):
    """Look at the lock."""


@dataclass(frozen=True, slots=True)
class LeaseDue(Coalescing):
    """Renew the lease, or ask for it."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a look at the lock gave."""

    ours: bool
    forced: bool
    """Another may have lost it by that."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the database said."""

    lease: Lease | None
    """None: it was only asked whether it is there."""
    sure: bool = False
    """We were sure of the lock when we asked."""


class LeaseKeeper(Actor):
    """Keeps lock and lease. `role`, `parts`, `hindrance`, `alarm` and `installation` may be read from any thread."""

    ahead = True

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self._claim = claim
        self._pace = Pace(claim.term)
        self._standing = Standing()
        self._looks, self._leases = Renewing("lock"), Renewing("lease")
        self._timer: Timer | None = None
        self._active = False
        self._note = "asking the engine who it is"
        self.installation = ""
        self.engine_id = ""
        self.alarm = ""
        """Why it is not known who we are, when an operator has to say it."""

    @property
    def role(self) -> str:
        """`active`, `standby`, or `starting` before the installation is known."""
        if not self.installation:
            return "starting"
        return "active" if self._active else "standby"

    @property
    def parts(self) -> tuple[PartStatus, ...]:
        """How it stands now."""
        if not self.installation:
            return (PartStatus("lease", ok=False, required=True, note=self._note),)
        now = self.system.clock.monotonic()
        standing = self._standing
        acts, note = describe(standing, now, self._pace)
        ok = acts and now < rules.writes_until(standing)
        held = self._leases.held
        renewed = "" if held is None else f"lease renewed {now - held:.1f} s ago"
        said = (ages(standing, now), renewed, self._looks.words(), self._leases.words())
        measured = ", ".join(filter(None, said))
        return (PartStatus("lease", ok=ok, required=True, note=note, measured=measured),)

    @property
    def renewals(self) -> tuple[Renewal, ...]:
        """How well lock and lease are kept up."""
        now = self.system.clock.monotonic()
        return self._looks.figures(now), self._leases.figures(now)

    def hindrance(self, command: Command) -> str:
        """Return why a command cannot be carried out now; empty when it can."""
        if not self.installation:
            return self._note
        return hindrance(command, self._standing, self.system.clock.monotonic(), self._pace)

    def on_start(self) -> None:
        """Find out who we are."""
        self._submit("identify", self._claim.identify)

    def on_receive(self, message: Any) -> Any:
        """Take an answer, or the time."""
        match message:
            case Completed(overdue=True, token="lease"):
                began = max(message.began, self.system.clock.monotonic() - self._claim.term)
                self._standing = rules.after_silence(self._standing, began=began)
            case Completed(overdue=True):
                self._settle()
            case Completed(token="identify" | "install"):
                self._installing(message)
            case Completed(token="lock"):
                self._looked(message)
            case Completed(token="lease"):
                self._leased(message)
            case LookDue():
                self._submit("lock", self._look)
            case LeaseDue():
                self._submit("lease", self._lease)
            case Tick():
                self._tick()
            case AskActive(reply_to):
                reply_to.tell(ActiveMoved(self._active))
            case _:
                return super().on_receive(message)
        return None

    def on_stop(self) -> None:
        """Close the fences; give lock and lease back, so that a standby need not wait."""
        for timer in (self._timer, self._looks.timer, self._leases.timer):
            if timer is not None:
                timer.cancel()
        self._claim.acting.drop()
        self._claim.writing.drop()
        if self.installation:
            self._submit("lock", self._release)

    def _submit(self, what: str, call: Callable[[], object]) -> None:
        key = lane_key(self.handle, "lease" if what == "lease" else "lock")
        self._claim.lane.submit(key, call, self.handle, what, self._claim.term)

    # who we are

    def _tick(self) -> None:
        if not self.engine_id:
            self._submit("identify", self._claim.identify)
        elif not self.installation:
            self._submit("install", self._install)

    def _installing(self, done: Completed) -> None:
        if done.error is not None:
            if isinstance(done.error, Undecided) and self.alarm != str(done.error):
                self.alarm = str(done.error)
                log.warning("installation_undecided", reason=self.alarm)
            self._note = f"cannot start: {done.error}"
        elif isinstance(done.value, Installation):
            self.installation, self.alarm = done.value.id, ""
        else:
            self.engine_id = str(done.value)
            self._note = "reading the installation from the database"
            self._tick()
            return
        if self.installation:
            self._standing = rules.after_contact(self._standing, began=done.began)
            self.handle.tell(LookDue())
        else:
            self._timer = self._after(self._timer, RETRY, Tick())

    def _install(self) -> Installation:
        installation = self._claim.installation(self.engine_id)
        self._claim.install(installation)
        return installation

    # the engine's lock

    def _look(self) -> _Looked:
        """Take the lock, or see that it is ours. Blocks."""
        force = rules.may_force(self._standing, self.system.clock.monotonic())
        return _Looked(self._claim.lock().take(by_force=force), force)

    def _looked(self, done: Completed) -> None:
        now, before, looked = self.system.clock.monotonic(), self._standing, done.value
        if isinstance(looked, _Looked):
            self._looks.answered(done.began, now)
            if looked.ours:
                self._looks.renewed(done.began, until=before.seen + self._pace.sure, now=now)
            else:
                self._looks.lost()
            self._standing = rules.after_look(before, ours=looked.ours, began=done.began)
            if looked.ours and looked.forced:
                self._standing = rules.after_force(self._standing, now=now, pace=self._pace)
        self._next(self._looks, self._pace.look, LookDue())
        if before.grip is not self._standing.grip:
            self.handle.tell(LeaseDue())  # at once: nobody begins before the database has named it
        self._settle()

    # the lease

    def _lease(self) -> _Asked:
        """Ask for the lease, or whether the database is there. Blocks."""
        claim, standing, now = self._claim, self._standing, self.system.clock.monotonic()
        if not rules.claims(standing, now, self._pace):
            claim.store.ping()
            return _Asked(None)
        sure = rules.is_sure(standing, now, self._pace) and claim.lock().holds()
        lease = claim.store.lease(claim.holder, claim.host if sure else "", claim.term)
        if sure and not lease.mine:
            # Its holder has lost the lock that is ours now.
            lease = claim.store.lease(claim.holder, claim.host, claim.term, steal_from=lease.holder)
        return _Asked(lease, sure)

    def _leased(self, done: Completed) -> None:
        now, before, asked = self.system.clock.monotonic(), self._standing, done.value
        if not isinstance(asked, _Asked):
            self._standing = rules.after_silence(before, began=done.began)
        else:
            self._leases.answered(done.began, now)
            self._standing = rules.after_contact(before, began=done.began)
            if asked.lease is not None:
                if asked.lease.mine:
                    self._leases.renewed(done.began, until=before.leased_until, now=now)
                else:
                    self._leases.lost()
                self._standing = rules.after_lease(
                    self._standing, asked.lease, sure=asked.sure, began=done.began, pace=self._pace
                )
        self._next(self._leases, self._pace.renewal, LeaseDue())
        self._settle()

    def _release(self) -> None:
        """Let go of the lock first: who takes it may take the lease, and who gets the lease first takes it by force."""
        try:
            self._claim.lock().give_back()
        finally:
            self._claim.store.release(self._claim.holder)

    # what follows

    def _settle(self) -> None:
        """Open or close the fences, and tell everybody when this runtime begins or ceases to be the one that acts."""
        now, standing = self.system.clock.monotonic(), self._standing
        self._claim.acting.extend(rules.acts_until(standing, now, self._pace))
        self._claim.writing.extend(rules.writes_until(standing))
        active = rules.active(standing, now)
        if active != self._active:
            self._active = active
            for handle in self._claim.tell:
                handle.tell(ActiveMoved(active))

    def _next(self, loop: Renewing, delay: float, message: object) -> None:
        loop.timer = self._after(loop.timer, delay, message)
        loop.due = loop.timer.due

    def _after(self, timer: Timer | None, delay: float, message: object) -> Timer:
        if timer is not None:
            timer.cancel()
        return self.system.after(delay, self.handle, message)


def lane_key(lease: Handle, what: str = "lock") -> tuple[str, str]:
    """Return under which key the calls about lock or lease go: one after the other."""
    return lease.path, what
