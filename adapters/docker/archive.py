"""A code package as a tar stream, never whole in memory; one small file out of such a stream; a folder's owner as one.

Layout: the bot's files under `files/`, then `complete`, whose presence says that all before it is there.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.errors import Refused

_FILES = "files"
_MARKER = "complete"
_ROOM = 64 * 1024
"""Bytes that an archive of one file has beside the file."""
END = b"\0" * (2 * tarfile.BLOCKSIZE)
"""The end of every archive; alone it is an empty one."""
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
    yield END


def folder_of(user: str, path: str) -> bytes:
    """Return an archive that gives the folder into which it is put, at `path`, to a user (`uid:gid`); no file in it.

    The entry is named from the folder's parent: one that is named `.` is left out by the engine.
    """
    entry = tarfile.TarInfo(f"../{PurePosixPath(path).name}")
    entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, _EPOCH
    entry.uid, entry.gid = (int(number) for number in user.split(":"))
    return entry.tobuf(tarfile.PAX_FORMAT) + END


def read_file(answer: tuple[Iterable[bytes], Mapping[str, Any]], limit: int) -> bytes:
    """Return the one file of the engine's archive, with what it says about it. Raises `Refused`, as `handed_out`."""
    stream, about = answer
    name, size = about.get("name", "the file"), int(about.get("size", 0))
    whole = io.BytesIO()
    if size <= limit:
        for part in stream:
            whole.write(part)
            if whole.tell() > limit + _ROOM:
                size = whole.tell()
                break
    if size > limit:
        raise Refused(f"{name} has more than {limit} bytes")
    whole.seek(0)
    with tarfile.open(fileobj=whole) as archive:
        member = archive.next()
        content = archive.extractfile(member) if member is not None and member.isreg() else None
        if content is None:
            raise Refused(f"{name} is no regular file")
        return content.read(limit)


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
