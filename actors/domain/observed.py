"""What an engine said about one container when we looked."""

from dataclasses import dataclass, field
from enum import StrEnum

from the0_actors.actors.domain.launch import Birth, Kind


class Status(StrEnum):
    """The engine's state of a container, folded to what makes a difference to us."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    EXITED = "exited"
    """Ended; also Docker's `dead`."""
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended."""

    code: int
    oom: bool
    """The kernel killed it for memory."""
    finished_at: float
    """Wall time of the end, Unix seconds."""
    error: str = ""
    """The engine's own words when it could not start it."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One container when it was looked at. Source: `Engine.look` (whole), `Engine.list` (without `exit`, `body`)."""

    container_id: str
    name: str
    bot_id: str
    kind: Kind
    installation: str | None
    """The installation label, or None on a container that the Go runtime made."""
    status: Status
    fingerprint: str = ""
    code_hash: str = ""
    birth: Birth = Birth()
    started_at: float | None = None
    """Wall time of the start, Unix seconds; None when it never started or a listing does not tell."""
    exit: Exit | None = None
    """Only from a look, and only when `status` is EXITED."""
    stop_grace: float | None = None
    """Seconds between TERM and KILL that it was born with; None means the runtime's default."""
    body: object = field(default=None, compare=False, repr=False)
    """Only from a look: what the same engine needs to create this container again. Opaque."""
