"""A program of a few instructions that reads its standard input to the end and ends then: what keeps the engine's lock.

It is built here, so that no registry, no package and no image of a bot is needed for it: a static ELF file for Linux
on the two architectures that Docker Engines run on, with nothing in it but

    again: n = read(0, buffer below the stack, 256); if n > 0 goto again; exit(0)
"""

import io
import struct
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PATH = "/wait-for-end-of-input"

_BASE = 0x400000
_HEADERS = 64 + 56
"""Bytes of the file's header and of its one program header."""


@dataclass(frozen=True, slots=True)
class _Machine:
    number: int
    """Of the architecture, in ELF."""
    code: bytes


_MACHINES: Mapping[str, _Machine] = MappingProxyType(
    {
        "amd64": _Machine(
            62,
            bytes.fromhex(
                "31c0"  # xor eax, eax           read
                "31ff"  # xor edi, edi           standard input
                "488db42400ffffff"  # lea rsi, [rsp - 256]
                "ba00010000"  # mov edx, 256
                "0f05"  # syscall
                "4885c0"  # test rax, rax
                "7fe8"  # jg again
                "b83c000000"  # mov eax, 60      exit
                "31ff"  # xor edi, edi
                "0f05"  # syscall
            ),
        ),
        "arm64": _Machine(
            183,
            struct.pack(
                "<10I",
                0xD2800000,  # mov x0, 0         standard input
                0xD10403E1,  # sub x1, sp, 256
                0xD2802002,  # mov x2, 256
                0xD28007E8,  # mov x8, 63        read
                0xD4000001,  # svc 0
                0xF100001F,  # cmp x0, 0
                0x54FFFF4C,  # b.gt again
                0xD2800000,  # mov x0, 0
                0xD2800BA8,  # mov x8, 93        exit
                0xD4000001,  # svc 0
            ),
        ),
    }
)


def architectures() -> frozenset[str]:
    """Return the architectures, as the engine names its own, that there is a program for."""
    return frozenset(_MACHINES)


def program(architecture: str) -> bytes:
    """Return the program as an ELF file."""
    machine = _MACHINES[architecture]
    size = _HEADERS + len(machine.code)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",  # 64 bits, little-endian, version 1; padded with zeros
        *(2, machine.number, 1),  # an executable
        *(_BASE + _HEADERS, 64, 0),  # where it begins, where the program header is, no sections
        *(0, 64, 56, 1, 0, 0, 0),
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x10000)  # loaded whole, to read and execute
    return header + segment + machine.code


def root(architecture: str) -> bytes:
    """Return a tar of a root file system with the program in it."""
    content = program(architecture)
    entry = tarfile.TarInfo(PATH.lstrip("/"))
    entry.size, entry.mode = len(content), 0o755
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()
