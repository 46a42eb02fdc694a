"""Helper containers: created, never started, and removed again. Through them volumes are filled and looked at.

Their image is made here from an empty archive, so that no registry is needed. It holds one thing: an empty `/state`
that belongs to the bots' user. The engine copies that ownership when an empty volume is mounted there, which is
how a bot's state volume becomes writable for it without anyone running as root.
"""

import io
import tarfile
from collections.abc import Generator
from contextlib import contextmanager, suppress

from the0_actors.actors.errors import Gone, The0ActorsError
from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.body import STATE, Body
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import Conflict, translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.moments import moment
from the0_actors.adapters.docker.options import DockerOptions

_IMAGE = "the0-actors-helper"


class Helpers:
    """The helpers of one installation."""

    def __init__(self, connection: Connection, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._installation = installation
        self._options = options
        self._image = f"{_IMAGE}:{options.uid}-{options.gid}"
        self._flights = Flights()

    @contextmanager
    def over(self, mount: Body, name: str | None = None) -> Generator[str, None, None]:
        """Give the id of a container with that volume. Raises `Conflict` when the name is taken."""
        container_id = self._create(mount, name)
        try:
            yield container_id
        finally:
            # What cannot be removed now is swept later; the outcome of the work is what counts.
            with suppress(The0ActorsError):
                self.discard(container_id)

    def discard(self, container_id: str) -> None:
        """Remove a helper. That there is none, or that it is being removed, is fine."""
        with suppress(Gone, Conflict), translated(f"remove helper {container_id}"):
            self._connection.slow.remove_container(container_id, v=True, force=True)

    def sweep(self, age: float, name: str = "") -> None:
        """Remove what dead runtimes have left: what is older than so many seconds by the engine's own clock.

        With a name only that helper.
        """
        wanted = {"label": [f"{labels.INSTALLATION}={self._installation}", f"{labels.ROLE}=helper"]}
        if name:
            wanted["name"] = [f"^/{name}$"]
        with translated("sweep helpers"):
            client = self._connection.quick
            found = client.containers(all=True, filters=wanted)
            if not found:
                return
            now = moment(client.info()["SystemTime"]) or 0.0
        for item in found:
            if now - float(item["Created"]) > age:
                self.discard(item["Id"])

    def _create(self, mount: Body, name: str | None) -> str:
        try:
            return self._try_create(mount, name)
        except Gone:  # the image: it is the first time, or it was pruned
            self._flights.run(self._image, self._make_image, self._options.timeouts.slow)
            return self._try_create(mount, name)

    def _try_create(self, mount: Body, name: str | None) -> str:
        body = {
            "Image": self._image,
            "Cmd": ["never-started"],
            "Labels": labels.of_part(self._installation, "helper"),
            "HostConfig": {"NetworkMode": "none", "Mounts": [mount]},
        }
        with translated("create helper"):
            return str(self._connection.slow.create_container_from_config(body, name)["Id"])

    def _make_image(self) -> None:
        folder = tarfile.TarInfo(STATE.lstrip("/"))
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        folder.uid, folder.gid = self._options.uid, self._options.gid
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(folder)
        with translated("make helper image"):
            self._connection.slow.import_image_from_data(archive.getvalue(), repository=self._image)
