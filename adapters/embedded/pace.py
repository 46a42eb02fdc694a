"""Waiting for a condition with a deadline, on a clock that is an argument."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How to tell time and how to let it pass. Seconds."""

    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], object] = time.sleep
    every: float = 0.02

    def until(self, holds: Callable[[], object], within: float) -> bool:
        """Wait until the condition holds; return False if it did not within so many seconds."""
        deadline = self.monotonic() + within
        while not holds():
            if self.monotonic() >= deadline:
                return False
            self.pause(self.every)
        return True
