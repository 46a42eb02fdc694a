"""How much folders of this host take, by `du`: it follows no links, leaves no file system, and knows any depth.

Files that come and go meanwhile are no fault. What cannot be measured is left out.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from the0_actors.actors.domain.kept import Kept

PATIENCE = 300.0
"""Seconds for all folders together."""
_BLOCK = 1024


def measure(folders: Mapping[str, Path]) -> tuple[Kept, ...]:
    """Return what each bot's folder takes. Blocks; raises `OSError` when `du` cannot be run."""
    if not folders:
        return ()
    owners = {str(path): bot_id for bot_id, path in folders.items()}
    sizes = _run("-k", owners)
    files = _run("--inodes", owners)
    return tuple(
        Kept(bot_id, sizes[path] * _BLOCK, files.get(path)) for path, bot_id in owners.items() if path in sizes
    )


def _run(option: str, owners: Mapping[str, str]) -> dict[str, int]:
    du = shutil.which("du") or "du"
    command = [du, "-s", "-x", option, "--", *owners]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603 - our own list
    except subprocess.TimeoutExpired as error:
        raise OSError(f"du took longer than {PATIENCE:.0f} s") from error
    rows = (line.partition("\t") for line in done.stdout.decode(errors="replace").splitlines())
    return {path: int(number) for number, _, path in rows if number.isdecimal() and path in owners}
