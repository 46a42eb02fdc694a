"""One request, read from the bytes of its head. A body is read apart, by whoever has a thread for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

HEAD_BYTES = 8192
"""The longest head that is read."""
BODY_BYTES = 8 * 2**20
"""The longest body that is read."""

_LINE = re.compile(r"([A-Za-z]{1,20}) (\S+) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for."""

    method: str
    path: tuple[str, ...]
    """The parts between the slashes, decoded."""
    query: Mapping[str, str]
    """Of a name that is given several times, the last value."""
    peer: str
    """The address that asks."""
    here: str
    """The address of ours that was asked."""
    host: str | None = None
    """Whom it names, without the port; None when it names nobody."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """By name in lower case, of several the last."""
    body: bytes = b""

    @property
    def length(self) -> int:
        """Bytes of the body. Raises `ValueError` with a line for whoever sent it."""
        digits = self.headers.get("content-length", "0")
        if not (digits.isascii() and digits.isdigit() and int(digits[:9]) <= BODY_BYTES):
            raise ValueError(f"a body has a Content-Length of at most {BODY_BYTES}")
        return int(digits[:9])


def is_whole(head: bytes, new: int) -> bool:
    """Tell whether a head ends in its last `new` bytes: with an empty line."""
    tail = head[-(new + 3) :]
    return b"\n\r\n" in tail or b"\n\n" in tail


def read_request(head: bytes, peer: str, here: str) -> Request:
    """Return the request. Raises `ValueError` with a line for whoever sent it."""
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").partition("\n\n")[0].split("\n")
    line = _LINE.fullmatch(first)
    if line is None:
        raise ValueError("the first line is no request of HTTP/1")
    headers: dict[str, str] = {}
    for text in lines:
        header = _HEADER.fullmatch(text)
        if header is None:
            raise ValueError("a header cannot be understood")
        name = header[1].lower()
        if name == "host" and name in headers:
            raise ValueError("more than one Host")
        headers[name] = header[2]
    target = urlsplit(line[2])
    host = target.netloc or headers.get("host")
    return Request(
        method=line[1].upper(),
        path=tuple(unquote(part) for part in target.path.strip("/").split("/")),
        query={name: values[-1] for name, values in parse_qs(target.query).items()},
        peer=peer,
        here=here,
        host=None if host is None else _name_of(host),
        headers=headers,
    )


def begun_body(head: bytes) -> bytes:
    """Return what came behind a head."""
    ends = [head.find(end) + len(end) for end in (b"\r\n\r\n", b"\n\n") if end in head]
    return head[min(ends) :] if ends else b""


def _name_of(host: str) -> str:
    """Return a host without its port, in lower case; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
