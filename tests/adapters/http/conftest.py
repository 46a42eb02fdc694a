"""Servers on free ports, and requests as bytes."""

import socket
from collections.abc import Callable, Iterator

import pytest
from tests.adapters.http.samples import FixedRuntime

from the0_actors.adapters.http.server import StatusServer

Starter = Callable[..., StatusServer]


@pytest.fixture
def start() -> Iterator[Starter]:
    servers: list[StatusServer] = []

    def make(runtime: FixedRuntime, **options: object) -> StatusServer:
        host = str(options.pop("host", "127.0.0.1"))
        server = StatusServer(runtime, host, 0, **options)  # type: ignore[arg-type]
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.close()


def ask(port: int, request: str, host: str = "127.0.0.1") -> tuple[int, str]:
    """Send one raw request; return status and body."""
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(f"{request} HTTP/1.0\r\n\r\n".encode() if "\r\n" not in request else request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body
