"""The server and its client, over real sockets."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.adapters.http.conftest import Starter, ask
from tests.adapters.http.samples import LOOPING, RECORDS, RUNNING, STATUS, FixedRuntime

from the0_actors.actors.domain.masking import Masker, Secret
from the0_actors.actors.errors import NotActive, PortInUse, Refused, Unavailable
from the0_actors.actors.ports.status import Command, PartStatus, Phase
from the0_actors.adapters.http.access import Access
from the0_actors.adapters.http.client import StatusClient
from the0_actors.adapters.http.handler import FOLLOWERS
from the0_actors.adapters.http.server import StatusServer, ensure_free


def test_hlt_01_a_new_runtime_is_alive_and_not_ready(start: Starter) -> None:
    port = start(FixedRuntime(replace(STATUS, ready=False))).port
    assert ask(port, "GET /healthz") == (200, "ok")
    assert ask(port, "GET /readyz") == (503, "not ready")


def test_hlt_02_hlt_03_probes_answer_upstreams_words(start: Starter) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    assert ask(port, "GET /readyz") == (200, "ok")
    runtime.healthy = False
    assert ask(port, "GET /healthz") == (503, "unhealthy")
    assert ask(port, "HEAD /healthz") == (503, "")


def test_p43_liveness_stays_while_readiness_follows_the_dependencies(start: Starter) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    runtime.present = replace(STATUS, ready=False)
    assert ask(port, "GET /healthz") == (200, "ok")
    assert ask(port, "GET /readyz") == (503, "not ready")
    runtime.broken = True  # even a status that cannot be made leaves liveness alone
    assert ask(port, "GET /healthz") == (200, "ok")
    assert ask(port, "GET /status")[0] == 500


def test_hlt_06_flags_flip_while_others_read(start: Starter) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    answers: list[tuple[int, str]] = []
    readers = [threading.Thread(target=lambda: answers.append(ask(port, "GET /healthz"))) for _ in range(16)]
    for number, reader in enumerate(readers):
        runtime.healthy = number % 2 == 0
        reader.start()
    for reader in readers:
        reader.join(10)
    assert len(answers) == 16
    assert set(answers) <= {(200, "ok"), (503, "unhealthy")}


def test_hlt_07_refused_after_close(start: Starter) -> None:
    server = start(FixedRuntime())
    port = server.port
    assert ask(port, "GET /healthz") == (200, "ok")
    server.close()
    with pytest.raises(ConnectionRefusedError):
        ask(port, "GET /healthz")


def test_status_comes_back_as_it_was(start: Starter) -> None:
    client = StatusClient(f"127.0.0.1:{start(FixedRuntime()).port}")
    assert client.status() == STATUS


def test_p53_no_secret_is_served(start: Starter) -> None:
    mask = Masker([Secret('hush "quoted" hush', "me"), Secret("running"), Secret("bot_id"), Secret("status")])
    parts = (PartStatus("mongodb", ok=False, required=True, note='no answer to me:hush "quoted" hush@db'),)
    runtime = FixedRuntime(replace(STATUS, parts=parts))
    server = start(runtime, mask=mask)
    found = StatusClient(f"127.0.0.1:{server.port}").status()
    assert found.parts[0].note == "no answer to ***db"
    assert found.bots[0].phase is Phase.RUNNING, "words of ours are no texts"
    assert "hush" not in ask(server.port, "GET /status")[1]


def test_status_of_one_bot(start: Starter) -> None:
    port = start(FixedRuntime()).port
    code, body = ask(port, f"GET /status?bot={RUNNING.bot_id}")
    assert code == 200
    assert f'"bot_id":"{RUNNING.bot_id}"' in body
    assert ask(port, "GET /status?bot=nobody")[0] == 404
    assert ask(port, "GET /")[0] == 404


@pytest.mark.parametrize("command", list(Command))
def test_commands_reach_the_bot(start: Starter, command: Command) -> None:
    runtime = FixedRuntime()
    client = StatusClient(f"http://127.0.0.1:{start(runtime).port}/")
    assert client.command(RUNNING.bot_id, command)
    assert not client.command("no/such bot", command)
    assert runtime.commands == [(RUNNING.bot_id, command), ("no/such bot", command)]


@pytest.mark.parametrize("command", list(Command))
def test_a_command_that_cannot_be_carried_out_now_is_answered_with_the_reason(start: Starter, command: Command) -> None:
    runtime = FixedRuntime()
    runtime.hindrance = "standby: host-7 is active"
    port = start(runtime).port
    request = f"POST /bots/{RUNNING.bot_id}/{command} HTTP/1.0\r\nX-The0-Actors: 1\r\n\r\n"
    assert ask(port, request) == (503, "standby: host-7 is active\n")
    with pytest.raises(NotActive, match="standby: host-7 is active"):
        StatusClient(f"http://127.0.0.1:{port}").command(RUNNING.bot_id, command)
    assert runtime.commands == []


def test_no_web_page_can_command(start: Starter) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    target = f"POST /bots/{RUNNING.bot_id}/stop HTTP/1.0\r\n"
    assert ask(port, f"{target}Host: localhost:{port}\r\n\r\n")[0] == 403  # a form of another origin: no header
    assert ask(port, f"{target}Host: evil.example:{port}\r\nX-The0-Actors: 1\r\n\r\n")[0] == 403  # a rebound name
    assert ask(port, f"GET /bots/{RUNNING.bot_id}/logs HTTP/1.0\r\nHost: evil.example\r\n\r\n")[0] == 403
    assert ask(port, "GET /status HTTP/1.0\r\nHost: evil.example\r\n\r\n")[0] == 403
    assert runtime.commands == []


def one_chunk(_: str, __: int, ___: bool) -> Iterator[bytes]:
    return iter([b"secret"])


def own_address() -> str | None:
    """Return an address of this machine that is no loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def test_others_see_health_and_command_nothing(start: Starter) -> None:
    runtime = FixedRuntime()
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has loopback alone")
    port = start(runtime, host="0.0.0.0", logs=one_chunk).port
    assert ask(port, "GET /healthz", address) == (200, "ok")
    assert ask(port, "GET /readyz", address) == (200, "ok")
    assert ask(port, "GET /status", address)[0] == 403
    assert ask(port, f"GET /bots/{RUNNING.bot_id}/logs", address)[0] == 403
    assert ask(port, f"GET /bots/{RUNNING.bot_id}/runs", address)[0] == 403
    assert ask(port, f"POST /bots/{RUNNING.bot_id}/stop HTTP/1.0\r\nX-The0-Actors: 1\r\n\r\n", address)[0] == 403
    assert runtime.commands == []


