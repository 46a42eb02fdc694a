"""Waiting before the next try: exponential with full jitter and a floor."""

import random

FLOOR = 0.1
"""Share of the bound that is always waited, so that full jitter never means at once."""


class Backoff:
    """Counts failures in a row."""

    def __init__(self, *, base: float = 0.5, cap: float) -> None:
        self._base, self._cap = base, cap
        self._failures = 0

    def next(self, rng: random.Random) -> float:
        """Count a failure; return the seconds to wait."""
        bound = min(self._cap, self._base * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return bound * (FLOOR + (1.0 - FLOOR) * rng.random())

    def reset(self) -> None:
        """Take note of a success."""
        self._failures = 0
