"""Packs a bot's folder as the platform's own command line does: same files, same bytes. Contract section 3.3.

Left out: whatever begins with a dot, `__pycache__`, `*.pyc`, `*.log`, and what `.the0ignore` (written as a
`.gitignore`) names; `vendor/` and `node_modules/` are never left out by it. Modes are stored as 0644 or 0755.
"""

import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from the0_actors.actors.errors import InvalidSetting

IGNORE_FILE = ".the0ignore"
_USUAL = ("__pycache__/", "*.pyc", "*.log")
_PROTECTED = ("vendor", "node_modules")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into an archive."""

    files: tuple[str, ...]
    size: int
    """Bytes of the archive."""


def files_of(folder: Path) -> tuple[str, ...]:
    """Return the relative paths to pack, sorted. Raises `InvalidSetting` for a link that leaves the folder."""
    ignore = folder / IGNORE_FILE
    lines = ignore.read_text(encoding="utf-8", errors="replace").splitlines() if ignore.is_file() else []
    usual, own = GitIgnoreSpec.from_lines(_USUAL), GitIgnoreSpec.from_lines(lines)
    return tuple(sorted(path for path in _walk(folder) if not _ignored(path, usual, own)))


def pack(folder: Path, into: Path) -> Packed:
    """Write the archive; return what is in it."""
    files = files_of(folder)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.compress_type = _UNIX, zipfile.ZIP_DEFLATED
            executable = os.access(folder / name, os.X_OK)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 16)
    return Packed(files, into.stat().st_size)


def next_version(declared: str, deployed: str | None) -> str:
    """Return the version of a deploy: the declared one if it is newer than what is deployed, else the next patch.

    Both are `x.y.z`; what is deployed under another form counts as nothing.
    """
    before = _numbers(deployed or "")
    wanted = _numbers(declared)
    if wanted is None:
        raise InvalidSetting("version", declared, "three numbers, x.y.z")
    if before is None or wanted > before:
        return declared
    return f"{before[0]}.{before[1]}.{before[2] + 1}"


def _numbers(version: str) -> tuple[int, int, int] | None:
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):  # noqa: PLR2004 x.y.z
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def _walk(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*names, *(each for each in folders if (Path(place) / each).is_symlink())]:
            path = Path(place) / name
            if name.startswith("."):
                continue
            if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
                raise InvalidSetting(str(path), str(path.readlink()), "a file, or a link to a file inside the folder")
            if path.is_file():
                yield path.relative_to(folder).as_posix()


def _ignored(path: str, usual: GitIgnoreSpec, own: GitIgnoreSpec) -> bool:
    protected = any(part in _PROTECTED for part in PurePosixPath(path).parts[:-1])
    return usual.match_file(path) or (own.match_file(path) and not protected)