def test_a_network_that_was_let_in_sees_the_status_without_output_and_nothing_else(start: Starter) -> None:
    runtime = FixedRuntime()
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has loopback alone")
    port = start(runtime, host="0.0.0.0", logs=one_chunk, access=Access((f"{address}/32",))).port
    code, body = ask(port, "GET /status", address)
    assert code == 200
    assert LOOPING.bot_id in body
    assert "Traceback" not in body
    assert ask(port, "GET /status HTTP/1.0\r\nHost: evil.example\r\n\r\n", address)[0] == 403
    assert ask(port, f"GET /bots/{RUNNING.bot_id}/logs", address)[0] == 403
    assert ask(port, f"POST /bots/{RUNNING.bot_id}/stop HTTP/1.0\r\nX-The0-Actors: 1\r\n\r\n", address)[0] == 403
    assert runtime.commands == []


def test_a_port_in_use_is_said_clearly(start: Starter) -> None:
    port = start(FixedRuntime()).port
    with pytest.raises(PortInUse, match=f"127.0.0.1:{port}.*in use.*--listen"):
        StatusServer(FixedRuntime(), "127.0.0.1", port).start()


def test_logs_are_streamed(start: Starter) -> None:
    asked: list[tuple[str, int, bool]] = []

    def logs(bot_id: str, tail: int, follow: bool) -> Iterator[bytes] | None:
        asked.append((bot_id, tail, follow))
        return iter([b"one\n", b"", b"two\n"]) if bot_id == RUNNING.bot_id else None

    client = StatusClient(f"127.0.0.1:{start(FixedRuntime(), logs=logs).port}")
    chunks = client.logs(RUNNING.bot_id, 5, follow=True)
    assert chunks is not None
    assert b"".join(chunks) == b"one\ntwo\n"
    assert client.logs("nobody", 5, follow=False) is None
    assert asked == [(RUNNING.bot_id, 5, True), ("nobody", 5, False)]


def test_records_of_runs_come_as_they_were_read(start: Starter) -> None:
    client = StatusClient(f"127.0.0.1:{start(FixedRuntime()).port}")
    assert client.runs(RUNNING.bot_id, 20) == RECORDS
    assert client.runs(RUNNING.bot_id, 1) == RECORDS[:1]
    assert client.runs(LOOPING.bot_id, 20) is None


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "few"])
def test_a_senseless_limit_is_refused(start: Starter, limit: str) -> None:
    code, body = ask(start(FixedRuntime()).port, f"GET /bots/{RUNNING.bot_id}/runs?limit={limit}")
    assert (code, "limit" in body) == (400, True)


