"""The Docker Engine of our own, kept running: what it needs to be a set of `Servers`, of one.

It is started again when its process is gone, and only then: one that runs and does not answer is the watcher's to
notice and a person's to judge. It is never stopped here, since it outlives the runtime. Calls block.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.processes import Identity

NAME = "dockerd"


class OwnEngine:
    """The engine of one folder. Used by one thread at a time."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        """`arguments` are added to the daemon's own when it is started."""
        self._folder = folder.absolute()
        self._arguments = arguments
        self._daemon: Identity | None = None
        """Who it was at the last look: asking after one process is cheap, going through all of them is not."""

    def check(self) -> Mapping[str, str]:
        """Return that it has ended; empty while it runs, and when its folder was removed."""
        if self._daemon is None or not self._daemon.alive:
            self._daemon = docker_engine.daemon(self._folder)
        return {} if self._daemon or not self._folder.exists() else {NAME: "has ended"}

    def restart(self, name: str) -> None:
        """Start it and wait until it answers; what it ran goes on, and is its own again. Raises `CannotEmbed`."""
        del name  # there is one
        docker_engine.start(self._folder, self._arguments)
