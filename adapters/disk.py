"""How much room the disks of this host have."""

import os
from pathlib import Path

from the0_actors.actors.domain.space import Space


def space_of(what: str, folder: Path) -> Space:
    """Return the room in a folder, or where it would be made. Raises `OSError`."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    found = os.statvfs(place)
    return Space(
        place=f"{what} {folder}",
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
        free_files=found.f_favail,
        files=found.f_files,
    )
