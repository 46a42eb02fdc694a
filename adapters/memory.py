"""What a data folder remembers: one small file for each installation that was identified from it, and each kind.

    installations/<id>             the id of its engine
    installations/<id>-schedules   the same, of the database of schedules

A file is there whole or not at all. Nothing but `forget` removes one.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import structlog

from the0_actors.actors.errors import Unavailable

FOLDER = "installations"
_ID = "[a-z0-9]{1,24}"

log = structlog.get_logger(__name__)


class FolderMemory:
    """The port `Memory` in a data folder. `scope` keeps one kind of bots' apart from another's."""

    def __init__(self, data_dir: Path, scope: str = "") -> None:
        self._folder = data_dir / FOLDER
        self._scope = scope
        self._remembered: tuple[str, str] | None = None

    def recall(self) -> Mapping[str, str]:
        """Return what the files say. A folder that is not there remembers nothing; an unreadable one is no answer."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Unavailable("data folder", f"{self._folder}: {error.strerror}") from error
        of_ours = re.compile(f"({_ID}){re.escape(self._scope)}")
        return {match[1]: self._read(name) for name in sorted(names) if (match := of_ours.fullmatch(name))}

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text("utf-8").strip()
        except (OSError, ValueError):
            return ""  # that it is there says enough

    def remember(self, installation: str, engine: str) -> None:
        """Write its file, through another that takes its name when it is on the disk."""
        if self._remembered == (installation, engine):
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, fresh = tempfile.mkstemp(prefix=".", dir=self._folder)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{engine}\n")
                file.flush()
                os.fsync(descriptor)
            Path(fresh).replace(self._folder / f"{installation}{self._scope}")
        except OSError as error:
            log.warning("installation_not_remembered", folder=str(self._folder), reason=error.strerror)
        self._remembered = installation, engine


def forget(data_dir: Path) -> None:
    """Remove what a data folder remembers, with the data that it was about. Absent is fine."""
    shutil.rmtree(data_dir / FOLDER, ignore_errors=True)
