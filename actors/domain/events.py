"""The platform's events about bots, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from the0_actors.actors.domain.numbering import Numbering


class Action(StrEnum):
    """The last word of the subject."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class BotEvent:
    """One event, parsed. The documents in it go to the store and nowhere else."""

    action: Action
    bot_id: str
    config: Mapping[str, Any] | None
    custom: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stood in the platform's stream; None over core NATS, where only arrival orders them."""

    stream: str
    """Who numbered it (see `numbering`): a recreated stream is another one."""
    sequence: int

    def before(self, other: Self) -> bool:
        """Tell whether both stand in one stream and this one is the older."""
        mine, others = Numbering.parse(self.stream), Numbering.parse(other.stream)
        return mine.stream == others.stream and (mine.falls, self.sequence) < (others.falls, other.sequence)


class Applied(StrEnum):
    """What the store did with an event."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """Heard before, or nothing to change."""
    STALE = "stale"
    """A later event of this bot was applied already."""
    BURIED = "buried"
    """The bot was deleted; ids are never used again."""
