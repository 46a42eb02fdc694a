"""Port: the desired state and what we keep beside it.

Calls block; they run on the lane `store`. All raise `Unavailable` when the database cannot be read or written.

Once the installation is known, every call but the lease's and `ping` looks at the database's marker last, and raises
`OtherDatabase` when it is gone or another one: what the call read or wrote meanwhile means nothing. The lease goes on
in an emptied database, so that what crashes is started again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from the0_actors.actors.domain.answers import DocumentAnswer
from the0_actors.actors.domain.events import Applied, BotEvent, Position
from the0_actors.actors.errors import MalformedDocument
from the0_actors.actors.ports.engine import Subscription


@dataclass(frozen=True, slots=True)
class Listing:
    """One complete read of all documents, as digests.

    A changed digest is a hint: the bot reads its own document.
    """

    digests: Mapping[str, bytes]
    """Bot id to a 16-byte digest of the raw document (and of its hold, if any); enabled or not."""
    quarantined: Mapping[str, str]
    """Documents without a usable `id`: `_id` as text to the reason. Others are quarantined by their bot."""
    duplicates: tuple[str, ...]
    """Ids that more than one document has; the newest counts."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Who we are: made once in the database, read before any engine action."""

    id: str
    """12 lower-case hex digits."""
    engine: str
    """The id of the one engine of this installation; empty until the first engine was seen."""
    given_up: tuple[str, ...] = ()
    """Installations that stood here before this one was adopted: what they kept in the event stream is to go."""


NOBODY: Final = "none"
"""An installation id that no installation has: to an engine that is built for it, every container is a stranger's."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a database says of whose it is, read without making anything."""

    owner: Installation | None
    """The installation that containers belong to."""
    own: Installation | None
    """What this database itself names; None where it is new, was emptied, or is another one."""


NO_MARKS: Final = Marks(None, None)
"""What a new database says."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write desired state. `holder` is None when nobody holds it."""

    holder: str | None
    mine: bool
    host: str
    """Where the holder runs, for people; empty unless it was sure of the engine's lock when it renewed."""


class DesiredState(Protocol):
    """What the databases of bots and of schedules have in common."""

    def installation(self, engine: str, found: Marks = NO_MARKS) -> Installation:
        """Read our identity, making it where `found` names none; record the engine when none is recorded.

        What `found` names must stand there still: who decided by a marker that is gone has decided for another
        database. The caller compares `Installation.engine` with its own and does not act when they differ.
        """
        ...

    def marks(self) -> Marks:
        """Read whose database this is, whatever was known before."""
        ...

    def adopt(self, installation: str, engine: str, instead_of: str) -> Installation:
        """Make the marker anew with this id and engine, and from now on be that installation.

        Only in place of `instead_of` (empty: of none), or of what is adopted already. Else nothing is written, and
        what stands there is returned.
        """
        ...

    def peek(self) -> Installation | None:
        """Read our identity without making it: None when no runtime was ever active here.

        After None, `list` and `read` answer without a marker too; nothing may be concluded from an empty answer.
        """
        ...

    def list(self) -> Listing:
        """Read all documents once. Complete or an error.

        Raises `Unavailable` also when the installation marker is gone or another one: an emptied database is
        not an empty fleet.
        """
        ...

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, object]:
        """Read the documents of so many bots: an answer for each, as `read` gives it, or an error for all.

        A bounded number of calls for some hundred. Each document was read after the call began.
        """
        ...

    def apply(self, event: BotEvent, position: Position | None) -> Applied:
        """Write one event, idempotently. `deleted` leaves a tombstone.

        Raises `MalformedDocument` for an event that can never be stored: the caller drops it and says so.
        """
        ...

    def apply_all(self, events: Sequence[tuple[BotEvent, Position | None]]) -> Sequence[Applied | MalformedDocument]:
        """Write events of different bots together, deletions first; return what became of each, in their order.

        As `apply` of each, in a bounded number of calls for all. After `Unavailable` some of them may be written.
        """
        ...

    def streams(self) -> Mapping[str, int]:
        """Return how far each stream was written: `Position.stream` to the highest sequence of it that stands here.

        An event that was superseded does not count; the last one that was written does.
        """
        ...

    def buried(self, age: float) -> tuple[str, ...]:
        """Return who was deleted by an event at least `age` seconds of the server's time ago, the oldest first.

        Bots that have a document all the same, and those that were `forgotten`, are left out.
        """
        ...

    def forgotten(self, bot_id: str) -> None:
        """Remember that nothing is kept for a deleted bot any more. Its tombstone stays."""
        ...

    def hold(self, bot_id: str, reason: str) -> None:
        """Keep a bot stopped by hand, across restarts of ours."""
        ...

    def unhold(self, bot_id: str) -> None:
        """Undo `hold`. Nothing held is fine."""
        ...

    def lease(self, holder: str, host: str, term: float, *, steal_from: str | None = None) -> Lease:
        """Take or renew the lease for `term` seconds of the server's time, and tell who has it.

        `steal_from` names a holder that has lost the engine's lock: its lease counts as run out.
        """
        ...

    def release(self, holder: str) -> None:
        """Give the lease back, if it is ours."""
        ...

    def watch(self, changed: Callable[[str], None], ended: Callable[[str], None]) -> Subscription | None:
        """Follow the change stream: `changed(bot_id)` for each; None when the server offers none.

        `ended(reason)` once when the stream is over (also at a lost resume point); the caller lists after each
        begin.
        """
        ...

    def ping(self) -> None:
        """Raise `Unavailable` unless the database answers."""
        ...


class BotStore(DesiredState, Protocol):
    """The database `bot_runner`."""

    def read(self, bot_id: str) -> DocumentAnswer:
        """Read one bot's document, its hold and its tombstone."""
        ...

    def read_all(self, bot_ids: Sequence[str]) -> Mapping[str, DocumentAnswer]:
        """See `DesiredState.read_all`."""
        ...
