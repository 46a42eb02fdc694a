"""What a bot's actor is told. Hints say only that it may be time to look; facts are answers to its own questions."""

from collections.abc import Hashable
from dataclasses import dataclass

from the0_actors.actors.bot.effects import Effect
from the0_actors.actors.domain.answers import DocumentAnswer
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.kernel.messages import Coalescing
from the0_actors.actors.ports.engine import Happening
from the0_actors.actors.ports.status import Command


@dataclass(frozen=True, slots=True)
class DocumentHint(Coalescing):
    """Its document may have changed. Source: poll, change stream, event."""


@dataclass(frozen=True, slots=True)
class ContainerHint(Coalescing):
    """Something happened to a container of its own. Source: engine events. See `sightings`."""

    container_id: str = ""
    """Empty: any, nobody knows which."""
    happening: Happening = Happening.OTHER

    def coalesce_key(self) -> Hashable:
        """Return what was told: one such telling is enough."""
        return self


@dataclass(frozen=True, slots=True)
class Seen:
    """Fleet's answer to `BotUp`: the gate is open, and this is what the listing had."""

    containers: tuple[Observed, ...]
    """This installation's."""
    known: bool
    """False: the listing says nothing about them now, look yourself."""
    predecessors: tuple[Observed, ...]
    many: bool = False
    """It is one of very many that go now, and nothing singled it out: its first start lets others go first."""


@dataclass(frozen=True, slots=True)
class PredecessorFound:
    """A container of the Go runtime runs this bot."""

    container: Observed


@dataclass(frozen=True, slots=True)
class ShortOfMemory:
    """The engine killed a process of a container for lack of memory."""

    container_id: str


@dataclass(frozen=True, slots=True)
class ContainersSeen:
    """A listing had these containers of this installation for this bot, all that there were. See `sightings`."""

    containers: tuple[tuple[str, Status], ...]
    """Ids, and how they are, in no order that counts."""


@dataclass(frozen=True, slots=True)
class GateMoved:
    """Whether this runtime may act has changed."""

    open: bool


@dataclass(frozen=True, slots=True)
class Commanded:
    """An operator said so."""

    command: Command


@dataclass(frozen=True, slots=True)
class StopAllowed:
    """Fleet's answer to `StopAsked`: what the document says is to be believed."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """It keeps far more than it may."""

    reason: str


class Draining:
    """The runtime stops, and this bot is to come to rest."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Drain(Draining):
    """Stop the container because the runtime stops; the document stays as it is."""


@dataclass(frozen=True, slots=True)
class Woken(Coalescing):
    """The time that `Wake` asked for has come."""


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Answer to `Read`."""

    answer: DocumentAnswer | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class PrepareDone:
    """Answer to `Prepare`."""

    effect: Effect
    code_hash: str
    error: Exception | None


@dataclass(frozen=True, slots=True)
class LookDone:
    """Answer to `Look`: what there is, None when the engine said that there is nothing."""

    effect: Effect
    container: Observed | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class FindDone:
    """Answer to `Find`: all that there are."""

    containers: tuple[Observed, ...] | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class CallDone:
    """Answer to every other call."""

    effect: object
    """What was asked: an effect of the actor's own kind."""
    value: object
    error: Exception | None


Message = (
    DocumentHint
    | ContainerHint
    | Seen
    | PredecessorFound
    | ShortOfMemory
    | ContainersSeen
    | GateMoved
    | Commanded
    | StopAllowed
    | TooLarge
    | Drain
    | Woken
    | ReadDone
    | PrepareDone
    | LookDone
    | FindDone
    | CallDone
)
