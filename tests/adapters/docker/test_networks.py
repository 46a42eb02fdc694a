"""The bots' networks."""

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest
import structlog
from tests.adapters.docker.conftest import Engines, create, ended, output, spec
from tests.parts.docker import SHELL_OPTIONS, make_shell_image, own_engine
from tests.parts.waiting import missing, until

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.errors import Refused
from the0_actors.actors.ports.engine import Again
from the0_actors.adapters.docker.egress import Egress, bridge_of, hindrance

pytestmark = pytest.mark.docker


def network_of(client: docker.APIClient, container_id: str) -> str:
    return str(client.inspect_container(container_id)["HostConfig"]["NetworkMode"])


SERVER = """
nc -l -p 8080 -e echo reached &
until grep -qi ':1f90 ' /proc/net/tcp /proc/net/tcp6; do sleep 0.02; done
echo up
wait
"""


@pytest.fixture
def open_network(docker_client: docker.APIClient, installation: str) -> str:
    """Give a network whose containers reach each other."""
    docker_client.create_network(
        f"the0-test-{installation}", "bridge", labels={"the0-actors.installation": installation}
    )
    return f"the0-test-{installation}"


@pytest.mark.parametrize("apart", [True, False])
def test_bots_cannot_reach_each_other(
    engines: Engines, docker_client: docker.APIClient, open_network: str, apart: bool
) -> None:
    engine = engines(SHELL_OPTIONS if apart else replace(SHELL_OPTIONS, network=open_network))
    server = create(engine, spec("server"), SERVER)
    engine.start(server)
    until(lambda: "up" in output(engine, server), "the server listens")
    (place,) = docker_client.inspect_container(server)["NetworkSettings"]["Networks"].values()
    client = create(engine, spec("client"), f"nc -w 3 {place['IPAddress']} 8080 </dev/null 2>/dev/null || echo no")
    engine.start(client)
    ended(engine, client)
    assert output(engine, client).strip() == ("no" if apart else "reached")


def test_a_full_network_is_followed_by_the_next(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    engine = engines(replace(SHELL_OPTIONS, network_ports=2))
    made = [create(engine, spec(f"bot{number}")) for number in range(5)]
    used = [network_of(docker_client, one) for one in made]
    assert used == [f"the0-{installation}-net-{number}" for number in (1, 1, 2, 2, 3)]
    engine.start(made[4])
    for one in made[:2]:
        engine.remove(one)
    again = engines(replace(SHELL_OPTIONS, network_ports=2))
    assert network_of(docker_client, create(again, spec("later"))) == f"the0-{installation}-net-1"


def test_many_threads_make_one_network(engines: Engines, docker_client: docker.APIClient, installation: str) -> None:
    engine = engines()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.prepare, [spec()] * 16))
    assert len(docker_client.networks(filters={"label": f"the0-actors.installation={installation}"})) == 1


def test_p40_a_network_removed_by_hand_is_made_again(engines: Engines, docker_client: docker.APIClient) -> None:
    engine = engines()
    container_id = create(engine, spec())
    docker_client.remove_network(network_of(docker_client, container_id))
    with pytest.raises(Refused):
        engine.start(container_id)
    found = engine.look(container_id)
    assert found is not None
    engine.remove(container_id)
    engine.start(engine.create(Again(found), Birth(incarnation=2)))


