"""What a bot wants done. Values; the actor carries them out, one engine call at a time."""

from dataclasses import dataclass

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.ports.engine import Blueprint, Signal
from the0_actors.actors.ports.status import Transition


@dataclass(frozen=True, slots=True)
class Read:
    """Read the bot's own document."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Bring code and image to the engine."""

    spec: LaunchSpec


@dataclass(frozen=True, slots=True)
class Find:
    """List the bot's own containers, whatever their names."""


@dataclass(frozen=True, slots=True)
class Look:
    """Look at a container: by id; by name where somebody else has taken it."""

    name_or_id: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Create and start."""

    blueprint: Blueprint
    birth: Birth


@dataclass(frozen=True, slots=True)
class Send:
    """Send a signal to a container."""

    container_id: str
    signal: Signal
    grace: float | None = None
    """Seconds between TERM and KILL that the container was born with; None means the default."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Let a paused container go on."""

    container_id: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a container that does not run."""

    container_id: str


@dataclass(frozen=True, slots=True)
class Tail:
    """Fetch the last lines of a container that ended."""

    container_id: str


EngineCall = Find | Look | Launch | Send | Resume | Remove | Tail
"""At most one of these is in flight per bot."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Tell `Woken` at this monotonic time; it replaces an earlier wish. None: no longer."""

    at: float | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask Fleet whether it may stop, although no event said that it is to; or ask no longer."""

    asking: bool


@dataclass(frozen=True, slots=True)
class Retire:
    """There is no document and no container: this actor is done."""


@dataclass(frozen=True, slots=True)
class Announce:
    """The bot came into another phase."""

    transition: Transition


Effect = Read | Prepare | EngineCall | Wake | Ask | Retire | Announce
