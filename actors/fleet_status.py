"""What Fleet tells about itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from the0_actors.actors.ports.status import Phase


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """What Fleet tells about itself."""

    open: bool
    bots: int
    phases: Mapping[Phase, int]
    quarantined: Mapping[str, str]
    duplicates: tuple[str, ...]
    alarms: tuple[str, ...]
    held: tuple[str, ...]
    """Bots that are to stop, and run on until time or an operator confirms it."""
    not_at_rest: int
    """Bots that have, or are about to have, a container."""
    listed_at: float | None
    """Monotonic time of the last listing of the engine: it contradicted nobody who was not asked to look since."""
