"""The ceilings: the operator's word, else what the engine's host has."""

import pytest

from the0_actors.actors.domain.limits import Ceiling
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import engine_capacity
from the0_actors.supervisors.ceilings import HOST, ceilings_of
from the0_actors.supervisors.settings_reader import read_settings

HOME = {"HOME": "/home/me"}


def test_the_operators_word_asks_no_engine() -> None:
    chosen = {"--max-memory": "2Gi", "--max-cpus": "1.5", "--max-pids": "99", "--docker-host": "unix:///nowhere.sock"}
    found = ceilings_of(read_settings(chosen, HOME, "run"))()
    assert found["memory_limit"] == Ceiling(2 << 30, "--max-memory")
    assert found["cpu_limit"] == Ceiling(1500, "--max-cpus")
    assert found["pids_limit"] == Ceiling(99, "--max-pids")
    assert (found["stop_grace"].value, found["timeout"].value) == (3600, 30 * 86400)


def test_without_a_word_it_is_what_this_host_has() -> None:
    found = ceilings_of(read_settings({"--mode": "process"}, HOME, "run"))()
    assert found["memory_limit"].origin == found["cpu_limit"].origin == HOST
    assert found["memory_limit"].value >= 1 << 20
    assert found["cpu_limit"].value >= 1000


@pytest.mark.docker
def test_the_engine_says_what_its_host_has(docker_engine: ClientSettings) -> None:
    has = engine_capacity(docker_engine)
    given = read_settings({"--docker-host": docker_engine.host}, HOME, "run")
    found = ceilings_of(given)()
    assert (found["memory_limit"].value, found["cpu_limit"].value) == (has.memory, has.cpu_millis)
    assert has.memory > 1 << 20
    assert has.cpu_millis % 1000 == 0
