"""The place of the runtime, taken for the time of a command: the engine's lock and the lease, of some kinds of bots."""

import platform
from collections.abc import Iterable
from contextlib import suppress

from the0_actors.actors.errors import PortInUse, The0ActorsError
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.actors.ports.store import DesiredState
from the0_actors.bin.environment import Environment

_HOLDER = "down"
_TERM = 10.0
_PATIENCE = 12.0
"""Seconds: longer than it takes an engine to notice that a runtime is dead."""


class Place:
    """Locks and leases. While it is taken no runtime acts on these kinds."""

    def __init__(self, parts: Iterable[tuple[EngineLock, DesiredState]]) -> None:
        self._parts = tuple(parts)

    def take(self) -> None:
        """Take it, or hold it for a term more. Raises `PortInUse` while a runtime has it."""
        for lock, store in self._parts:
            if not lock.take():
                raise PortInUse("a runtime is active; end it first (Ctrl-C, SIGTERM)")
            lease = store.lease(_HOLDER, platform.node(), _TERM)
            if not lease.mine:  # of one that has lost the lock: it is dead, or about to notice
                store.lease(_HOLDER, platform.node(), _TERM, steal_from=lease.holder)

    def await_it(self, around: Environment) -> None:
        """Take it as soon as it is free; what a killed runtime left is waited for. Raises `PortInUse`."""
        deadline = around.monotonic() + _PATIENCE
        while True:
            try:
                return self.take()
            except PortInUse:
                if around.monotonic() >= deadline:
                    raise
            around.pause(1.0)

    def give_back(self) -> None:
        """Leave it to the next runtime."""
        for lock, store in self._parts:
            with suppress(The0ActorsError):  # it ends with this process
                lock.give_back()
            store.release(_HOLDER)
