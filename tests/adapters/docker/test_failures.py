"""An engine that is away, slow, or gone in the middle."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from tests.adapters.docker.conftest import Engines, create, spec
from tests.parts.docker import SHELL_OPTIONS, unclosed_sockets
from tests.parts.packages import MemoryPackage
from tests.parts.proxy import Proxy
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import NameTaken, Refused, Unavailable
from the0_actors.actors.ports.engine import Again, EngineEvent, Fresh, Happening, Signal
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine, engine_id
from the0_actors.adapters.docker.options import DockerOptions, Timeouts

SHORT = DockerOptions(timeouts=Timeouts(quick=1, slow=1, pull=1, pull_silence=1))
BODY = {"Image": "bot:1", "User": "1:1", "Env": [], "Labels": {}, "HostConfig": {"NetworkMode": "none"}}
SEEN = Observed("0" * 64, "name", "bot", Kind.REALTIME, "0123456789ab", Status.EXITED, body=BODY)

CALLS: dict[str, Callable[[DockerEngine], Any]] = {
    "identify": lambda engine: engine.identify(),
    "ping": lambda engine: engine.ping(),
    "list": lambda engine: engine.list(),
    "look": lambda engine: engine.look("bot"),
    "has_code": lambda engine: engine.has_code("0" * 64),
    "store_code": lambda engine: engine.store_code(MemoryPackage({"main.py": b""})),
    "prepare": lambda engine: engine.prepare(spec()),
    "create": lambda engine: engine.create(Fresh(spec(), "0" * 64), Birth()),
    "again": lambda engine: engine.create(Again(SEEN), Birth()),
    "start": lambda engine: engine.start("0" * 64),
    "signal": lambda engine: engine.signal("0" * 64, Signal.TERM),
    "resume": lambda engine: engine.resume("0" * 64),
    "remove": lambda engine: engine.remove("0" * 64),
    "purge": lambda engine: engine.purge("bot"),
    "sweep_code": lambda engine: engine.sweep_code(frozenset()),
    "logs": lambda engine: engine.logs("0" * 64, 10, follow=False),
    "watch": lambda engine: engine.watch(lambda _: None, lambda _: None),
}


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[ClientSettings]:
    """Give an engine that takes connections and never answers."""
    path = tmp_path / "silent.sock"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        yield ClientSettings(host=f"unix://{path}")


@pytest.mark.parametrize("call", CALLS)
def test_p56_p69_an_engine_that_is_away_is_unavailable_to_every_call(tmp_path: Path, call: str) -> None:
    engine = DockerEngine(ClientSettings(host=f"unix://{tmp_path}/none.sock"), "0123456789ab", SHORT)
    with unclosed_sockets(), pytest.raises(Unavailable):
        CALLS[call](engine)


@pytest.mark.parametrize("call", ["identify", "ping", "list", "create", "watch"])
def test_p34_an_engine_that_does_not_answer_is_unavailable_in_time(silent: ClientSettings, call: str) -> None:
    with pytest.raises(Unavailable):
        CALLS[call](DockerEngine(silent, "0123456789ab", SHORT))


def test_the_engines_id_is_known_before_an_installation_is(silent: ClientSettings) -> None:
    with pytest.raises(Unavailable):
        engine_id(silent, SHORT.timeouts)


@pytest.fixture
def proxy(docker_engine: ClientSettings, tmp_path: Path) -> Iterator[Proxy]:
    if not docker_engine.host.startswith("unix://"):
        pytest.skip("the proxy stands before a Unix socket")
    with Proxy(tmp_path / "proxy.sock", docker_engine.host.removeprefix("unix://")) as made:
        yield made


@pytest.mark.docker
def test_p34_a_create_that_timed_out_is_found_by_a_look(engines: Engines, proxy: Proxy) -> None:
    engine = engines()
    create_body = _prepared(engine)
    slow = engines(
        replace(SHELL_OPTIONS, timeouts=Timeouts(quick=1, slow=1)), ClientSettings(host=f"unix://{proxy.path}")
    )
    proxy.hold_from(b"/containers/create?name=the0-")
    with pytest.raises(Unavailable):
        slow.create(create_body, Birth())
    proxy.release()
    name = engine.name_of("bot", Kind.REALTIME)
    until(lambda: engine.look(name), "the engine made it all the same")
    with pytest.raises(NameTaken):
        engine.create(create_body, Birth())
    assert len([one for one in engine.list() if one.bot_id == "bot"]) == 1


@pytest.mark.docker
def test_p16_a_stream_that_breaks_says_so_once(engines: Engines, proxy: Proxy) -> None:
    engine = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{proxy.path}"))
    events, ends = SimpleQueue[EngineEvent](), SimpleQueue[str]()
    watch = engine.watch(events.put, ends.put)
    container_id = create(engine, spec())
    engine.start(container_id)
    assert events.get(timeout=20).happening is Happening.STARTED
    proxy.cut()
    assert ends.get(timeout=20)
    watch.close()
    assert ends.empty()


@pytest.mark.docker
def test_p16_a_watch_can_be_closed_while_its_connection_is_a_black_hole(engines: Engines, proxy: Proxy) -> None:
    engine = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{proxy.path}"))
    ends = SimpleQueue[str]()
    watch = engine.watch(lambda _: None, ends.put)
    proxy.hold()
    watch.close()
    assert ends.empty()


@pytest.mark.docker
def test_p71_what_the_engine_cannot_start_is_refused_with_its_words(engines: Engines) -> None:
    engines().has_code(_prepared(engines()).code_hash)  # makes the helpers' image, which holds no shell
    engine = engines(replace(SHELL_OPTIONS, images={"python3.11": SHELL_OPTIONS.helper_image}))
    container_id = create(engine, spec())
    with pytest.raises(Refused, match="/bin/sh"):
        engine.start(container_id)
    found = engine.look(container_id)
    assert found is not None
    assert found.status is Status.CREATED
    engine.remove(container_id)


@pytest.mark.docker
def test_a_runtime_that_was_cut_off_while_filling_leaves_nothing_in_the_way(engines: Engines, proxy: Proxy) -> None:
    engine = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{proxy.path}"))
    package = MemoryPackage({"bot.sh": b"exit 0"})
    engine.has_code(package.digest)

    class Cut(MemoryPackage):
        def read(self, path: str) -> Iterator[bytes]:
            until(lambda: any(one.startswith("PUT") for one in proxy.requests), "the upload is under way")
            proxy.cut()
            yield self.contents[path]

    with pytest.raises(Unavailable):
        engine.store_code(Cut(package.contents))
    other = engines()
    assert not other.has_code(package.digest)
    other.store_code(package)
    assert other.has_code(package.digest)


def _prepared(engine: DockerEngine) -> Fresh:
    package = MemoryPackage({"bot.sh": b"exit 0"})
    engine.prepare(spec())
    engine.store_code(package)
    return Fresh(spec(), package.digest)


@pytest.mark.docker
def test_p29_a_listener_that_fails_does_not_end_the_stream_without_a_word(engines: Engines) -> None:
    engine = engines()
    ends = SimpleQueue[str]()

    def fail(event: EngineEvent) -> None:
        raise RuntimeError(f"cannot take {event.happening}")

    watch = engine.watch(fail, ends.put)
    engine.start(create(engine, spec()))
    assert "cannot take started" in ends.get(timeout=20)
    watch.close()
