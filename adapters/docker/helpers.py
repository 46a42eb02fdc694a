"""Helper containers: created and removed again. Through them volumes are filled and looked at.

Their image is made here from an empty archive, so that no registry is needed.

One helper alone is ever started: what a bot kept under another user is given to its present one, by the bot's own
image, as root with three capabilities, without a network, and with nothing but that volume.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from the0_actors.actors.errors import Gone, Refused, The0ActorsError
from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.archive import END
from the0_actors.adapters.docker.body import Body
from the0_actors.adapters.docker.connection import Connection
from the0_actors.adapters.docker.failures import Conflict, one_line, translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.moments import moment
from the0_actors.adapters.docker.options import DockerOptions

_NO_MORE = "no-new-privileges"
_GIVE = 'find /state -mindepth 1 -exec chown -h "$0" {} + && chown "$0" /state'
"""The folder itself comes last: until then the volume counts as the one's before."""


class Helpers:
    """The helpers of one installation."""

    def __init__(self, connection: Connection, installation: str, options: DockerOptions) -> None:
        self._connection = connection
        self._installation = installation
        self._options = options
        self._image = options.helper_image
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

    def give(self, mount: Body, image: str, user: str) -> None:
        """Give all that is in a state volume to a user (`uid:gid`). Raises `Refused` when that fails."""
        host = {"NetworkMode": "none", "Mounts": [mount], "ReadonlyRootfs": True, "CapDrop": ["ALL"]}
        body = {
            "Image": image,
            "Entrypoint": ["/bin/sh"],
            "Cmd": ["-c", _GIVE, user],
            "User": "0:0",
            "WorkingDir": "/",
            "Labels": labels.of_part(self._installation, "helper"),
            "HostConfig": {**host, "CapAdd": ["CHOWN", "DAC_READ_SEARCH", "FOWNER"], "SecurityOpt": [_NO_MORE]},
        }
        client = self._connection.slow
        with translated("create helper"):
            container_id = str(client.create_container_from_config(body)["Id"])
        try:
            with translated("give a bot's state to its user"):
                client.start(container_id)
                code = client.wait(container_id)["StatusCode"]
                said = b"" if code == 0 else client.logs(container_id, tail=1)
        finally:
            with suppress(The0ActorsError):
                self.discard(container_id)
        if code != 0:
            raise Refused(one_line(f"a bot's state cannot be given to user {user}: {said.decode(errors='replace')}"))

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
        with translated("make helper image"):
            repository, _, tag = self._image.partition(":")
            self._connection.slow.import_image_from_data(END, repository=repository, tag=tag or "latest")
