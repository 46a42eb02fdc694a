"""The engine's words for moments, as Unix seconds. Pure."""

from datetime import datetime
from typing import Any


def moment(text: Any) -> float | None:
    """Return Unix seconds of an RFC 3339 text; None for what is none, and for the year 1, the engine's never."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.timestamp() if found.year > 1 else None
