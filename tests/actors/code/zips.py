"""Archives for tests, honest and hostile."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

REGULAR = 0o100644


def honest(path: Path, files: Mapping[str, bytes | str], mode: int = REGULAR) -> Path:
    """Write a zip as the platform's tools do."""
    return entries(path, [(name, content, mode) for name, content in files.items()])


def entries(path: Path, items: Iterable[tuple[str, bytes | str, int]], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip of (name, content, mode), names as they are."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content, mode in items:
            info = zipfile.ZipInfo(name)
            info.filename = info.orig_filename = name
            info.external_attr = mode << 16
            info.compress_type = method
            archive.writestr(info, content)
    return path


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes everywhere, in names of local and central headers alike."""
    assert len(old) == len(new)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


def central(path: Path, offset: int, layout: str, value: int) -> Path:
    """Set one field of the first central header, and the local header's twin of it if it has one."""
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    struct.pack_into(layout, content, start + offset, value)
    if 8 <= offset <= 24:
        struct.pack_into(layout, content, content.index(b"PK\x03\x04") + offset - 2, value)
    path.write_bytes(content)
    return path


def plain() -> bytes:
    """Return a small honest zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.py", "def main(id, config): pass\n" * 20)
        archive.writestr("lib/x.py", "x = 1")
    return stream.getvalue()
