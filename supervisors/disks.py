"""The disks that a runtime and its engine write to: named at the start when they are full, and watched from then on."""

from collections.abc import Iterator
from pathlib import Path

from the0_actors.actors.domain.space import Space
from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.disk import space_of
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import data_root


class Disks:
    """The data folder, and the data root of an engine on this host. Calls block. Used by one thread at a time."""

    def __init__(self, folder: Path, engine: ClientSettings | None) -> None:
        """`engine` is None where bots need none. It is asked where its data is as soon as it answers."""
        self._folder = folder
        self._engine = engine
        self._root: Path | None = None

    def check(self) -> None:
        """Raise `Refused` that names every disk with too little room."""
        if short := [str(space) for space in self.spaces() if space.low]:
            raise Refused("; ".join(short))

    def spaces(self) -> Iterator[Space]:
        """Yield the room of each. A disk that cannot be asked is left out, and one that holds both comes once."""
        seen: set[int] = set()
        for what, folder in (("data folder", self._folder), ("engine's data", self._data_root())):
            try:
                device = folder.stat().st_dev if folder is not None and folder.exists() else None
                if folder is None or device in seen:
                    continue
                yield space_of(what, folder)
            except OSError:
                continue
            if device is not None:
                seen.add(device)

    def _data_root(self) -> Path | None:
        """Return the folder of the engine's data, if it is on this host; None while that is unknown."""
        if self._root is None and self._engine is not None and self._engine.host.startswith("unix://"):
            try:
                self._root = Path(data_root(self._engine))
            except Unavailable:
                return None
        return self._root if self._root is not None and self._root.is_dir() else None
