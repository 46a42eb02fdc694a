"""However many connections hang, a probe is answered: over real sockets (P43)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.adapters.http.conftest import Starter, ask
from tests.adapters.http.samples import RUNNING, FixedRuntime
from tests.parts.waiting import until

from the0_actors.adapters.http.reception import CALLERS_OF_PEER, HEAD_SECONDS
from the0_actors.adapters.http.request import HEAD_BYTES
from the0_actors.adapters.http.server import ANSWERS

CROWD = 500
PROBES = ("GET /healthz", "HEAD /healthz", "POST /readyz", "GET /readyz")


def hang(port: int, count: int, said: bytes) -> ExitStack:
    """Open connections that say so much and no more."""
    crowd = ExitStack()
    for _ in range(count):
        connection = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        connection.sendall(said)
    return crowd


@pytest.mark.parametrize("said", [b"", b"GET /status HTTP/1.1\r\nX: ", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_p43_a_probe_is_answered_while_hundreds_hang(start: Starter, said: bytes) -> None:
    port = start(FixedRuntime()).port
    with hang(port, CROWD, said):
        began = time.monotonic()
        for _ in range(5):
            assert [ask(port, probe)[0] for probe in PROBES] == [200] * len(PROBES)
        assert time.monotonic() - began < 5.0, "twenty probes took longer than one may hang"


def test_p43_a_probe_is_answered_while_hundreds_come_again_and_again(start: Starter) -> None:
    port = start(FixedRuntime()).port
    over = threading.Event()

    def come() -> None:
        while not over.is_set():
            with hang(port, 50, b"GET / HT"):
                pass

    crowd = [threading.Thread(target=come) for _ in range(4)]
    for one in crowd:
        one.start()
    try:
        assert [ask(port, probe)[0] for probe in PROBES * 5] == [200] * len(PROBES) * 5
    finally:
        over.set()
        for one in crowd:
            one.join(20)


@pytest.fixture
def slow_database() -> Iterator[tuple[FixedRuntime, threading.Event]]:
    """A runtime whose records come when the event is set."""
    runtime, release = FixedRuntime(), threading.Event()
    real = runtime.runs

    def slow(bot_id: str, limit: int) -> object:
        release.wait(30)
        return real(bot_id, limit)

    runtime.runs = slow  # type: ignore[method-assign, assignment]
    yield runtime, release
    release.set()


def test_p43_answers_that_take_long_are_bounded_and_hold_up_no_probe(
    start: Starter, slow_database: tuple[FixedRuntime, threading.Event]
) -> None:
    runtime, release = slow_database
    port = start(runtime).port
    asked = f"GET /bots/{RUNNING.bot_id}/runs HTTP/1.0\r\n\r\n"
    with hang(port, ANSWERS, asked.encode()):
        until(lambda: ask(port, "GET /status") == (503, "busy\n"), "all places are taken")
        assert ask(port, "GET /healthz") == (200, "ok")
        release.set()
        until(lambda: ask(port, "GET /status")[0] == 200, "there is a place again")


@pytest.mark.parametrize("heads", ["", "X-The0-Actors: 1\r\nHost: evil.example\r\n"])
def test_a_body_that_never_comes_holds_nobodys_place_who_may_not_command(start: Starter, heads: str) -> None:
    port = start(FixedRuntime()).port
    said = f"POST /confirm-stops HTTP/1.0\r\nContent-Length: 1000\r\n{heads}\r\n"
    with hang(port, ANSWERS - 1, said.encode()):
        assert ask(port, said)[0] == 403


def test_who_says_nothing_is_cut_off_in_time(start: Starter) -> None:
    now = [0.0]
    port = start(FixedRuntime(), clock=lambda: now[0]).port
    dawdler = socket.create_connection(("127.0.0.1", port), timeout=10)
    with dawdler:
        dawdler.sendall(b"GET /healthz HTTP/1.0\r\n")
        assert ask(port, "GET /healthz") == (200, "ok")  # it has been heard by now
        now[0] = HEAD_SECONDS + 1
        assert dawdler.recv(1000) == b""


def test_of_one_peer_the_oldest_make_room(start: Starter) -> None:
    port = start(FixedRuntime(), clock=lambda: 0.0).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as oldest:
        with hang(port, CALLERS_OF_PEER, b""):
            assert oldest.recv(1000) == b""
        assert ask(port, "GET /healthz") == (200, "ok")


def test_a_head_that_is_too_long_is_refused(start: Starter) -> None:
    port = start(FixedRuntime()).port
    code, body = ask(port, f"GET /healthz HTTP/1.0\r\nX: {'y' * HEAD_BYTES}\r\n\r\n")
    assert (code, body) == (431, f"at most {HEAD_BYTES} bytes\n")


@pytest.mark.parametrize(
    "request_", ["\r\n\r\n", "GET\r\n\r\n", "GET /healthz HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\n x\r\n\r\n"]
)
def test_what_is_no_request_is_a_bad_one(start: Starter, request_: str) -> None:
    assert ask(start(FixedRuntime()).port, request_)[0] == 400


@pytest.mark.parametrize("path", ["healthz", "readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_a_probe_answers_every_method_that_health_checks_send(start: Starter, method: str, path: str) -> None:
    port = start(FixedRuntime()).port
    said = f"{method} /{path} HTTP/1.1\r\nHost: any.example\r\nContent-Length: 20000\r\n\r\n{'x' * 20000}"
    assert ask(port, said) == (200, "" if method == "HEAD" else "ok")


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("PATCH /healthz", "GET, HEAD, POST, PUT, DELETE"),
        ("OPTIONS /readyz", "GET, HEAD, POST, PUT, DELETE"),
        ("POST /status", "GET, HEAD"),
        ("GET /bots/x/stop", "POST"),
        ("DELETE /bots/x/logs", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_taken_is_told_with_those_that_are(start: Starter, asked: str, allowed: str) -> None:
    port = start(FixedRuntime()).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"{asked} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.0 405 Method Not Allowed\r\n")
    assert f"\r\nAllow: {allowed}\r\n" in answer
    assert answer.endswith(f"is not taken here, {allowed} is\n")
