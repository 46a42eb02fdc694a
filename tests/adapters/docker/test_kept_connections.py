"""Calls over connections that are kept: used again, never twice for what changes something."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import docker
import pytest
from tests.adapters.docker.tiny_engine import Act, TinyEngine, breaks, in_chunks, reply
from tests.parts.waiting import until

from the0_actors.actors.errors import Gone, Refused, The0ActorsError, Unavailable
from the0_actors.adapters.docker.connection import ClientSettings, Connection
from the0_actors.adapters.docker.failures import Conflict, EngineFault, translated
from the0_actors.adapters.docker.kept_connections import way
from the0_actors.adapters.docker.options import Timeouts

HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Id": '
SHORT = Timeouts(quick=1, slow=1)


@pytest.fixture(params=["unix", "tcp"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyEngine]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with TinyEngine(tmp_path / "engine.sock" if request.param == "unix" else None) as made:
        yield made


@pytest.fixture
def connection(engine: TinyEngine) -> Iterator[Connection]:
    with closing(Connection(ClientSettings(engine.host, connections=8), SHORT)) as made:
        yield made


def look(connection: Connection, name: str = "a") -> Any:
    with translated("look"):
        return connection.quick.inspect_container(name)


def start(connection: Connection) -> None:
    with translated("start"):
        connection.slow.start("a")


def test_all_calls_of_all_timeouts_in_turn_have_one_connection_and_ask_for_the_version_once(
    engine: TinyEngine, connection: Connection
) -> None:
    for number in range(5):
        look(connection, f"bot-{number}")
        start(connection)
        assert connection.has_path(f"bot-{number}", "/code/complete")
    assert engine.connections == 1
    assert len(engine.requests) == 1 + 3 * 5


CALLS: dict[str, Callable[[Any], Any]] = {
    "list": lambda client: client.containers(all=True, filters={"label": ["a=b", "c&d"]}),
    "look": lambda client: client.inspect_container("the0-ä b"),
    "create": lambda client: client.create_container_from_config({"Image": "ä", "Env": ["A=1"]}, "name"),
    "create without a name": lambda client: client.create_container_from_config({"Image": "b"}),
    "signal": lambda client: client.kill("a", "SIGTERM"),
    "start": lambda client: client.start("a"),
    "remove": lambda client: client.remove_container("a", v=True, force=False),
    "volumes": lambda client: client.volumes(filters={"label": ["a=b"]}),
    "networks": lambda client: client.networks(names=["a", "b"]),
    "network": lambda client: client.create_network("n", driver="bridge", labels={"a": "b"}),
    "image": lambda client: client.inspect_image("python:3.11-slim"),
    "import": lambda client: client.import_image_from_data(b"tar", "name", "tag"),
    "text": lambda client: client.post(f"{client.base_url}/x", data="ä"),
    "wait": lambda client: client.wait("a"),
    "files": lambda client: client.put_archive("a", "/code", b"tar"),
    "lists": lambda client: client.get(f"{client.base_url}/x", params={"a": ["1", "2"], "b": None, "c": True}),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_sent_is_what_docker_py_sends(engine: TinyEngine, connection: Connection, call: str) -> None:
    with closing(docker.APIClient(version="1.47", **ClientSettings(engine.host).arguments())) as plain:
        wanted = CALLS[call](plain)
    found = CALLS[call](connection.quick)
    first, *_, last = engine.requests
    assert (last.line, last.body) == (first.line, first.body)
    assert getattr(found, "text", found) == getattr(wanted, "text", wanted)


@pytest.mark.parametrize("end", [TinyEngine.drop, TinyEngine.restart])
def test_a_connection_that_the_engine_has_closed_meanwhile_is_not_used(
    tmp_path: Path, end: Callable[[TinyEngine], None]
) -> None:
    with TinyEngine(tmp_path / "engine.sock") as engine:
        with closing(Connection(ClientSettings(engine.host), SHORT)) as connection:
            start(connection)
            end(engine)
            start(connection)
            end(engine)
            look(connection)
        assert engine.asked == ["POST /v1.47/containers/a/start"] * 2 + ["GET /v1.47/containers/a/json"]
        assert engine.connections == 3


@pytest.mark.parametrize("act", [breaks(), breaks(HALF), breaks(b"HTTP/1.1 2")])
@pytest.mark.parametrize("kept", [True, False])
def test_p34_what_changes_something_is_sent_once_when_its_connection_breaks(
    engine: TinyEngine, connection: Connection, act: Act, kept: bool
) -> None:
    look(connection)
    if not kept:
        engine.drop()
    engine.answers = [act]
    with pytest.raises(Unavailable), translated("create"):
        connection.slow.create_container_from_config({"Image": "x"})
    assert [one for one in engine.asked if one.startswith("POST")] == ["POST /v1.47/containers/create"]
    start(connection)
    assert engine.connections == (2 if kept else 3)


def test_a_look_is_sent_again_when_its_kept_connection_ends_without_an_answer(
    engine: TinyEngine, connection: Connection
) -> None:
    look(connection)
    engine.answers = [breaks()]
    assert look(connection, "b") == {"asked": "GET /v1.47/containers/b/json"}
    assert engine.asked == ["GET /v1.47/containers/a/json"] + ["GET /v1.47/containers/b/json"] * 2


@pytest.mark.parametrize("acts", [[breaks(), breaks()], [breaks(HALF)], [breaks(b"HTTP/1.1 2")]])
def test_a_look_is_sent_no_third_time_and_not_again_after_a_part_of_an_answer(
    engine: TinyEngine, connection: Connection, acts: list[Act]
) -> None:
    look(connection)
    engine.answers = [*acts]
    with pytest.raises(Unavailable):
        look(connection)
    assert len(engine.asked) == 1 + len(acts)


def test_p34_a_connection_whose_answer_has_not_come_in_time_is_closed(
    engine: TinyEngine, connection: Connection
) -> None:
    look(connection)
    engine.answers = [engine.silent]
    with pytest.raises(Unavailable, match="timed out"):
        start(connection)
    assert look(connection, "b") == {"asked": "GET /v1.47/containers/b/json"}
    assert engine.asked.count("POST /v1.47/containers/a/start") == 1
    assert engine.connections == 2


def test_answers_in_chunks_are_put_together(engine: TinyEngine, connection: Connection) -> None:
    engine.answers = [in_chunks(b'{"Id"', b': "x"}')]
    assert look(connection) == {"Id": "x"}
    assert look(connection)
    assert engine.connections == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [("404 Not Found", Gone), ("409 Conflict", Conflict), ("500 Oh", EngineFault), ("400 Bad Request", Refused)],
)
def test_the_engines_words_come_with_an_error_and_the_connection_is_kept(
    engine: TinyEngine, connection: Connection, status: str, error: type[The0ActorsError]
) -> None:
    engine.answers = [reply(b'{"message": "No such thing"}', status)]
    with pytest.raises(error, match="No such thing"):
        start(connection)
    look(connection)
    assert engine.connections == 1


def test_many_threads_at_once_get_their_own_answers_and_few_connections_are_kept(
    engine: TinyEngine, connection: Connection
) -> None:
    threads = 32
    together = Barrier(threads)

    def one_of_many(number: int) -> Any:
        together.wait(10)
        return look(connection, f"bot-{number}")

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            wanted = [{"asked": f"GET /v1.47/containers/bot-{one}/json"} for one in range(threads)]
            assert list(pool.map(one_of_many, range(threads))) == wanted
    until(lambda: engine.open <= 8, "the connections beyond the bound are closed")


def test_close_drops_what_is_idle_and_leaves_nothing_behind_of_a_call_under_way(
    engine: TinyEngine, connection: Connection
) -> None:
    look(connection)
    entered, go_on = Barrier(2), Barrier(2)

    def late(sock: Any) -> bool:
        entered.wait(10)
        go_on.wait(10)
        return reply(b'{"Id": "x"}')(sock)

    engine.answers = [late]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(look, connection)
        entered.wait(10)
        connection.close()
        go_on.wait(10)
        assert answer.result(10) == {"Id": "x"}
    until(lambda: not engine.open, "nothing is open")
    look(connection)  # it may be used again


def test_a_silent_connection_to_another_host_is_asked_for_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with TinyEngine(None) as engine:
        connect = way(engine.host)
        assert connect is not None
        with closing(connect()) as made:
            made.connect()
            assert made.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert made.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 60


@pytest.mark.parametrize(
    "host", ["ssh://somebody@somewhere", "npipe:////./pipe/docker_engine", "http://nobody:1", "unix://"]
)
def test_other_ways_to_the_engine_are_docker_pys_own(host: str) -> None:
    assert way(host) is None


@pytest.mark.parametrize("host", ["tcp://[::1", "tcp://nobody:none", "tcp://", "unix:///nowhere/at/all"])
def test_a_way_that_leads_nowhere_is_told_at_the_first_call(host: str) -> None:
    with closing(Connection(ClientSettings(host), SHORT)) as connection, pytest.raises(Unavailable):
        look(connection)


def test_an_engine_behind_a_proxy_is_reached_as_docker_py_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert way("tcp://10.0.0.1:2375") is None
