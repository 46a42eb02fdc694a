"""Images that come from this machine: is there one, import one, can the official one be had."""

import time
from dataclasses import replace
from pathlib import Path

from the0_actors.actors.errors import Gone, Refused, Unavailable
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.failures import translated
from the0_actors.adapters.docker.images import Images
from the0_actors.adapters.docker.options import Timeouts


class LocalImages:
    """The images of one engine, for who prepares them before the runtime starts. Calls block."""

    def __init__(self, settings: ClientSettings, timeouts: Timeouts | None = None) -> None:
        chosen = timeouts or Timeouts()
        # A registry that cannot be reached is to be noticed soon, a pull under way may take its time.
        self._connection = Connection(settings, replace(chosen, quick=min(chosen.quick, 15.0)))
        self._images = Images(self._connection, chosen, time.monotonic)

    def has(self, name: str) -> bool:
        """Tell whether the engine has an image of that name."""
        try:
            with translated(f"look for image {name}"):
                self._connection.quick.inspect_image(name)
        except Gone:
            return False
        return True

    def pull(self, name: str) -> bool:
        """Pull an image; False when no registry answers or has it."""
        try:
            self._images.ensure(name)
        except (Unavailable, Refused):
            return False
        return True

    def import_tar(self, tar: Path, name: str, changes: tuple[str, ...]) -> None:
        """Import a tar as an image, with changes in the words of a Dockerfile."""
        with translated(f"import image {name}"):
            self._connection.slow.import_image_from_file(str(tar), repository=name, changes=list(changes))

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
