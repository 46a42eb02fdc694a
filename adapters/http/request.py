"""One request, read from the bytes of its head. Its body is left to who answers: hardly anything here takes one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

HEAD_BYTES = 8192
"""The longest head that is read."""

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
    body: Callable[[int], bytes] = field(default=lambda _: b"", compare=False, repr=False)
    """Read so many bytes of it; fewer when there are no more. Blocks; raises `OSError`."""


def is_whole(head: bytes, new: int) -> bool:
    """Tell whether a head ends in its last `new` bytes: with an empty line."""
    tail = head[-(new + 3) :]
    return b"\n\r\n" in tail or b"\n\n" in tail


def after(head: bytes) -> bytes:
    """Return what came along with a whole head: the begin of a body."""
    return re.split(rb"\n\r?\n", head, maxsplit=1)[1]


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


def _name_of(host: str) -> str:
    """Return a host without its port, in lower case; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
