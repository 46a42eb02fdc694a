"""Health, status and control over HTTP, on threads of its own.

`/healthz` tells whether the actors take turns and never looks at a dependency; `/readyz` follows the dependencies.
Both answer to everyone who reaches the port, and need no thread, so that nothing that others do keeps them waiting.
`/status` answers to this host, and to the networks that the operator names; what bots printed is kept from those.
Commands, bot logs and records of runs answer to this host alone: the peer must be a loopback address, the request
must name this host (so that no web page can reach it by a name of its own), and a command needs the header
`X-The0-Actors`, which no web page may send across origins. There are no accounts: whoever may log in here may act.
A reverse proxy on this host would make everyone local; it must not pass `/bots/` on.

Bounds: 8 KiB and 5 s for a request's head, connections as `reception` has them; 32 answers under way, 8 of them
following a log; 5 s for each read and write of an answer, 20 s and 8 MiB for a body, which is read of those alone who
may command. Above that there is a 503 at once.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from the0_actors.actors.errors import PortInUse
from the0_actors.actors.ports.status import RuntimeControl
from the0_actors.adapters.http.access import Access
from the0_actors.adapters.http.codec import Mask
from the0_actors.adapters.http.handler import Answer, LogSource, Site, text
from the0_actors.adapters.http.reception import Caller, Reception
from the0_actors.adapters.http.request import HEAD_BYTES, Request, after, read_request

ANSWERS = 32
"""Answers under way at one time, without those that need no thread."""
_WRITE_SECONDS = 5.0
_BODY_SECONDS = 20.0
_STREAM_SECONDS = 60.0
_BACKLOG = 512
_CLOSE_SECONDS = 5.0


class StatusServer:
    """The server of one runtime. `start` once, `close` once; both may be called from any thread."""

    def __init__(
        self,
        control: RuntimeControl,
        host: str,
        port: int,
        *,
        logs: LogSource | None = None,
        access: Access | None = None,
        mask: Mask = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`mask` hides secrets in what is answered, but for bots' logs, which are their own."""
        self._listen = (host, port)
        self._clock = clock
        self._site = Site(control, logs, access or Access(), mask)
        self._places = threading.BoundedSemaphore(ANSWERS)
        self._closing = threading.Event()
        self._reception: Reception | None = None
        self._loop: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port in use; the one asked for before `start`."""
        return self._listen[1]

    def start(self) -> None:
        """Listen and answer. Raises `PortInUse` when the address cannot be had, with the system's reason."""
        listener = _listen(*self._listen)
        self._listen = (self._listen[0], int(listener.getsockname()[1]))
        self._reception = Reception(listener, self._heard, self._clock)
        self._loop = threading.Thread(target=self._reception.run, name="the0-http", daemon=True)
        self._loop.start()

    def close(self) -> None:
        """Refuse new connections from now on; answers under way are cut off with the process."""
        self._closing.set()
        if self._reception is not None and self._loop is not None:
            self._reception.close()
            self._loop.join(_CLOSE_SECONDS)

    def _heard(self, caller: Caller) -> None:
        """Answer, or have it done. Called by the loop, which must not wait."""
        if not caller.whole:
            self._send(caller, None, text(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"at most {HEAD_BYTES} bytes"))
            return
        try:
            here = str(caller.socket.getsockname()[0])
            request = read_request(caller.head, caller.peer, here)
        except (ValueError, OSError) as error:
            self._send(caller, None, text(HTTPStatus.BAD_REQUEST, str(error)))
            return
        if self._site.is_quick(request):
            self._send(caller, request, self._site.answer(request))
        elif self._places.acquire(blocking=False):
            threading.Thread(target=self._attend, args=(caller, request), name="the0-http-answer", daemon=True).start()
        else:
            self._send(caller, request, text(HTTPStatus.SERVICE_UNAVAILABLE, "busy"))

    def _attend(self, caller: Caller, request: Request) -> None:
        """Answer on a thread of its own, then give the place back."""
        try:
            caller.socket.settimeout(_WRITE_SECONDS)
            request = replace(request, body=partial(self._body, caller))
            self._send(caller, request, self._site.answer(request))
        finally:
            self._places.release()

    def _body(self, caller: Caller, length: int) -> bytes:
        """Read a body, as `Request.body` promises, within the time for one."""
        read, until = bytearray(after(caller.head)), self._clock() + _BODY_SECONDS
        while len(read) < length and self._clock() < until and (data := caller.socket.recv(length - len(read))):
            read += data
        return bytes(read[:length])

    def _send(self, caller: Caller, request: Request | None, answer: Answer) -> None:
        """Send an answer. A peer that left, or that reads too slowly, gets no more."""
        assert self._reception is not None
        try:
            head = request is not None and request.method == "HEAD"
            if isinstance(answer.body, bytes):
                caller.socket.sendall(_head(answer, len(answer.body)) + (b"" if head else answer.body))
            else:
                caller.socket.sendall(_head(answer, None))
                self._stream(caller.socket, iter(()) if head else answer.body)
        except OSError:
            pass
        finally:
            answer.done()
            self._reception.farewell(caller)

    def _stream(self, connection: socket.socket, chunks: Iterator[bytes]) -> None:
        connection.settimeout(_STREAM_SECONDS)
        try:
            for chunk in chunks:
                if self._closing.is_set() or (not chunk and _left(connection)):
                    return
                connection.sendall(chunk)
        finally:
            if isinstance(chunks, Generator):
                chunks.close()


def ensure_free(host: str, port: int) -> None:
    """Raise `PortInUse` when nobody could listen there now; for those who have much to do before they listen."""
    _listen(host, port).close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PortInUse(f"cannot listen on {host}:{port}: {reason}; choose another with --listen") from error
    return listener


def _head(answer: Answer, length: int | None) -> bytes:
    lines = [
        f"HTTP/1.0 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.kind}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if answer.allow:
        lines.append(f"Allow: {', '.join(answer.allow)}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join((*lines, "", "")).encode()


def _left(connection: socket.socket) -> bool:
    """Tell whether the reader has gone."""
    poller = select.poll()
    poller.register(connection, select.POLLIN | select.POLLHUP)
    with suppress(BlockingIOError):
        return bool(poller.poll(0)) and not connection.recv(1, socket.MSG_PEEK)
    return False
