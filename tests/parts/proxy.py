"""A proxy before a Unix socket that can hold answers back, or cut all connections, as a bad network does.

It notes which HTTP requests pass, for who counts calls.
It listens on another Unix socket, or on a port of this host: then what is behind it looks like a remote one.
"""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

_REQUEST = re.compile(rb"(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1")
"""How a request begins. No client here sends one before it has the answer to the last, so each begins a part."""


class Proxy:
    """Forwards every connection until it is told otherwise."""

    def __init__(self, path: Path | None, upstream: str) -> None:
        """Listen at `path`; None: on a free port."""
        self.path = path
        self._upstream = upstream
        self._flowing = threading.Event()
        self._flowing.set()
        self._trap = b""
        self.requests: list[str] = []
        """Method and target of each request so far."""
        self._down = False
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_INET if path is None else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if path is None else str(path))
        self._listener.listen()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self.path is not None:
            self.path.unlink()
        self.cut()
        for thread in tuple(self._threads):
            thread.join(10)

    @property
    def port(self) -> int:
        """Where it listens, without a path."""
        return int(self._listener.getsockname()[1])

    def hold(self) -> None:
        """Let requests through, and hold what the engine answers."""
        self._flowing.clear()

    def hold_from(self, request: bytes) -> None:
        """Hold from the first request on that has this in it."""
        self._trap = request

    def release(self) -> None:
        """Hand on what was held."""
        self._flowing.set()

    def cut(self) -> None:
        """Close all present connections."""
        for one in tuple(self._open):
            _end(one)

    def down(self) -> None:
        """Close all present connections, and every new one at once."""
        self._down = True
        self.cut()

    def up(self) -> None:
        """Take connections again."""
        self._down = False

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._down:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                try:
                    far.connect(self._upstream)
                except OSError:  # nobody is there now: who came sees that too
                    near.close()
                    far.close()
                    continue
                self._open += [near, far]
                self._run(self._serve, near, far)

    def _serve(self, near: socket.socket, far: socket.socket) -> None:
        """Carry one connection both ways until both have ended: what stays open would use up who runs for long."""
        asking = self._run(self._pump, near, far, False)
        self._pump(far, near, True)
        asking.join()
        for one in (near, far):
            one.close()
            self._open.remove(one)
        self._threads.remove(asking)
        self._threads.remove(threading.current_thread())

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while part := source.recv(65536):
                if not answers and (begin := _REQUEST.match(part)):
                    self.requests.append(b" ".join(begin.groups()).decode())
                if answers:
                    self._flowing.wait()
                elif self._trap and self._trap in part:
                    self.hold()
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _end(source)
            _end(sink)

    def _run(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
