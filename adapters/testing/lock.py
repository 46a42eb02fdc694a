"""A fake lock on the fake engine: it ends when its holder is killed or puts it down, and calls fail when told to."""

from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.testing.engine_world import EngineWorld, Fault


class FakeLock:
    """One process's hand on one lock. Faults are asked for `lock` and the lock's name."""

    def __init__(self, world: EngineWorld, name: str) -> None:
        self._world = world
        self.name = name
        self._dropped = False
        self.cut = False
        """The network between this process and the engine is: its connection looks open all the same."""

    def take(self, *, by_force: bool = False) -> bool:
        """Take it, unless another has it."""
        fault = self._fault()
        locks = self._world.locks
        if not self._dropped and (by_force or self.name not in locks):
            locks[self.name] = self
        if fault is Fault.LOSE_AFTER:
            raise Unavailable("engine", "the answer to lock is lost by script")
        return self.holds()

    def look(self) -> bool:
        """Tell whether it is ours."""
        self._fault()
        return self.holds()

    def holds(self) -> bool:
        """Tell the same, as far as that can be seen here."""
        return self._world.locks.get(self.name) is self

    def give_back(self) -> None:
        """Let go of it."""
        if self.holds():
            del self._world.locks[self.name]

    def drop(self) -> None:
        """Lose it, and take none any more, as when its process is killed."""
        self._dropped = True
        self.give_back()

    def _fault(self) -> Fault:
        fault = self._world.fault("lock", self.name)
        if fault is Fault.REFUSE:
            raise Refused("lock refused by script")
        if fault is Fault.LOSE or self.cut:
            raise Unavailable("engine", "lock lost by script")
        return fault
