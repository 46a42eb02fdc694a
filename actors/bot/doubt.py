"""Whether a stop that no event announced is believed. Pure, the same for both kinds of bots.

A bot whose document is gone, or was switched off in the database itself, doubts it: it goes on as it was and asks
Fleet, who knows of the others. When Fleet allows the stop, the document is read once more, and that answer counts. One
that has nothing to lose believes it at once.
"""

from typing import Protocol, Self, TypeVar

from the0_actors.actors.bot.state import Rest, Unknown, Unreadable
from the0_actors.actors.domain.answers import Deleted, Disabled
from the0_actors.actors.domain.observed import Observed, Status

GONE = "its document is gone"
OFF = "it was switched off in its document"


class Doubting(Protocol):
    """What both kinds of state have."""

    @property
    def want(self) -> object:
        """What is wanted."""
        ...

    @property
    def have(self) -> object:
        """Its container."""
        ...

    @property
    def doubt(self) -> str:
        """What is not believed yet; empty: nothing."""
        ...

    @property
    def believe(self) -> bool:
        """The next answer counts, whatever it is."""
        ...

    def _replace(self, *, believe: bool = ..., read_due: bool = ...) -> Self: ...


S = TypeVar("S", bound=Doubting)


def unannounced(answer: object) -> str:
    """Return what an answer says that no event announced; empty when one did, or nothing is to stop."""
    match answer:
        case Deleted(buried=False):
            return GONE
        case Disabled(announced=False):
            return OFF
        case _:
            return ""


def doubts(state: Doubting, answer: object) -> str:
    """Return why an answer is not acted on; empty when it is."""
    return "" if state.believe or not _may_lose(state) else unannounced(answer)


def asks(state: Doubting) -> bool:
    """Tell whether Fleet is to be asked, once it is known that there is something to lose."""
    known = not isinstance(state.have, Unknown) or not isinstance(state.want, Unknown | Unreadable)
    return bool(state.doubt) and not state.believe and known


def settle(state: S) -> S:
    """Believe what is doubted when it turns out that nothing is lost by it."""
    if not state.doubt or state.believe or _may_lose(state):
        return state
    return allow(state)


def allow(state: S) -> S:
    """Have the document read again, and believe what it says then."""
    return state._replace(believe=True, read_due=True) if state.doubt else state


def _may_lose(state: Doubting) -> bool:
    """Tell whether something runs, is to run, or may run for all that is known."""
    if isinstance(state.want, Rest):
        return False
    if not isinstance(state.want, Unknown | Unreadable):
        return True
    have = state.have
    return isinstance(have, Unknown) or (isinstance(have, Observed) and have.status is not Status.EXITED)
