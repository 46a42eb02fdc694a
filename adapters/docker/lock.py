"""The port `EngineLock` as a container: under one name, and alive as long as its holder's connection is open.

It reads its standard input, which the holder has attached before it started it, and ends when that ends: with the
holder's process, wherever that lived. The engine gives a name to one container alone. One that runs is somebody's; one
that does not is nobody's, unless it was made a moment ago and is about to be started.
"""

import ssl
import threading
from contextlib import suppress
from typing import Any

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.errors import Gone, Refused, The0ActorsError
from the0_actors.adapters.docker import labels, names, waiter
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.failures import Conflict, translated
from the0_actors.adapters.docker.moments import moment
from the0_actors.adapters.docker.options import Timeouts

TIMEOUTS = Timeouts(quick=5.0, slow=20.0)
"""Short: while the engine does not answer nothing is certain, and to ask again costs little."""
_CONNECTIONS = 4
_IMAGE = "the0-actors-lock"
ABOUT_TO_START = 20.0
"""Seconds, by the engine's clock, from the making of a lock's container to its start."""
_TRIES = 2
"""One more after what is nobody's was removed."""


class ContainerLock:
    """One process's hand on one lock. Its connections are its own: it waits for no other call of ours."""

    def __init__(
        self,
        settings: ClientSettings,
        installation: str,
        kind: Kind,
        timeouts: Timeouts = TIMEOUTS,
        about_to_start: float = ABOUT_TO_START,
    ) -> None:
        """Keep the way to the lock; nothing is sent until it is asked something."""
        own = ClientSettings(settings.host, settings.tls_verify, settings.cert_path, _CONNECTIONS)
        self._connection = Connection(own, timeouts)
        self._installation = installation
        self._name = names.lock_name(installation, kind)
        self._about_to_start = about_to_start
        self._patience = timeouts.slow
        self._container = ""
        """The id of the one that is or was ours."""
        self._input: Any = None
        """The connection that keeps it alive."""
        self._guard = threading.Lock()

    def take(self, *, by_force: bool = False) -> bool:
        """Take the lock, unless somebody else has it."""
        if self.look():
            return True
        self._let_go()
        for _ in range(_TRIES):
            if not self._clear(by_force=by_force):
                return False
            with suppress(Conflict, Gone):  # somebody was quicker
                self._make()
                return True
        return False

    def look(self) -> bool:
        """Ask the engine whether our container runs, and our connection whether it is open."""
        return self.holds() and _runs(self._inspect(self._container)) and self.holds()

    def holds(self) -> bool:
        """Tell whether the connection is open: the engine closes it when the container ends."""
        with self._guard:
            return self._input is not None and _is_open(self._input)

    def give_back(self) -> None:
        """End our container, and leave its name to others."""
        if self._input is not None:
            self._let_go()
            with suppress(The0ActorsError):  # it ends by itself, since nobody holds it
                self._remove(self._container)
        self._connection.close()

    def _clear(self, *, by_force: bool) -> bool:
        """Remove the container that has the name if it is nobody's; False when it is somebody's."""
        found = self._inspect(self._name)
        if found is None:
            return True
        ours = found["Id"] == self._container  # an engine that was restarted keeps it alive, and our connection is gone
        if (_runs(found) or self._is_about_to_start(found)) and not (ours or by_force):
            return False
        self._remove(found["Id"])
        return True

    def _is_about_to_start(self, found: Any) -> bool:
        if found["State"]["Status"] != "created":
            return False
        with translated("ask the engine for its time"):
            now = moment(self._connection.quick.info()["SystemTime"]) or 0.0
            return now - (moment(found["Created"]) or 0.0) < self._about_to_start

    def _make(self) -> None:
        """Create, attach, start. Raises `Conflict` when the name is taken, `Gone` when another has removed ours."""
        image = self._image()
        with translated("make the lock"):
            made = self._connection.slow.create_container_from_config(_body(image, self._installation), self._name)
        self._container = made["Id"]
        try:
            with translated("hold the lock"):
                # With its output, although it has none: what ends with the container is the output's stream.
                attached = self._connection.slow.attach_socket(self._container, {"stdin": 1, "stdout": 1, "stream": 1})
                self._connection.slow.start(self._container)
        except BaseException:
            with suppress(The0ActorsError):
                self._remove(self._container)
            raise
        with self._guard:
            self._input = attached
            _socket(attached).settimeout(0)  # `holds` asks whether there is an end to read, and waits for none

    def _image(self) -> str:
        """Have the image that the engine's architecture needs; return its name."""
        with translated("ask the engine for its architecture"):
            architecture = str(self._connection.quick.version()["Arch"])
        if architecture not in waiter.architectures():
            known = ", ".join(sorted(waiter.architectures()))
            raise Refused(f"the engine's lock has no program for {architecture}; it has one for {known}")
        image = f"{_IMAGE}:{architecture}"
        try:
            with translated("look for the lock's image"):
                self._connection.quick.inspect_image(image)
        except Gone:
            with translated("make the lock's image"):
                self._connection.slow.import_image_from_data(waiter.root(architecture), _IMAGE, architecture)
        return image

    def _inspect(self, name_or_id: str) -> Any:
        """Return what the engine knows of a container; None when there is none."""
        with suppress(Gone), translated("look at the lock"):
            return self._connection.quick.inspect_container(name_or_id)
        return None

    def _remove(self, container_id: str) -> None:
        """Remove a container: afterwards its name is free, also when the engine was at it already."""
        with suppress(Gone):
            try:
                with translated("remove the lock"):
                    self._connection.slow.remove_container(container_id, force=True)
            except Conflict:
                with translated("wait for the removal of the lock"):
                    self._connection.slow.wait(container_id, self._patience, "removed")

    def _let_go(self) -> None:
        with self._guard:
            attached, self._input = self._input, None
        if attached is not None:
            with suppress(OSError):
                _socket(attached).shutdown(2)
            attached.close()


def _body(image: str, installation: str) -> dict[str, Any]:
    return {
        "Image": image,
        "Cmd": [waiter.PATH],
        "User": "65534:65534",
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "Labels": labels.of_part(installation, "lock"),
        "HostConfig": {
            "AutoRemove": True,
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": {"Type": "none"},
        },
    }


def _runs(found: Any) -> bool:
    return found is not None and bool(found["State"]["Running"])


def _socket(attached: Any) -> Any:
    """Return what can be shut and asked: docker-py gives a file over it for some transports."""
    return getattr(attached, "_sock", attached)


def _is_open(attached: Any) -> bool:
    """Tell whether the other end has not closed. Nothing is ever sent to us here, but its end."""
    try:
        return bool(_socket(attached).recv(1))
    except (BlockingIOError, TimeoutError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
