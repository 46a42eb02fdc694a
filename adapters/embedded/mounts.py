"""Removing a folder in which something may be mounted, without ever deleting through a mount."""

import shutil
import subprocess
from pathlib import Path

from the0_actors.adapters.embedded.trouble import CannotEmbed

_TIMEOUT = 30.0


def clear_away(folder: Path) -> None:
    """Unmount what is mounted below a folder and remove it. Not there is fine. Raises `CannotEmbed`."""
    for point in _below(folder):
        subprocess.run(["umount", "-l", point], check=False, capture_output=True, timeout=_TIMEOUT)  # noqa: S603, S607
    if _below(folder):
        raise CannotEmbed("data folder", f"{folder} cannot be removed: {_below(folder)[0]} is mounted")
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise CannotEmbed("data folder", f"{folder} could not be removed whole")


def _below(folder: Path) -> list[str]:
    """Return what is mounted below a folder, innermost first."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return []
    points = [line.split()[4] for line in lines]
    return sorted((point for point in points if point.startswith(f"{folder.absolute()}/")), reverse=True)
