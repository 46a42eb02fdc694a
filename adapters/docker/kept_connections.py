"""HTTP connections to one engine that stay open from call to call.

A call has a connection for itself, with its own timeout, and hands it on when the whole answer was read. What the
engine has closed meanwhile is told before it is used: there is something to read, its end. A request is sent a second
time only if it changes nothing, and only when a connection that was kept ends without an answer. What became of any
other that fails is unknown, and its caller is told so: errors are `OSError` and `http.client.HTTPException`.
"""

import select
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

_CHANGES_NOTHING = frozenset({"GET", "HEAD"})
_THIS_HOST = "127.0.0.1"
_LIVENESS = tuple(
    (getattr(socket, option), value)
    for option, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3))
    if hasattr(socket, option)  # macOS has its own word for the first
)
"""After so many seconds of silence the system asks whether the other end is there, so often, so many times."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float | None
    """Seconds between two signs of life; None: without end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    content: bytes


class KeptConnections:
    """Thread-safe. As many connections as calls at once; `most` of them are kept open between calls."""

    def __init__(self, connect: Callable[[], HTTPConnection], most: int) -> None:
        self._connect = connect
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[HTTPConnection] = []
        """The one that was used last is taken first. Another list after `close`."""

    def exchange(self, call: Call) -> Answer:
        """Send a request and return the answer."""
        idle, connection = self._take()
        response: HTTPResponse | None = None
        if connection is not None:
            try:
                response = _send(connection, call)
            except ConnectionError:
                if call.method not in _CHANGES_NOTHING:
                    raise
        if connection is None or response is None:
            connection = self._connect()
            response = _send(connection, call)
        with _closed_on_failure(connection):
            answer = Answer(response.status, response.reason, response.getheaders(), response.read())
        self._keep(idle, connection)
        return answer

    def close(self) -> None:
        """Close those that no call has; the others are closed when their calls end. May be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> tuple[list[HTTPConnection], HTTPConnection | None]:
        """Return one that is open, if any is kept, and the list to which its call hands it on."""
        while True:
            with self._lock:
                idle = self._idle
                connection = idle.pop() if idle else None
            if connection is None or _is_open(connection):
                return idle, connection
            connection.close()

    def _keep(self, idle: list[HTTPConnection], connection: HTTPConnection) -> None:
        with self._lock:
            if idle is self._idle and len(idle) < self._most:
                idle.append(connection)
                return
        connection.close()


class _OverUnixSocket(HTTPConnection):
    """A connection to a socket of this host."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        """Connect, within the timeout."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _OverTcp(HTTPConnection):
    """A connection to another host. What lies between forgets those that are silent, and tells nobody."""

    def connect(self) -> None:
        """Connect, within the timeout."""
        super().connect()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _LIVENESS:
            self.sock.setsockopt(socket.IPPROTO_TCP, option, value)


def way(host: str) -> Callable[[], HTTPConnection] | None:
    """Return what makes a connection to `unix://PATH` or `tcp://HOST:PORT`; None when it takes more than that."""
    rest = host.removeprefix("unix://").lstrip("/")
    if host.startswith("unix://") and rest:
        return lambda: _OverUnixSocket(f"/{rest}")
    try:
        parts = urlsplit(host)
        if parts.scheme != "tcp" or get_environ_proxies(f"http://{parts.netloc}"):
            return None
    except ValueError:  # docker-py says what is wrong with it
        return None
    return lambda: _OverTcp(parts.hostname or _THIS_HOST, parts.port)


def _send(connection: HTTPConnection, call: Call) -> HTTPResponse:
    """Send a request and read the head of its answer."""
    with _closed_on_failure(connection):
        connection.timeout = call.timeout
        if connection.sock is not None:
            connection.sock.settimeout(call.timeout)
        connection.request(call.method, call.target, call.body, call.headers)
        return connection.getresponse()


@contextmanager
def _closed_on_failure(connection: HTTPConnection) -> Generator[None, None, None]:
    """Never use a connection again on which an answer may still come."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _is_open(connection: HTTPConnection) -> bool:
    """Tell whether nothing is to be read: an end, or what nobody has asked for."""
    if connection.sock is None:  # the answer before said that it is the last
        return False
    poll = select.poll()  # not select, which knows no descriptors above 1023
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)
