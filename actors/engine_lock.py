"""Who may act: what follows from the engine's lock, the database's lease and the clock. Pure.

What is guarded is the engine, so the lock that stands there decides about acting on it, however long the database is
away. The lease decides about writing desired state, and names who may take the lock from a holder that does not move.

| lock | last seen | lease | act on the engine | write | end another's lock |
|---|---|---|---|---|---|
| ours | lately | ours | yes | yes | - |
| ours | lately | no answer | yes, once the database has named us | until its term is over | - |
| ours | lately | another's | it is taken back: its holder has lost the lock | after that | - |
| ours | a while ago | any | no | as long as the lease is ours | - |
| another's | | ours, or its holder is not sure of the lock | no | no | yes |
| another's | | another's, or no answer | no | no | no |
"""

from dataclasses import dataclass, replace
from enum import Enum

from the0_actors.actors.ports.store import Lease

NEVER = float("-inf")
MARGIN = 0.2
"""Share of the lease's term that is given away for what a call may take after the look at the fence."""


class Grip(Enum):
    """Who has the engine's lock, as far as we know."""

    UNKNOWN = "unknown"
    OURS = "ours"
    ANOTHERS = "another's"


@dataclass(frozen=True, slots=True)
class Pace:
    """What follows from the lease's term, in seconds."""

    term: float

    @property
    def renewal(self) -> float:
        """Between renewals of the lease."""
        return self.term / 3.0

    @property
    def look(self) -> float:
        """Between looks at the lock."""
        return self.term / 9.0

    @property
    def sure(self) -> float:
        """For how long a look that found the lock ours allows to act. Who took it by force waits for as long."""
        return self.term / 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What one runtime knows. Times are monotonic seconds."""

    grip: Grip = Grip.UNKNOWN
    seen: float = NEVER
    """When the last look began that found the lock ours."""
    quiet_until: float = NEVER
    """Whoever lost the lock to our force may act until then, since it has not looked yet."""
    named: bool = False
    """The database has named us since we have the lock: without that nobody begins."""
    leased_until: float = NEVER
    holder: str = ""
    """Who the database said last that holds the lease, if not we."""
    holder_sure: bool = True
    """That one was sure of the engine's lock when it last renewed."""
    answering_since: float | None = None
    """The database; None while it does not answer."""
    silent_since: float | None = None


# what an answer teaches


def after_look(standing: Standing, *, ours: bool, began: float) -> Standing:
    """Return the standing after the engine has said whose the lock is."""
    if ours:
        return replace(standing, grip=Grip.OURS, seen=began)
    if standing.grip is Grip.ANOTHERS:
        return standing
    # Whoever has it now takes the lease too: what we know of that is over, and it is given a term for it.
    since = None if standing.answering_since is None else began
    lost = replace(standing, seen=NEVER, named=False, leased_until=NEVER, holder_sure=True, answering_since=since)
    return replace(lost, grip=Grip.ANOTHERS)


def after_force(standing: Standing, *, now: float, pace: Pace) -> Standing:
    """Return the standing after the lock was taken from another, who may still be sure of it for a while."""
    return replace(standing, quiet_until=now + pace.sure)


def after_lease(standing: Standing, lease: Lease, *, sure: bool, began: float, pace: Pace) -> Standing:
    """Return the standing after the database has said whose the lease is; `sure`: we were, of the lock, then."""
    if lease.mine:
        until = began + pace.term * (1.0 - MARGIN)
        return replace(standing, leased_until=until, holder="", named=standing.named or (sure and _ours(standing)))
    standing = replace(standing, leased_until=NEVER, holder=lease.holder or "", holder_sure=bool(lease.host))
    if _ours(standing) and lease.host:
        # Another says that it has the lock, and we could not look: we do not know.
        return replace(standing, grip=Grip.UNKNOWN, seen=NEVER, named=False)
    return standing


def after_contact(standing: Standing, *, began: float) -> Standing:
    """Return the standing after any answer of the database."""
    since = began if standing.answering_since is None else standing.answering_since
    return replace(standing, answering_since=since, silent_since=None)


def after_silence(standing: Standing, *, began: float) -> Standing:
    """Return the standing after the database gave no answer."""
    since = began if standing.silent_since is None else standing.silent_since
    return replace(standing, answering_since=None, silent_since=since)


# what follows


def active(standing: Standing, now: float) -> bool:
    """Tell whether this is the runtime that acts: with a pause while the engine does not answer, if need be."""
    return _ours(standing) and standing.named and now >= standing.quiet_until


def acts_until(standing: Standing, now: float, pace: Pace) -> float:
    """Return until when the engine may be told to change something; `NEVER` when not at all."""
    return standing.seen + pace.sure if active(standing, now) else NEVER


def writes_until(standing: Standing) -> float:
    """Return until when desired state may be written."""
    return standing.leased_until if _ours(standing) and standing.named else NEVER


def is_sure(standing: Standing, now: float, pace: Pace) -> bool:
    """Tell whether the lock was ours so lately that who holds the lease beside us has lost it."""
    return _ours(standing) and now < standing.seen + pace.sure


def claims(standing: Standing, now: float, pace: Pace) -> bool:
    """Tell whether to ask for the lease, or only whether the database answers.

    When it comes back after long, no lease is valid, and whoever has the lock needs a renewal's time for its own: who
    waits for it to fall lets a whole term pass. Who cannot reach the engine has no use for the lease.
    """
    if standing.grip is Grip.ANOTHERS:
        return standing.answering_since is not None and standing.answering_since + pace.term <= now
    return _ours(standing)


def may_force(standing: Standing, now: float) -> bool:
    """Tell whether the lock may be taken from who has it: by its lease it is gone, or out of the engine's reach."""
    if standing.grip is not Grip.ANOTHERS:
        return False
    return now < standing.leased_until or (standing.answering_since is not None and not standing.holder_sure)


def _ours(standing: Standing) -> bool:
    return standing.grip is Grip.OURS
