"""What the actors of the tree tell each other. Ids, not documents; hints, not facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.kernel.handle import Handle
from the0_actors.actors.kernel.messages import Coalescing, Notice, SystemMessage
from the0_actors.actors.ports.engine import Happening
from the0_actors.actors.ports.status import Command, Phase


@dataclass(frozen=True, slots=True)
class BotUp:
    """An incarnation of a bot's actor lives and knows nothing. From the bot to Fleet, who answers `Seen`."""

    bot_id: str


@dataclass(frozen=True, slots=True)
class BotMoved:
    """A bot came into another phase. From the bot to Fleet."""

    bot_id: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class StopAsked:
    """A bot is to stop, and no event said so. From the bot to Fleet, who may answer `StopAllowed`."""

    bot_id: str
    asking: bool
    """False: it asks no longer."""


@dataclass(frozen=True, slots=True)
class StopsConfirmed:
    """An operator confirms the stops of these bots, as far as they are held. To Fleet."""

    bots: frozenset[str]


@dataclass(frozen=True, slots=True)
class BotRetired:
    """A bot has neither document nor container. From the bot to Fleet."""

    bot_id: str


@dataclass(frozen=True, slots=True)
class DocumentsListed:
    """A complete read of all documents. From MongoSource to Fleet."""

    began: float
    """Monotonic time at which the read began."""
    digests: Mapping[str, bytes] = field(repr=False)
    quarantined: Mapping[str, str]
    duplicates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """One document may have changed. From NatsSource and the change stream to Fleet."""

    bot_id: str


@dataclass(frozen=True, slots=True)
class DocumentAsked(Notice):
    """A bot wants its document read. From the bot to the ReadDesk, who answers `DocumentRead`."""

    bot_id: str
    reply_to: Handle


@dataclass(frozen=True, slots=True)
class DocumentRead(Notice):
    """What the read of a bot's document gave; it began after it was asked for. To the bot."""

    answer: object
    """As the kind of bot has it; None with an error."""
    error: Exception | None


@dataclass(frozen=True, slots=True)
class ContainersListed:
    """A complete listing of the engine. From the watcher to Fleet."""

    began: float
    containers: tuple[Observed, ...] = field(repr=False)
    watch: int | None = None
    """The number of the watch that was open when it began; None: what happened since may not have been told."""


@dataclass(frozen=True, slots=True)
class ContainerChanged:
    """Something happened to a container of a bot. From the watcher to Fleet."""

    bot_id: str
    container_id: str
    happening: Happening


@dataclass(frozen=True, slots=True)
class ActiveMoved:
    """Whether this runtime is the one that acts has changed. From the lease's actor to Fleet and sources."""

    active: bool


@dataclass(frozen=True, slots=True)
class AskActive:
    """From an actor that has just come up to the lease's actor, who answers `ActiveMoved`."""

    reply_to: Handle


@dataclass(frozen=True, slots=True)
class RelistSoon(Coalescing):
    """List again soon. To the watcher."""


@dataclass(frozen=True, slots=True)
class OperatorCommand:
    """From the control server to Fleet."""

    bot_id: str
    command: Command


@dataclass(frozen=True, slots=True)
class StateTooLarge:
    """A bot keeps far more than it may, and is to stop. From the watch of states to Fleet."""

    bot_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DrainFleet(SystemMessage):
    """Stop all containers because the runtime stops. From the Runtime to Fleet."""


@dataclass(frozen=True, slots=True)
class Tick(Coalescing):
    """A source's timer."""


@dataclass(frozen=True, slots=True)
class Beat(Coalescing):
    """Fleet's timer, while bots are on their way."""


@dataclass(frozen=True, slots=True)
class SlotArmed(Notice):
    """When a schedule wants to be told that it is due; it gives its turn back. To the keeper of due times."""

    bot_id: str
    due: int | None
    """Unix seconds; None: not at all."""
    reply_to: Handle
