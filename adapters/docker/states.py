"""The bots' state volumes: made with the containers, and given to the bot's user before one of them starts.

The engine makes a new volume root's own. Its folder gets its owner through the bot's container, by an archive with
nothing but that folder, which is harmless however often it is done. Only files that belong to another user need a
helper, which changes them one by one.
"""

import threading
from contextlib import suppress

from the0_actors.actors.errors import Gone, Refused
from the0_actors.adapters.docker import labels, names
from the0_actors.adapters.docker.archive import folder_of
from the0_actors.adapters.docker.body import STATE, Body, volume
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import EngineFault, translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.helpers import Helpers
from the0_actors.adapters.docker.options import DockerOptions

_ALL_WRITE = 0o002


class States:
    """What the bots of one installation keep. Thread-safe."""

    def __init__(self, connection: Connection, helpers: Helpers, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._helpers = helpers
        self._installation = installation
        self._patience = options.timeouts.slow
        self._flights = Flights()
        self._lock = threading.Lock()
        self._there: set[str] | None = None
        self._proven = False

    def is_new(self, bot_id: str) -> bool:
        """Tell whether a bot has no volume yet, so that the container that is made next makes it, without files.

        The engine is asked once for all. A bot is new once: what came of its container is not known here.
        """
        with self._lock:
            there = self._there
        if there is None:
            self._flights.run("states", self._list, self._patience)
        with self._lock:
            name = names.state_volume(self._installation, bot_id)
            if self._there is None or name in self._there:
                return False
            self._there.add(name)
        return True

    def doubt(self) -> None:
        """Ask again before a bot counts as new: others may have made volumes."""
        with self._lock:
            self._there = None

    def give(self, container_id: str, bot_id: str, image: str, user: str, *, whole: bool) -> None:
        """Give what a bot keeps to a user (`uid:gid`), through its own container.

        `whole` says that there are no files of anybody else, so that the folder is all there is to give.
        """
        if not whole:
            owner = self._owner(container_id)
            if owner == user:
                return
            whole = not owner
        if not (whole and self._give_folder(container_id, user)):
            self._helpers.give(self._mount(bot_id), image, user)

    def purge(self, bot_id: str) -> None:
        """Remove a bot's state volume. None there is fine. Raises `Refused` while a container has it."""
        name = names.state_volume(self._installation, bot_id)
        with suppress(Gone), translated(f"remove volume {name}"):
            self._connection.slow.remove_volume(name)
        with self._lock:
            if self._there is not None:
                self._there.discard(name)

    def _owner(self, container_id: str) -> str:
        """Return whose the files are (`uid:gid`): the user of the folder that the launcher makes, else of the volume.

        Empty for a volume that is everybody's, in which no bot has run yet.
        """
        with translated(f"look at the state of {container_id}"):
            found = self._connection.entry(container_id, f"{STATE}/.the0-state")
            if found is None:
                found = self._connection.entry(container_id, STATE)
                if found is None or found.mode & _ALL_WRITE:
                    return ""
        return f"{found.uid}:{found.gid}"

    def _give_folder(self, container_id: str, user: str) -> bool:
        """Set the owner of the volume's folder; tell whether that is known to work on this engine."""
        try:
            with translated(f"give a folder in {container_id} to its user"):
                self._connection.slow.put_archive(container_id, STATE, folder_of(user, STATE))
                if not self._proven:
                    found = self._connection.entry(container_id, STATE)
                    self._proven = found is not None and f"{found.uid}:{found.gid}" == user
        except (Refused, EngineFault):  # an engine that takes no such archive
            return False
        return self._proven

    def _mount(self, bot_id: str) -> Body:
        state_labels = labels.of_part(self._installation, "state", bot_id=bot_id)
        return volume(names.state_volume(self._installation, bot_id), STATE, state_labels)

    def _list(self) -> None:
        """List by the name: a volume that a hand has made has no labels."""
        wanted = {"name": names.state_prefix(self._installation)}
        with translated("list volumes"):
            found = self._connection.quick.volumes(filters=wanted)["Volumes"] or []
            there = {str(item["Name"]) for item in found}
        with self._lock:
            self._there = there
