"""A process with its hand on a lock: what its lines of standard input say (take, force, look, holds) it does."""

import sys
from pathlib import Path

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.ports.lock import EngineLock
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.lock import ContainerLock
from the0_actors.adapters.host import HostLock


def open_lock(what: str, where: str, name: str) -> EngineLock:
    """Return a hand on a lock: `docker` at an address, or `host` in a folder."""
    if what == "docker":
        return ContainerLock(ClientSettings(host=where), name, Kind.REALTIME)
    return HostLock(name, Path(where))


def main() -> None:
    lock = open_lock(*sys.argv[1:4])
    deeds = {
        "take": lock.take,
        "force": lambda: lock.take(by_force=True),
        "look": lock.look,
        "holds": lock.holds,
    }
    for line in sys.stdin:
        sys.stdout.write(f"{deeds[line.strip()]()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
