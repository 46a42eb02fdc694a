"""A proxy before a Unix socket that can hold answers back, or cut all connections, as a bad network does.

It listens on another Unix socket, or on a port of this host: then what is behind it looks like a remote one.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self


class Proxy:
    """Forwards every connection until it is told otherwise."""

    def __init__(self, path: Path | None, upstream: str) -> None:
        """Listen at `path`; None: on a free port."""
        self.path = path
        self._upstream = upstream
        self._flowing = threading.Event()
        self._flowing.set()
        self._trap = b""
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
        for thread in self._threads:
            thread.join(10)
        for one in self._open:
            one.close()

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
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

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
                self._run(self._pump, near, far, False)
                self._run(self._pump, far, near, True)

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                if answers:
                    self._flowing.wait()
                elif self._trap and self._trap in part:
                    self.hold()
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)

    def _run(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
