"""Tells when a part of the runtime goes down, for which reason, and when it comes back: no dependency is away silently.

It is told the parts at intervals and remembers only what it said. What comes back within a moment is not mentioned.
"""

from collections.abc import Iterable

import structlog

from the0_actors.actors.ports.status import PartStatus

log = structlog.get_logger(__name__)

PATIENCE = 6.0
"""Seconds that a part may be down before it is mentioned: a reconnect, and a first call that fails, take that long."""


class PartsJournal:
    """What was said about each part. Used by one thread."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._mentioned: dict[str, str] = {}
        """Part to the reason that was said."""

    def look(self, parts: Iterable[PartStatus], now: float) -> None:
        """Take the present parts at a monotonic time, and say what changed."""
        for part in parts:
            if part.ok:
                self._since.pop(part.name, None)
                if self._mentioned.pop(part.name, None) is not None:
                    log.info("part_up", part=part.name, note=part.note)
            elif (
                now - self._since.setdefault(part.name, now) >= PATIENCE and self._mentioned.get(part.name) != part.note
            ):
                self._mentioned[part.name] = part.note
                log.warning("part_down", part=part.name, required=part.required, note=part.note)
