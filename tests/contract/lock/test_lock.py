"""Promises of the engine's lock."""

from concurrent.futures import ThreadPoolExecutor

import docker
import pytest
from tests.contract.lock.conftest import Bench
from tests.contract.lock.holder import open_lock
from tests.parts.docker import clean, unclosed_sockets
from tests.parts.proxy import Proxy
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.lock import ContainerLock
from the0_actors.adapters.docker.names import lock_name

SOON = 5.0
"""Seconds in which the end of a process, or of a connection, is noticed."""


def test_p42_one_has_the_lock_and_keeps_it(bench: Bench) -> None:
    first, second = bench.open(), bench.open()
    assert (first.look(), first.holds()) == (False, False)
    assert first.take()
    assert not second.take()
    assert first.take()
    assert (first.look(), first.holds()) == (True, True)
    assert (second.look(), second.holds()) == (False, False)


def test_other_locks_are_other_locks(bench: Bench) -> None:
    assert bench.open().take()
    assert bench.open("-other").take()


def test_a_lock_that_is_given_back_is_free_at_once(bench: Bench) -> None:
    first, second = bench.open(), bench.open()
    first.give_back()
    assert first.take()
    second.give_back()
    assert first.look()
    first.give_back()
    assert not first.holds()
    until(second.take, "the other takes it", SOON)
    assert not first.take()


def test_p42_of_many_that_ask_at_once_one_gets_the_lock(bench: Bench) -> None:
    locks = [bench.open() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        taken = [one.result() for one in [pool.submit(lock.take) for lock in locks]]
    assert sum(taken) == 1
    assert [lock.look() for lock in locks] == taken


def test_p42_who_loses_the_lock_by_force_is_told_before_it_acts(bench: Bench) -> None:
    first, second = bench.open(), bench.open()
    assert first.take()
    assert second.take(by_force=True)
    until(lambda: not first.holds(), "the first finds out", SOON)
    assert not first.look()
    assert not first.take()
    assert second.look()
    first.give_back()
    assert second.look()


def test_force_takes_a_free_lock_and_ones_own_too(bench: Bench) -> None:
    lock = bench.open()
    assert lock.take(by_force=True)
    assert lock.take(by_force=True)
    assert lock.holds()


def test_p42_a_dead_holder_is_followed_soon(bench: Bench) -> None:
    process, second = bench.process(), bench.open()
    assert process.take()
    assert not second.take()
    process.kill()
    until(second.take, "the lock is free", SOON)
    assert second.look()


def test_p42_a_frozen_holder_keeps_the_lock_until_it_is_taken_and_wakes_up_to_its_loss(bench: Bench) -> None:
    process, second = bench.process(), bench.open()
    assert process.take()
    process.freeze()
    assert not second.take()
    assert second.take(by_force=True)
    process.thaw()
    assert not process.look()
    assert not process.take()
    assert second.look()


@pytest.mark.docker
def test_p42_a_holder_behind_a_cut_network_loses_its_lock_and_does_not_think_that_it_has_it(
    docker_engine: ClientSettings, proxy: Proxy, docker_client: docker.APIClient, installation: str
) -> None:
    far = open_lock("docker", f"tcp://127.0.0.1:{proxy.port}", installation)
    near = open_lock("docker", docker_engine.host, installation)
    assert far.take()
    assert not near.take()
    with unclosed_sockets():
        proxy.down()
        until(lambda: not far.holds(), "it finds out", SOON)
        with pytest.raises(Unavailable):
            far.take()
        until(near.take, "the other takes it", SOON)
        proxy.up()
        assert not far.take()
        assert near.look()
    near.give_back()
    assert far.take()
    far.give_back()
    clean(docker_client, installation)


@pytest.mark.docker
def test_a_lock_that_was_made_and_never_started_is_somebodys_for_a_while(
    docker_engine: ClientSettings, docker_client: docker.APIClient, installation: str
) -> None:
    lock = open_lock("docker", docker_engine.host, installation)
    assert lock.take()
    lock.give_back()
    image, name = f"the0-actors-lock:{docker_client.version()['Arch']}", lock_name(installation, Kind.REALTIME)
    until(lambda: not docker_client.containers(all=True, filters={"name": f"^/{name}$"}), "the name is free", SOON)
    docker_client.create_container(image, ["/none"], name=name)
    assert not lock.take()
    impatient = ContainerLock(docker_engine, installation, Kind.REALTIME, about_to_start=0.0)
    assert impatient.take()
    assert not lock.take()
    impatient.give_back()


@pytest.mark.docker
def test_p42_the_lock_says_nothing_while_the_engine_does_not_answer() -> None:
    lock = open_lock("docker", "tcp://127.0.0.1:1", "0" * 12)
    with unclosed_sockets(), pytest.raises(Unavailable):
        lock.take()
    assert not lock.holds()
