"""Processes by their identity: a process id with what makes it unmistakable, and an end that is certain.

Source: `/proc`. Where there is none, no process is recognised, and so none is signalled.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from the0_actors.adapters.embedded.pace import Pace

GRACE = 10.0
"""Seconds between TERM and KILL."""

_START_TICKS = 18
"""Index of the start time among the fields of `/proc/PID/stat` that follow the state."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, never another one that got the same number later."""

    pid: int
    started: str
    """Start time in ticks since boot, and the boot."""

    @property
    def alive(self) -> bool:
        """It runs: its number is taken by nobody else, and it is no zombie."""
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """Return who runs under a number now, or None. A zombie is nobody."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if state == "Z" else Identity(pid, f"{fields[_START_TICKS]}@{boot}")


def end(identity: Identity, pace: Pace, grace: float = GRACE) -> None:
    """End a process that leads a group, with the group: TERM, and KILL when the grace is over."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE)):
        if not identity.alive:
            return
        with suppress(ProcessLookupError):
            os.killpg(identity.pid, number)
        pace.until(lambda: not identity.alive, patience)
