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
    """Return who runs under a number now, or None. A zombie is nobody, once its last thread has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return None
    # The first thread may be a zombie while others still hold the process's ports.
    return None if state == "Z" and threads <= 1 else Identity(pid, f"{fields[_START_TICKS]}@{boot}")


def end(identity: Identity, pace: Pace, grace: float = GRACE, *, group: bool = True) -> None:
    """End a process, with the group that it leads: TERM, and KILL when the grace is over."""
    send = os.killpg if group else os.kill
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE)):
        if not identity.alive:
            return
        with suppress(ProcessLookupError):
            send(identity.pid, number)
        pace.until(lambda: not identity.alive, patience)


def running_with(*arguments: str) -> tuple[Identity, ...]:
    """Return every process among whose arguments these stand in a row."""
    wanted = "\0".join(("", *arguments, "")).encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in b"\0" + (folder / "cmdline").read_bytes():
                found.append(identify(int(folder.name)))
    return tuple(identity for identity in found if identity is not None)
