"""How many calls a start, a restart and a stop cost, counted at the engine's socket."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import docker
import pytest
from tests.adapters.docker.conftest import WAITS, Engines, ended, output, spec
from tests.parts.docker import SHELL_IMAGE, SHELL_OPTIONS
from tests.parts.packages import MemoryPackage
from tests.parts.proxy import Proxy
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.errors import CodeMissing, Refused
from the0_actors.actors.ports.engine import Again, EngineEvent, Fresh, Happening, Signal
from the0_actors.adapters.docker import names
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import DockerEngine

pytestmark = pytest.mark.docker

KEEPS = "trap 'exit 0' TERM; echo x >>/state/n; echo kept $(wc -l </state/n); while :; do sleep 0.02; done"

_ID = re.compile(r"[0-9a-f]{64}")
CREATE, LOOK_AT_CODE = "POST /containers/create", "HEAD /containers/ID/archive /code/complete"
GIVE, START, REMOVE = "PUT /containers/ID/archive /state", "POST /containers/ID/start", "DELETE /containers/ID"
TERM = "POST /containers/ID/kill TERM"
LOOK_AT_STATE = "GET /containers/ID/archive /state/.the0-state"


def short(request: str) -> str:
    """Return a request without version, ids and all of its query but a path and a signal."""
    method, target = request.split(" ")
    path, _, query = target.partition("?")
    told = re.search(r"(?:path|signal)=([^&]+)", query)
    path = re.sub(r"(?<=/volumes/)the0-.+-code-.+", "CODE", re.sub(r"^/v[0-9.]+", "", path))
    words = f"{method} {_ID.sub('ID', path)}"
    return f"{words} {told[1].replace('%2F', '/')}" if told else words


@dataclass
class Counted:
    """An engine behind a proxy, with its events followed."""

    engine: DockerEngine
    proxy: Proxy
    package: MemoryPackage
    removed: set[str] = field(default_factory=set)

    @contextmanager
    def calls(self, *expected: str) -> Generator[None, None, None]:
        """See that a block makes these calls and no other, in this order."""
        before = len(self.proxy.requests)
        yield
        assert [short(one) for one in self.proxy.requests[before:]] == [*expected]

    def launch(self, what: LaunchSpec, birth: Birth = Birth()) -> str:
        """Do all that a first start does when its code was stored, in the order of the runtime."""
        self.engine.check(what)
        assert self.engine.has_code(self.package.digest)
        self.engine.prepare(what)
        container_id = self.engine.create(Fresh(what, self.package.digest), birth)
        self.engine.start(container_id)
        return container_id

    def relaunch(self, found: Observed, birth: Birth) -> str:
        """Do all that a restart does once the end was seen."""
        self.engine.remove(found.container_id)
        container_id = self.engine.create(Again(found), birth)
        self.engine.start(container_id)
        return container_id

    def end(self, container_id: str, signal: Signal = Signal.KILL) -> Observed:
        """End it once it has come to life; return what was seen then."""
        until(lambda: output(self.engine, container_id), "it lives")
        self.engine.signal(container_id, signal)
        return ended(self.engine, container_id)

    def says(self, container_id: str, words: str) -> None:
        until(lambda: words in output(self.engine, container_id), f"it says {words!r}")


@pytest.fixture
def counted(engines: Engines, docker_engine: ClientSettings, tmp_path: Path) -> Iterator[Counted]:
    with Proxy(tmp_path / "s", docker_engine.host.removeprefix("unix://")) as proxy:
        engine = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{proxy.path}"))
        with following(engine, proxy) as counted:
            yield counted


@contextmanager
def following(engine: DockerEngine, proxy: Proxy) -> Generator[Counted, None, None]:
    """Give it with its events followed, after a first bot, whose calls are not counted."""
    counted = Counted(engine, proxy, MemoryPackage({"bot.sh": KEEPS.encode()}))

    def note(event: EngineEvent) -> None:
        if event.happening is Happening.REMOVED:
            counted.removed.add(event.container_id)

    watch = engine.watch(note, lambda _: None)
    try:
        engine.store_code(counted.package)
        counted.launch(spec("first"))
        yield counted
    finally:
        watch.close()


def test_a_first_start_of_code_that_others_run_is_three_calls(counted: Counted) -> None:
    for number in range(3):
        with counted.calls(CREATE, GIVE, START):
            container_id = counted.launch(spec(f"bot{number}"))
        counted.says(container_id, "kept 1")


def test_a_first_start_of_code_that_nobody_runs_is_four_calls(counted: Counted) -> None:
    other = MemoryPackage({"bot.sh": WAITS.encode()})
    counted.engine.store_code(other)
    counted.package = other
    with counted.calls(CREATE, LOOK_AT_CODE, GIVE, START):
        container_id = counted.launch(spec("bot"))
    counted.says(container_id, "up")


def test_a_restart_is_three_calls_also_where_nobody_else_runs_the_code(counted: Counted) -> None:
    found = counted.end(counted.launch(spec("bot")))
    alone = counted.engine.look(counted.engine.name_of("first", found.kind))
    assert alone is not None
    counted.engine.remove(counted.end(alone.container_id).container_id)
    for number in (2, 3):
        with counted.calls(REMOVE, CREATE, START):
            container_id = counted.relaunch(found, Birth(incarnation=number))
        counted.says(container_id, f"kept {number}")
        found = counted.end(container_id)


def test_a_stop_that_is_obeyed_is_one_call(counted: Counted) -> None:
    container_id = counted.launch(spec("bot"))
    counted.says(container_id, "kept 1")
    with counted.calls(TERM):
        counted.engine.signal(container_id, Signal.TERM)
    assert counted.end(container_id, Signal.TERM).exit is not None


def test_a_new_version_is_made_in_the_place_of_the_old_in_four_calls(counted: Counted) -> None:
    found = counted.end(counted.launch(spec("bot")))
    with counted.calls(REMOVE, CREATE, GIVE, START):
        counted.engine.remove(found.container_id)
        container_id = counted.launch(replace(spec("bot"), config_json='{"symbol":"C/D"}'))
    counted.says(container_id, "kept 2")


def test_an_heir_that_the_launcher_may_have_ended_leaves_nothing_to_the_next(counted: Counted) -> None:
    """What the launcher cannot bring to life ends with 1, as a bot may too; then nobody else is believed either."""
    counted.package = MemoryPackage({"bot.sh": b"exit 1"})
    counted.engine.store_code(counted.package)
    counted.launch(spec("other"))
    found = ended(counted.engine, counted.launch(spec("bot")))
    for looks in ((), (LOOK_AT_CODE, GIVE), ()):
        with counted.calls(REMOVE, CREATE, *looks, START):
            container_id = counted.relaunch(found, Birth(incarnation=2))
        found = ended(counted.engine, container_id)


def test_a_runtime_that_has_begun_anew_knows_by_one_listing(counted: Counted, engines: Engines) -> None:
    found = counted.end(counted.launch(spec("bot")))
    later = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{counted.proxy.path}"))
    watch = later.watch(lambda _: None, lambda _: None)
    later.everyone()
    later.prepare(spec("bot"))
    counted.engine = later
    with counted.calls():
        assert later.has_code(counted.package.digest)
    with counted.calls(REMOVE, CREATE, START):
        container_id = counted.relaunch(found, Birth(incarnation=2))
    counted.says(container_id, "kept 2")
    watch.close()


def test_what_belonged_to_nobody_we_know_is_looked_at_once(counted: Counted, engines: Engines) -> None:
    counted.engine.remove(counted.end(counted.launch(spec("bot"))).container_id)
    later = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{counted.proxy.path}"))
    watch = later.watch(lambda _: None, lambda _: None)
    counted.engine = later
    later.everyone()
    counted.launch(spec("other"))
    with counted.calls(CREATE, LOOK_AT_STATE, START):
        container_id = counted.launch(spec("bot"))
    counted.says(container_id, "kept 2")
    watch.close()


def test_a_sweep_tries_nothing_that_a_container_has(counted: Counted) -> None:
    counted.engine.store_code(MemoryPackage({"bot.sh": b""}))
    with counted.calls("GET /containers/json", "GET /volumes", "DELETE /volumes/CODE"):
        assert counted.engine.sweep_code(frozenset()) == 1


def test_without_events_code_and_state_are_looked_at_each_time(counted: Counted, engines: Engines) -> None:
    silent = engines(SHELL_OPTIONS, ClientSettings(host=f"unix://{counted.proxy.path}"))
    counted.engine = silent
    found = counted.end(counted.launch(spec("bot")))
    with counted.calls(REMOVE, CREATE, LOOK_AT_CODE, GIVE, START):
        counted.relaunch(found, Birth(incarnation=2))


def test_p40_code_removed_by_hand_is_missed_and_stored_again(
    counted: Counted, docker_client: docker.APIClient, installation: str
) -> None:
    (first,) = counted.engine.list()
    docker_client.remove_container(first.container_id, force=True)
    docker_client.remove_volume(names.code_volume(installation, counted.package.digest))
    until(lambda: first.container_id in counted.removed, "the removal is told")
    with pytest.raises(CodeMissing):
        counted.launch(spec("bot"))
    assert not counted.engine.has_code(counted.package.digest)
    counted.engine.store_code(counted.package)
    counted.says(counted.launch(spec("bot")), "kept 1")


def test_p40_code_removed_between_an_end_and_the_next_life_costs_one_life(
    counted: Counted, docker_client: docker.APIClient, installation: str
) -> None:
    """The moment in which no container has it is too short to be seen: no bot starts, and the next look tells."""
    (first,) = counted.engine.list()
    found = counted.end(first.container_id)
    counted.engine.remove(found.container_id)
    docker_client.remove_volume(names.code_volume(installation, found.code_hash))
    blind = counted.engine.create(Again(found), Birth(incarnation=2))
    counted.engine.start(blind)
    end = ended(counted.engine, blind)
    assert end.exit is not None
    assert end.exit.code == 1
    assert "kept" not in output(counted.engine, blind)
    counted.engine.remove(blind)
    with pytest.raises(CodeMissing):
        counted.engine.create(Again(end), Birth(incarnation=3))
    assert not counted.engine.has_code(found.code_hash)
    counted.engine.store_code(counted.package)
    counted.says(counted.launch(spec("first")), "kept 2")


def test_p40_a_state_removed_by_hand_is_made_anew_for_its_user(
    counted: Counted, docker_client: docker.APIClient, installation: str
) -> None:
    found = counted.end(counted.launch(spec("bot")))
    counted.engine.remove(found.container_id)
    docker_client.remove_volume(names.state_volume(installation, "bot"))
    counted.says(counted.launch(spec("bot")), "kept 1")


def test_p40_a_state_removed_between_an_end_and_the_next_life_costs_one_life(
    counted: Counted, docker_client: docker.APIClient, installation: str
) -> None:
    found = counted.end(counted.launch(spec("bot")))
    counted.engine.remove(found.container_id)
    docker_client.remove_volume(names.state_volume(installation, "bot"))
    blind = counted.engine.create(Again(found), Birth(incarnation=2))
    counted.engine.start(blind)
    end = ended(counted.engine, blind)
    assert end.exit is not None
    assert end.exit.code == 1
    counted.says(counted.relaunch(end, Birth(incarnation=3)), "kept 1")


def test_p40_a_given_network_removed_by_hand_is_missed_when_a_start_fails(
    engines: Engines, docker_engine: ClientSettings, docker_client: docker.APIClient, installation: str, tmp_path: Path
) -> None:
    name = f"the0-{installation}-given"
    made = docker_client.create_network(name, "bridge", labels={"the0-actors.installation": installation})
    options = replace(SHELL_OPTIONS, network=name)
    with (
        Proxy(tmp_path / "s", docker_engine.host.removeprefix("unix://")) as proxy,
        following(engines(options, ClientSettings(host=f"unix://{proxy.path}")), proxy) as counted,
    ):
        with counted.calls(CREATE, GIVE, START):
            counted.launch(spec("bot"))
        for one in counted.engine.list():
            counted.engine.remove(counted.end(one.container_id).container_id)
        docker_client.remove_network(made["Id"])
        with pytest.raises(Refused):
            counted.launch(spec("bot"))
        with pytest.raises(Refused, match="does not exist"):
            counted.engine.prepare(spec("bot"))


def test_p40_an_image_removed_by_hand_is_looked_for_when_a_create_fails(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    image = f"the0-test-{installation}"
    docker_client.tag(SHELL_IMAGE, image)
    engine = engines(replace(SHELL_OPTIONS, images={"python3.11": image}))
    package = MemoryPackage({"bot.sh": WAITS.encode()})
    engine.store_code(package)
    engine.prepare(spec())
    docker_client.remove_image(image)
    engine.prepare(spec())
    with pytest.raises(Refused, match=image):
        engine.create(Fresh(spec(), package.digest), Birth())
    docker_client.tag(SHELL_IMAGE, image)
    engine.start(engine.create(Fresh(spec(), package.digest), Birth()))
    docker_client.remove_image(image, force=True)
