"""How much a bot may keep in its state, and what follows from a measurement. Pure.

One bound governs both what a disk runs out of: bytes, and files (one for each eight KiB of the bound). What is over it
is told; what is over twice as much stops the bot, before it takes the disk from the others.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from the0_actors.actors.domain.quantities import format_size

BYTES_PER_FILE: Final = 8192
TOO_MUCH: Final = 2
"""Times the bound at which a bot is stopped."""
DEFAULT_BOUND: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Kept:
    """What one bot keeps, measured. Source: `Engine.kept`."""

    bot_id: str
    size: int
    """Bytes on disk."""
    files: int | None = None
    """Files and folders; None where the engine cannot tell."""


class Level(Enum):
    """What follows."""

    FINE = "fine"
    OVER = "over"
    TOO_MUCH = "too much"


def judge(kept: Kept, bound: int) -> tuple[Level, str]:
    """Return what follows from a measurement, and why in words; no words when it is fine."""
    files_bound = max(bound // BYTES_PER_FILE, 1)
    parts = [(kept.size / bound, f"{format_size(kept.size)} of {format_size(bound)}")]
    if kept.files is not None:
        parts.append((kept.files / files_bound, f"{kept.files} files of {files_bound}"))
    share, words = max(parts)
    if share <= 1:
        return Level.FINE, ""
    advice = "empty it, or raise config.state_limit"
    if share <= TOO_MUCH:
        return Level.OVER, f"its state takes {words}; at {TOO_MUCH} times as much it is stopped: {advice}"
    return Level.TOO_MUCH, f"its state takes {words}: {advice}, then restart it"
