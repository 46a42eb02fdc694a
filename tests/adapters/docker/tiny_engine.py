"""A little HTTP server that answers as it is told, and counts the connections that reach it."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

Act = Callable[[socket.socket], bool]
"""Answers one request; False: the connection ends here."""


def reply(content: bytes = b"{}", status: str = "200 OK") -> Act:
    def act(sock: socket.socket) -> bool:
        sock.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        return True

    return act


def in_chunks(*parts: bytes) -> Act:
    def act(sock: socket.socket) -> bool:
        chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*parts, b""))
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        return True

    return act


def then_closes(act: Act) -> Act:
    """Answer, and close without having said so."""
    return lambda sock: act(sock) and False


def breaks(sent: bytes = b"") -> Act:
    """Close after a part of an answer."""

    def act(sock: socket.socket) -> bool:
        sock.sendall(sent)
        return False

    return act


@dataclass(frozen=True)
class Request:
    connection: int
    line: str
    """Method and target."""
    body: bytes


class TinyEngine:
    """Tells its version; to all else it gives the answers of the test, then one for all the rest.

    That is a document that tells what was asked, unless another is given.
    """

    def __init__(self, path: Path | None, rest: Act | None = None) -> None:
        """Listen at `path`; None: on a free port."""
        self.requests: list[Request] = []
        self.connections = 0
        self.answers: list[Act] = []
        self._path = path
        self._rest = rest
        self._released = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self.stop()
        for thread in self._threads:
            thread.join(10)

    @property
    def open(self) -> int:
        """Connections that are open now."""
        return len(self._open)

    @property
    def asked(self) -> list[str]:
        """All requests but those for the version."""
        return [one.line for one in self.requests if one.line != "GET /version"]

    @property
    def host(self) -> str:
        return f"unix://{self._path}" if self._path else f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def silent(self, sock: socket.socket) -> bool:
        """Never answer, as an `Act`."""
        self._released.wait()
        return False

    def wait(self) -> None:
        """Serve until the process ends."""
        self._released.wait()

    def stop(self) -> None:
        """Close everything, as an engine that ends."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def restart(self) -> None:
        self.stop()
        self._listener = self._listen()

    def drop(self) -> None:
        """Close the connections, as one that wants none idle."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX if self._path else socket.AF_INET)
        listener.bind(str(self._path) if self._path else ("127.0.0.1", 0))
        listener.listen(128)
        self._run(self._accept, listener)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                self.connections += 1
                self._open.append(sock)
                self._run(self._serve, sock, self.connections)

    def _serve(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError), sock, sock.makefile("rb") as lines:
            while line := lines.readline():
                length = 0
                while header := lines.readline().strip():
                    name, _, value = header.lower().partition(b":")
                    length = int(value) if name == b"content-length" else length
                asked = line.decode().strip().removesuffix(" HTTP/1.1")
                self.requests.append(Request(number, asked, lines.read(length)))
                if not self._act(asked)(sock):
                    break
        self._open.remove(sock)

    def _act(self, asked: str) -> Act:
        if asked == "GET /version":
            return reply(b'{"ApiVersion": "1.47"}')
        if self.answers:
            return self.answers.pop(0)
        return self._rest or reply(json.dumps({"asked": asked}).encode())

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
