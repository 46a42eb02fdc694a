"""A code package as a tar stream, never whole in memory. Pure but for reading the package.

Layout: the bot's files under `files/`, then `complete`, whose presence says that all before it is there.
"""

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from the0_actors.actors.domain.code import CodePackage

_FILES = "files"
_MARKER = "complete"
_EPOCH = 315532800
"""1980-01-01: one time for all, so that equal content gives equal volumes; zip tools know nothing earlier."""


def code_stream(package: CodePackage) -> Iterator[bytes]:
    """Yield the archive in parts of about 64 KiB. Raises `ValueError` when a file is not as long as it says."""
    for folder in _folders(package):
        yield _header(folder, 0, 0o755, folder=True)
    for file in package.files:
        yield _header(f"{_FILES}/{file.path}", file.size, 0o755 if file.executable else 0o644)
        yield from _content(package, file.path, file.size)
    digest = package.digest.encode("ascii")
    yield _header(_MARKER, len(digest), 0o444)
    yield digest + _padding(len(digest))
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _folders(package: CodePackage) -> list[str]:
    """Return all folders, parents first."""
    parents = {str(parent) for file in package.files for parent in PurePosixPath(_FILES, file.path).parents}
    return sorted(parents - {"."} | {_FILES})


def _content(package: CodePackage, path: str, size: int) -> Iterator[bytes]:
    sent = 0
    for part in package.read(path):
        sent += len(part)
        yield part
    if sent != size:
        raise ValueError(f"{path}: {sent} bytes instead of {size}")
    yield _padding(size)


def _header(name: str, size: int, mode: int, *, folder: bool = False) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, _EPOCH
    info.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    return info.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)