def test_p69_records_that_cannot_be_read_are_no_empty_answer(start: Starter) -> None:
    runtime = FixedRuntime()
    runtime.broken = True
    with pytest.raises(Refused, match="no primary"):
        StatusClient(f"127.0.0.1:{start(runtime).port}").runs(RUNNING.bot_id, 20)


@pytest.mark.parametrize("tail", ["-1", "many", "1000000000", "٣", ""])
def test_a_senseless_tail_is_refused(start: Starter, tail: str) -> None:
    port = start(FixedRuntime(), logs=one_chunk).port
    code, body = ask(port, f"GET /bots/x/logs?tail={tail}".encode().decode())
    assert (code, "tail" in body) == ((400, True) if tail else (200, False))


def test_a_follower_that_left_frees_its_place(start: Starter) -> None:
    ended = threading.Event()
    go_on = threading.Event()

    def logs(_: str, __: int, ___: bool) -> Iterator[bytes]:
        try:
            yield b"hello\n"
            while True:
                go_on.wait(0.01)
                yield b""
        finally:
            ended.set()

    port = start(FixedRuntime(), logs=logs).port
    for _ in range(FOLLOWERS + 1):
        ended.clear()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as reader:
            reader.sendall(b"GET /bots/x/logs?follow=1 HTTP/1.0\r\n\r\n")
            assert b"200" in reader.recv(1000)
        assert ended.wait(5)


def test_followers_never_crowd_out_a_probe(start: Starter) -> None:
    release = threading.Event()

    def logs(_: str, __: int, ___: bool) -> Iterator[bytes]:
        yield b"hello\n"
        release.wait(30)

    port = start(FixedRuntime(), logs=logs).port
    readers = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(FOLLOWERS)]
    for reader in readers:
        reader.sendall(b"GET /bots/x/logs?follow=1 HTTP/1.0\r\n\r\n")
        while b"hello" not in reader.recv(1000):
            pass
    assert ask(port, "GET /bots/x/logs?follow=1") == (503, "too many followers\n")
    assert ask(port, "GET /healthz") == (200, "ok")
    release.set()
    for reader in readers:
        reader.close()


def test_the_client_says_what_to_do_when_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = StatusClient(f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable, match=r"no runtime answers on .*refused.*the0-actors run.*--url"):
            client.status()


def test_the_client_refuses_what_is_no_web_address() -> None:
    with pytest.raises(Refused, match="expected an address"):
        StatusClient("file:///etc/passwd").status()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n[]", b"junk\r\n\r\n"])
def test_the_client_tells_a_stranger_from_a_runtime(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def once() -> None:
            connection, _ = stranger.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        with pytest.raises(Unavailable):
            StatusClient(f"127.0.0.1:{stranger.getsockname()[1]}").status()
        thread.join(5)


def test_an_address_can_be_tried_before_it_is_needed(start: Starter) -> None:
    port = start(FixedRuntime()).port
    with pytest.raises(PortInUse, match=f"127.0.0.1:{port}"):
        ensure_free("127.0.0.1", port)
    ensure_free("127.0.0.1", 0)


def test_stops_are_confirmed_by_name_and_the_answer_says_which_were_held(start: Starter) -> None:
    runtime = FixedRuntime()
    client = StatusClient(f"http://127.0.0.1:{start(runtime).port}")
    assert client.confirm_stops([LOOPING.bot_id, "nobody"]) == {LOOPING.bot_id}
    assert runtime.confirmed == [frozenset((LOOPING.bot_id, "nobody"))]


def confirming(*heads: str, body: str = "[]") -> str:
    return "\r\n".join(("POST /confirm-stops HTTP/1.0", f"Content-Length: {len(body)}", *heads, "", body))


@pytest.mark.parametrize("body", ["", "no JSON", "{}", "[1]"])
def test_stops_are_confirmed_by_a_list_of_ids_alone(start: Starter, body: str) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    assert ask(port, confirming("X-The0-Actors: 1", body=body))[0] == 400
    assert runtime.confirmed == []


def test_stops_are_confirmed_from_this_host_with_the_header_alone(start: Starter) -> None:
    runtime = FixedRuntime()
    port = start(runtime).port
    assert ask(port, confirming())[0] == 403
    assert ask(port, confirming("X-The0-Actors: 1", "Host: example.org"))[0] == 403
    assert runtime.confirmed == []
    assert ask(port, confirming("X-The0-Actors: 1")) == (200, "[]\n")