def test_a_given_network_is_used_and_must_exist(engines: Engines, docker_client: docker.APIClient) -> None:
    engine = engines(replace(SHELL_OPTIONS, network="none"))
    container_id = create(engine, spec())
    assert network_of(docker_client, container_id) == "none"
    engine.start(container_id)
    found = engine.look(container_id)
    assert found is not None
    with pytest.raises(Refused, match="nonesuch"):
        engines(replace(SHELL_OPTIONS, network="nonesuch")).prepare(spec())


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose sockets have names that are short enough, as those of a test's own folder may not be."""
    with TemporaryDirectory(prefix="one", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.timeout(120)
def test_an_engine_without_free_addresses_refuses_and_says_what_to_do(engines: Engines, short_folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        missing("no root, or no dockerd")
    one_range = ("--default-address-pool", "base=10.222.0.0/28,size=28")
    with own_engine(short_folder, *one_range, before=("unshare", "--net")) as full:
        with closing(docker.APIClient(timeout=60, **full.arguments())) as client:
            make_shell_image(client)
        with pytest.raises(Refused, match="docker network prune"):
            engines(settings=full).prepare(spec())


@pytest.fixture
def internet() -> Iterator[str]:
    """Give an address outside this host: in a network namespace beside it, with a listener at port 8000."""
    name = f"t{secrets.token_hex(3)}"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        missing("no network namespace can be made here")
    steps = (
        f"ip netns add {name}",
        f"ip link add {name}a type veth peer name {name}b netns {name}",
        f"ip address add 203.0.113.1/30 dev {name}a",
        f"ip link set {name}a up",
        f"ip -n {name} address add 203.0.113.2/30 dev {name}b",
        f"ip -n {name} link set {name}b up",
    )
    command = ["ip", "netns", "exec", name, "busybox", "nc", "-ll", "-p", "8000", "-e", "echo", "hello"]
    try:
        for step in steps:
            subprocess.run(step.split(), check=True)
        listener = subprocess.Popen(command)
        tables = [Path(f"/proc/{listener.pid}/net/{table}") for table in ("tcp", "tcp6")]
        until(lambda: any(b":1F40 " in table.read_bytes() for table in tables), "it listens")
        yield "203.0.113.2"
        listener.kill()
        listener.wait()
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def rules(parent: str) -> str:
    return subprocess.run(["iptables", "-w", "-S", parent], capture_output=True, text=True, check=True).stdout


def test_bots_reach_the_internet_and_not_the_host(
    engines: Engines, docker_client: docker.APIClient, installation: str, internet: str
) -> None:
    engine = engines()
    engine.prepare(spec())
    network = docker_client.inspect_network(f"the0-{installation}-net-1")
    gateway, bridge = network["IPAM"]["Config"][0]["Gateway"], bridge_of(network["Id"])
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        program = f"nc -w 3 {gateway} {port} </dev/null && echo host; nc -w 3 {internet} 8000 </dev/null"
        container_id = create(engine, spec(), program)
        engine.start(container_id)
        ended(engine, container_id)
    said = output(engine, container_id).splitlines()
    assert "hello" in said
    assert "host" not in said
    assert bridge in rules("INPUT")
    engine.remove(container_id)
    engine.disband()
    engine.disband()
    assert bridge not in rules("INPUT") + rules("DOCKER-USER")
    assert docker_client.networks(names=[f"the0-{installation}-net-1"]) == []


def test_the_rules_are_made_once_and_not_where_they_are_not_wanted(
    engines: Engines, docker_client: docker.APIClient, installation: str
) -> None:
    def count(parent: str) -> int:
        (network,) = docker_client.networks(names=[f"the0-{installation}-net-1"])
        return rules(parent).count(bridge_of(network["Id"]))

    engines(replace(SHELL_OPTIONS, guarded=False)).prepare(spec())
    assert (count("INPUT"), count("DOCKER-USER")) == (0, 0)
    for _ in range(2):
        engines().prepare(spec())
    assert (count("INPUT"), count("DOCKER-USER")) == (1, 1)


def test_where_no_rules_can_be_set_bots_run_and_the_log_says_so_once() -> None:
    if hindrance(local=True):
        missing("no rules can be set here")
    with structlog.testing.capture_logs() as logs:
        elsewhere = Egress(local=True, wanted=True)
        for _ in range(2):
            elsewhere.guard("0" * 64)
    reason = "br-000000000000 is not an interface of this host"
    assert logs == [{"event": "egress_not_guarded", "log_level": "warning", "reason": reason}]
