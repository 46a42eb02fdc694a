"""What the command line needs of the wired runtime: one interface to run it and one to reach its parts.

The implementations stand in `supervisors/wiring.py`; a module is an implementation of `Wiring`. Nothing here
knows signals, terminals or exit codes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.masking import Masker
from the0_actors.actors.ports.engine import Engine
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.memory import Memory
from the0_actors.actors.ports.objects import CodeObjects
from the0_actors.actors.ports.publisher import EventPublisher
from the0_actors.actors.ports.schedules import ScheduleStore
from the0_actors.actors.ports.status import RuntimeStatus
from the0_actors.actors.ports.store import BotStore
from the0_actors.supervisors.settings import OnExit, Settings


@dataclass(frozen=True, slots=True)
class StopReport:
    """How a regular end went."""

    kept: tuple[str, ...] = ()
    """Ids of bots that were left running on purpose."""
    stopped: tuple[str, ...] = ()
    """Ids of bots whose containers were observed gone."""
    failed: tuple[str, ...] = ()
    """Ids of bots that were to be stopped and may still run."""
    reason: str = ""
    """Why they may, where it is none of their own: the engine's fault."""


class Service(Protocol):
    """A runtime with its tree and, where asked for, its embedded servers. Each method is called once, if at all."""

    def start(self, progress: Callable[[str], None]) -> None:
        """Bring the tree up; dependencies that are not there yet are waited for by their own actors.

        `progress` gets one line for each step that may take long.

        Raises `InvalidSetting`, `PortInUse`, `Unavailable` when it can never come up so.
        """
        ...

    def wait(self) -> str:
        """Block until the runtime has ended without `stop` (its root gave up); return the reason.

        Returns the empty string once `stop` or `abandon` was called. Runs on a thread of its own.
        """
        ...

    def stop(self, on_exit: OnExit, progress: Callable[[str], None]) -> StopReport:
        """End in order, within `drain_timeout`; `progress` gets one line for each thing done. Also during `start`."""
        ...

    def abandon(self) -> None:
        """End at once without touching a bot: kill embedded servers, give no lock or lease back. Returns within 1 s.

        Called while `start` or `stop` may be under way on another thread.
        """
        ...

    def status(self) -> RuntimeStatus:
        """Return the present status."""
        ...


class Wiring(Protocol):
    """How the command line reaches the parts."""

    def serve(self, settings: Settings, mask: Masker) -> Service:
        """Return a runtime, not started. Nothing was contacted. `mask` learns its secrets; its status shows none."""
        ...

    def connected(self, settings: Settings, *, start: bool) -> AbstractContextManager[Settings]:
        """Give settings in which every embedded part has its address and keys, for the time of the context.

        Embedded servers that run under `data_dir` are used; with `start` those that do not run are started and
        ended again, else `Unavailable` is raised. Without embedded parts the settings are given back as they are.
        """
        ...

    def remove_embedded(self, settings: Settings) -> None:
        """Remove the data of the embedded servers. Raises `Refused` while they run. Absent is fine."""
        ...

    def foreseen_servers(self, settings: Settings) -> str:
        """Say how the embedded servers would come along. Raises `InvalidSetting` when they cannot."""
        ...

    def foreseen_engine(self, settings: Settings) -> str:
        """Say what engine a runtime would use, or would bring along. Raises `Unavailable` when there is none."""
        ...

    def open_store(self, settings: Settings) -> BotStore:
        """Return the desired state, for connected settings."""
        ...

    def open_schedules(self, settings: Settings) -> ScheduleStore:
        """Return schedules and the record of their runs, for connected settings."""
        ...

    def open_memory(self, settings: Settings, kind: Kind) -> Memory:
        """Return what the data folder remembers of the installations of one kind of bots."""
        ...

    def open_objects(self, settings: Settings) -> CodeObjects:
        """Return the code bucket, for connected settings."""
        ...

    def open_engine(self, settings: Settings, installation: str) -> Engine:
        """Return the engine of an installation; an empty one owns nothing."""
        ...

    def open_lock(self, settings: Settings, installation: str, kind: Kind) -> EngineLock:
        """Return the lock of an installation's engine on one kind of bots, not taken."""
        ...

    def open_publisher(self, settings: Settings) -> EventPublisher:
        """Return a connection to publish with, for connected settings that have a NATS URL."""
        ...
