"""Packs a bot's folder as the platform's own command line does: same files, same bytes.

Left out are names that begin with a dot, what the platform leaves out of every bot, and what `.the0ignore` (written as
a `.gitignore`) names; what is left out is not looked at. `vendor/`, `node_modules/` and `frontend/dist/` are packed
whole, names with a dot included, but for what tools keep there for themselves. Modes are stored as 0644 or 0755.
"""

import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from the0_actors.actors.errors import InvalidSetting

IGNORE_FILE = ".the0ignore"
USUAL = (
    *("*.log", "*.tmp", "*.temp", "test/", "tests/", "__tests__/", "Thumbs.db"),
    *("*.pyc", "*.pyo", "__pycache__/"),
)
"""What the platform leaves out, unless `.the0ignore` takes it back (`!tests/`)."""
PROTECTED = ("vendor", "node_modules", "frontend/dist")
_TOOLS = frozenset({".git", ".bin", ".cache", ".DS_Store"})
"""Of what begins with a dot, that which no bot needs in the folders that are packed whole."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into an archive."""

    files: tuple[str, ...]
    size: int
    """Bytes of the archive."""


def files_of(folder: Path) -> tuple[str, ...]:
    """Return the relative paths to pack, sorted. Raises `InvalidSetting` for what cannot be packed."""
    ignore = folder / IGNORE_FILE
    # As git reads it: the mark that Windows' editors write at the begin of a file is no part of the first pattern.
    lines = ignore.read_text(encoding="utf-8-sig", errors="replace").splitlines() if ignore.is_file() else []
    return tuple(sorted(_walk(folder, GitIgnoreSpec.from_lines([*USUAL, *lines]))))


def pack(folder: Path, into: Path) -> Packed:
    """Write the archive; return what is in it. Raises `InvalidSetting` for a file that cannot be read."""
    files = files_of(folder)
    try:
        _write(folder, files, into)
    except OSError as error:
        raise InvalidSetting(str(error.filename or folder), error.strerror, "a file that can be read") from error
    return Packed(files, into.stat().st_size)


def _write(folder: Path, files: Sequence[str], into: Path) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.compress_type = _UNIX, zipfile.ZIP_DEFLATED
            executable = os.access(folder / name, os.X_OK)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 16)


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


def _walk(folder: Path, ignored: GitIgnoreSpec) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        above = Path(place).relative_to(folder)
        here = {name: (above / name).as_posix() for name in (*folders, *names)}
        folders[:] = [name for name in folders if not _left_out(here[name] + "/", ignored)]
        links = [name for name in folders if (folder / here[name]).is_symlink()]
        for name in (*links, *names):
            if not _left_out(here[name], ignored) and _is_file(folder, here[name]):
                yield here[name]


def _left_out(path: str, ignored: GitIgnoreSpec) -> bool:
    """Tell whether a file, or a folder (whose path ends with a slash), stays at home."""
    name = path.rstrip("/").rpartition("/")[2]
    if _whole(path):
        return name in _TOOLS
    leads_there = any(f"{whole}/".startswith(path) for whole in PROTECTED) and path.endswith("/")
    return name.startswith(".") or (ignored.match_file(path) and not leads_there)


def _whole(path: str) -> bool:
    return any(f"{path}/".startswith(f"{whole}/") for whole in PROTECTED)


def _is_file(folder: Path, path: str) -> bool:
    """Tell whether there is a file to pack. Raises `InvalidSetting` for a link that leads to none in this folder."""
    place = folder / path
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InvalidSetting(str(folder), ascii(path), "names in UTF-8: rename it") from None
    if place.is_symlink() and not (place.is_file() and place.resolve().is_relative_to(folder.resolve())):
        advice = "remove it" if _whole(path) else f"add it to {IGNORE_FILE}"
        allowed = f"a file, or a link to a file inside the folder; if the bot does not need it, {advice}"
        raise InvalidSetting(path, str(place.readlink()), allowed)
    return place.is_file()
