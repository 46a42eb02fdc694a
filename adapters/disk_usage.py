"""How much folders of this host take, by `du`: it follows no links, leaves no file system, and knows any depth.

Files that come and go meanwhile are no fault. What cannot be measured is left out.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from the0_actors.actors.domain.kept import Kept

PATIENCE = 300.0
"""Seconds for one batch of folders."""
BATCH = 500
"""Folders for one `du`: a command line has room for so many."""
_BLOCK = 1024


def measure(folders: Mapping[str, Path]) -> tuple[Kept, ...]:
    """Return what each bot's folder takes. Blocks; raises `OSError` when `du` cannot be run."""
    owners = [(str(path), bot_id) for bot_id, path in folders.items()]
    return tuple(kept for first in range(0, len(owners), BATCH) for kept in _batch(dict(owners[first : first + BATCH])))


def _batch(owners: Mapping[str, str]) -> Iterator[Kept]:
    sizes, files = _run("-k", owners), _run("--inodes", owners)
    for path, bot_id in owners.items():
        if path in sizes:
            yield Kept(bot_id, sizes[path] * _BLOCK, files.get(path))


def _run(option: str, owners: Mapping[str, str]) -> dict[str, int]:
    du = shutil.which("du") or "du"
    command = [du, "-s", "-x", option, "--", *owners]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603 - our own list
    except subprocess.TimeoutExpired as error:
        raise OSError(f"du took longer than {PATIENCE:.0f} s") from error
    rows = (line.partition("\t") for line in done.stdout.decode(errors="replace").splitlines())
    return {path: int(number) for number, _, path in rows if number.isdecimal() and path in owners}
