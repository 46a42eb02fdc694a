"""What a read of one bot's desired state can answer.

Unreachable is not among them: it is raised as `Unavailable`. So absent, malformed and unreachable can never be
taken for one another.
"""

from dataclasses import dataclass, field

from the0_actors.actors.domain.launch import LaunchSpec


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bot is to run as `spec` says."""

    spec: LaunchSpec


@dataclass(frozen=True, slots=True)
class Disabled:
    """The document is there and says not to run."""

    name: str = field(default="", compare=False)
    """As `LaunchSpec.name`."""
    announced: bool = field(default=False, compare=False)
    """The last event about it said so too; else somebody edited the document."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The read succeeded and there is no document (or there is a tombstone)."""

    buried: bool = False
    """There is a tombstone: the id existed and is never used again."""


@dataclass(frozen=True, slots=True)
class Held:
    """An operator stopped the bot by hand; it stays stopped until `resume`."""

    reason: str
    name: str = field(default="", compare=False)
    """As `LaunchSpec.name`."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """There is a document that cannot be understood. What runs goes on; nothing is started."""

    reason: str


DocumentAnswer = Wanted | Disabled | Deleted | Held | Malformed
