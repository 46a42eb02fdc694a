"""Checks a bot's archive, so that everything behind may trust its names and sizes.

A zip is taken from a stranger: nothing of it reaches a disk under a name it chose before all names were checked,
and no header is believed before the bytes were counted. Only what plain tools make is taken: regular files and
folders, stored or deflated. All that is refused is refused as `Unlaunchable`, in one sentence. Folders without
files in them are dropped.
"""

import errno
import hashlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from the0_actors.actors.domain.code import CodeFile
from the0_actors.actors.errors import Unlaunchable

CHUNK = 64 * 1024
MIB = 1024 * 1024

_DIRECTORY_BYTES_PER_FILE = 200
_NAME_BYTES = 255  # what file systems take
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What the zip reader of the standard library raises on archives that are none."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How large an archive may be, packed and unpacked.

    How much smaller it is packed does not count: a blank database is no bomb, and what a bomb unpacks to is bounded.
    """

    archive: int = 128 * MIB
    """Bytes of the zip."""
    total: int = 512 * MIB
    """Bytes of all files."""
    file: int = 256 * MIB
    """Bytes of one file."""
    files: int = 20_000
    """Number of files and folders; a Node bot's packages are many."""
    path: int = 512
    """Bytes of one path."""
    depth: int = 40
    """Folders above one file."""


DEFAULT_LIMITS = ArchiveLimits()


class ZipPackage:
    """A checked archive (`CodePackage`). Close it; reads from several threads must not overlap."""

    def __init__(
        self, file: io.FileIO, archive: zipfile.ZipFile, digest: str, entries: dict[str, zipfile.ZipInfo]
    ) -> None:
        self._file = file
        self._archive = archive
        self._entries = entries
        self.digest = digest
        self.files = tuple(
            CodeFile(path, info.file_size, executable=bool(info.external_attr >> 16 & 0o111))
            for path, info in sorted(entries.items())
        )

    def read(self, path: str) -> Iterator[bytes]:
        """Yield one file's content in chunks of at most 64 KiB: as many bytes as its size says, or `Unlaunchable`."""
        info = self._entries[path]
        left = info.file_size
        try:
            with self._archive.open(info) as stream:
                while chunk := stream.read(CHUNK):
                    left -= len(chunk)
                    yield chunk
        except _DAMAGE as error:
            raise Unlaunchable(f"{path!r} in the archive is damaged: {error}") from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the file's begin
                raise
            raise Unlaunchable(f"{path!r} lies outside of the archive") from error
        if left:
            raise Unlaunchable(f"{path!r} in the archive is not as long as its header says")

    def close(self) -> None:
        """Let the file go."""
        self._archive.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_package(path: Path, limits: ArchiveLimits) -> ZipPackage:
    """Check the zip at `path` and return it, open.

    Raises `Unlaunchable` for what may not run, `OSError` as files do.
    """
    size = path.stat().st_size
    if size > limits.archive:
        raise Unlaunchable(f"the archive has {size} bytes, more than {limits.archive}")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    with ExitStack() as undo:
        file = undo.enter_context(_Wary(path, max(limits.files * _DIRECTORY_BYTES_PER_FILE, CHUNK)))
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise Unlaunchable(f"the archive is no zip: {error}") from error
        package = ZipPackage(file, archive, digest, _checked(archive.infolist(), limits))
        undo.pop_all()
        return package


class _Wary(io.FileIO):
    """A file that is never read in one piece longer than the table of contents may be."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path)
        self._limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._limit:
            raise Unlaunchable("the archive's table of contents is too long")
        return super().read(size)


def _checked(infos: list[zipfile.ZipInfo], limits: ArchiveLimits) -> dict[str, zipfile.ZipInfo]:
    """Return the files by their normalised path."""
    if len(infos) > limits.files:
        raise Unlaunchable(f"the archive has {len(infos)} entries, more than {limits.files}")
    files: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    total = 0
    for info in infos:
        path = _path(info, limits)
        _check_kind(info)
        folders.update(_parents(path))
        if info.filename.endswith("/"):
            folders.add(path)
            continue
        if path in files:
            raise Unlaunchable(f"the archive names {path!r} twice")
        _check_size(info, limits)
        total += info.file_size
        files[path] = info
    if total > limits.total:
        raise Unlaunchable(f"the archive unpacks to {total} bytes, more than {limits.total}")
    for path in folders & files.keys():
        raise Unlaunchable(f"{path!r} is both a file and a folder in the archive")
    return files


def _path(info: zipfile.ZipInfo, limits: ArchiveLimits) -> str:
    name = info.orig_filename  # `filename` ends at a NUL
    parts = [part for part in name.split("/") if part not in {"", "."}]
    path = "/".join(parts)
    if _FORBIDDEN.search(name):
        raise Unlaunchable(f"the name {name[:80]!r} in the archive has characters that names may not have")
    if "\\" in name:
        raise Unlaunchable(
            f"the name {name[:80]!r} in the archive has a backslash; pack the folder again with a tool that writes /"
        )
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in parts:
        raise Unlaunchable(f"the path {name[:80]!r} in the archive leads out of it")
    if not parts and not name.endswith("/"):
        raise Unlaunchable(f"the archive has an entry with the name {name!r}")
    if (
        len(path.encode()) > limits.path
        or len(parts) > limits.depth + 1
        or any(len(part.encode()) > _NAME_BYTES for part in parts)
    ):
        raise Unlaunchable(f"the path {name[:80]!r}… in the archive is too long")
    return path


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _check_kind(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    mode = info.external_attr >> 16
    wanted = stat.S_IFDIR if info.filename.endswith("/") else stat.S_IFREG
    if stat.S_ISLNK(mode):
        raise Unlaunchable(f"{name!r} in the archive is a link; pack the file that it leads to in its place")
    if stat.S_IFMT(mode) not in {0, wanted}:
        raise Unlaunchable(f"{name!r} in the archive is no regular file; leave it out")
    if info.flag_bits & 0x2061:  # encrypted, patch data, strongly encrypted, masked headers
        raise Unlaunchable(f"{name!r} in the archive is encrypted")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Unlaunchable(f"{name!r} in the archive is packed by a method other than deflate")


def _check_size(info: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    if info.file_size > limits.file:
        raise Unlaunchable(f"{info.filename!r} has {info.file_size} bytes, more than {limits.file}")
