"""Health, status and control over HTTP, on threads of its own. Contract section 10, behaviours HLT, pain P43.

`/healthz` tells whether the actors take turns and never looks at a dependency; `/readyz` follows the dependencies.
Both, and `/status`, answer to everyone who reaches the port, except that what bots printed is kept from others.
Commands, bot logs and records of runs answer to this host alone: the peer must be a loopback address, the request
must name a loopback host (so that no web page can reach it by a name of its own), and a command needs the header
`X-The0-Actors`, which no web page may send across origins. There are no accounts: whoever may log in here may act.
A reverse proxy on this host would make everyone local; it must not pass `/bots/` on.

Bounds: 5 s for each read and write and for a whole request head; 32 handlers, 8 of them following a log. Above
that a connection gets 503 at once.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import ThreadingHTTPServer
from typing import Any

from the0_actors.actors.errors import PortInUse
from the0_actors.actors.ports.status import RuntimeControl
from the0_actors.adapters.http.handler import Handler, LogSource, Site

HANDLERS = 32
FOLLOWERS = 8
HEAD_SECONDS = 5.0
_BUSY = b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nbusy\n"


class StatusServer:
    """The server of one runtime. `start` once, `close` once; both may be called from any thread."""

    def __init__(
        self,
        control: RuntimeControl,
        host: str,
        port: int,
        *,
        logs: LogSource | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._closing = threading.Event()
        self._listen = (host, port)
        self._clock = clock
        self._control = control
        self._logs = logs
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port in use; the one asked for before `start`."""
        return self._listen[1] if self._server is None else int(self._server.server_address[1])

    def start(self) -> None:
        """Listen and answer. Raises `PortInUse` when the address cannot be had, with the system's reason."""
        self._server = _listen(*self._listen, self._clock)
        followers = threading.BoundedSemaphore(FOLLOWERS)
        site = Site(self._control, self._logs, followers, self._closing, self._server.head_read)
        self._server.RequestHandlerClass = type("SiteHandler", (Handler,), {"site": site})
        threading.Thread(target=self._server.serve_forever, name="the0-http", daemon=True).start()

    def close(self) -> None:
        """Refuse new connections from now on; requests under way are cut off with the process."""
        self._closing.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def ensure_free(host: str, port: int) -> None:
    """Raise `PortInUse` when nobody could listen there now; for those who have much to do before they listen."""
    _listen(host, port, time.monotonic).server_close()


def _listen(host: str, port: int, clock: Callable[[], float]) -> "_Server":
    try:
        return _Server(host, port, clock)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PortInUse(f"cannot listen on {host}:{port}: {reason}; choose another with --listen") from error


class _Server(ThreadingHTTPServer):
    """Bounds what the standard library's server leaves unbounded."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, host: str, port: int, clock: Callable[[], float]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._clock = clock
        self._slots = threading.BoundedSemaphore(HANDLERS)
        self._reading: dict[socket.socket, float] = {}
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind without the base class's look-up of the host's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the request a thread, or turn it away."""
        if not self._slots.acquire(blocking=False):
            with suppress(OSError):
                request.settimeout(0)
                request.sendall(_BUSY)
            self.shutdown_request(request)
            return
        self._reading[request] = self._clock() + HEAD_SECONDS
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle on its own thread, then give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.head_read(request)
            self._slots.release()

    def head_read(self, request: socket.socket) -> None:
        """Take notice that a request's head is complete."""
        self._reading.pop(request, None)

    def service_actions(self) -> None:
        """Cut off those who take too long to say what they want. Called by the loop twice a second."""
        now = self._clock()
        for request, deadline in list(self._reading.items()):
            if now > deadline:
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)
                self.head_read(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about peers that left; handlers log their own faults."""
