"""Finding a Docker Engine, and running one of our own for real."""

import io
import os
import shutil
import signal
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest
from tests.parts.waiting import missing, until

from the0_actors.actors.errors import InvalidSetting
from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.debian import hindrance, run
from the0_actors.adapters.embedded.docker_engine import DockerHost, find_engine
from the0_actors.adapters.embedded.own_engine import NAME, OwnEngine
from the0_actors.adapters.embedded.processes import running_with

BUSYBOX = Path("/bin/busybox")

ALONE = ("--iptables=false", "--ip-forward=false")
"""Keeps a test's engine from touching the firewall of another one."""


@pytest.fixture
def folder() -> Iterator[Path]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        missing("no root, or no dockerd")
    parent = Path(tempfile.mkdtemp(prefix="own", dir="/tmp"))
    yield parent / "e"
    docker_engine.remove(parent / "e")
    parent.rmdir()


def image() -> bytes:
    """A tar of one static program."""
    if not BUSYBOX.exists():
        missing("no busybox-static")
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        tar.add(BUSYBOX, "bin/sh")
    return held.getvalue()


def status(host: DockerHost, name: str) -> str:
    with closing(docker.DockerClient(host.url)) as client:
        return str(client.containers.get(name).status)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_an_engine_of_our_own_and_what_it_runs_outlive_each_other(folder: Path) -> None:
    host = docker_engine.start(folder, ALONE)
    assert host == DockerHost(f"unix://{folder}/docker.sock", own=True)
    assert docker_engine.start(folder, ALONE) == host
    with closing(docker.DockerClient(host.url)) as client:
        client.api.import_image_from_data(image(), repository="sh")
        client.containers.run("sh", ["/bin/sh", "-c", "while :; do read x </dev/zero; done"], name="bot", detach=True,
                              network_mode="none")  # fmt: skip
    docker_engine.stop(folder)
    assert running_with("--data-root", str(folder / "data")) == ()
    assert len(running_with("-address", f"{folder}/exec/containerd/containerd.sock")) == 1
    assert docker_engine.start(folder, ALONE) == host
    assert status(host, "bot") == "running"
    docker_engine.remove(folder)
    assert not folder.exists()
    assert running_with("-address", f"{folder}/exec/containerd/containerd.sock") == ()
    docker_engine.stop(folder)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_p61_an_engine_of_our_own_that_was_killed_is_started_again_whatever_it_left(folder: Path) -> None:
    kept = OwnEngine(folder, ALONE)
    assert kept.check() == {}, "what was never made, or was removed, is not started"
    docker_engine.start(folder, ALONE)
    assert kept.check() == {}
    killed = docker_engine.daemon(folder)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    until(kept.check, "its end is noticed")
    assert kept.check() == {NAME: "has ended"}
    until(lambda: not running_with("--config", f"{folder}/exec/containerd/containerd.toml"), "its containerd has ended")
    for left in ("pid", "exec/containerd/containerd.pid"):
        (folder / left).write_text(str(os.getpid()))  # numbers that are somebody else's by now
    kept.restart(NAME)
    assert kept.check() == {}
    assert isinstance(find_engine({"DOCKER_HOST": docker_engine.address(folder)}, folder), DockerHost)


@pytest.mark.docker
def test_an_engine_that_does_not_come_up_is_said_with_its_log(folder: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"did not come up: .*dockerd\.log"):
        docker_engine.start(folder, ["--no-such-option"])
    assert "no-such-option" in (folder / "dockerd.log").read_text()


@pytest.mark.docker
def test_a_path_too_long_for_sockets_is_said(folder: Path) -> None:
    with pytest.raises(InvalidSetting, match="too long"):
        docker_engine.start(folder / ("x" * 80))


def test_an_engine_that_is_named_but_does_not_answer_is_not_replaced(tmp_path: Path) -> None:
    answer = find_engine({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}, tmp_path)
    assert answer == f"no Docker Engine answers at DOCKER_HOST=unix://{tmp_path}/none.sock"
    assert isinstance(find_engine({"DOCKER_HOST": "tcp://127.0.0.1:1"}, tmp_path), str)


@pytest.mark.docker
def test_an_engine_that_answers_is_found() -> None:
    named = os.environ.get("DOCKER_HOST")
    if not named:
        missing("no DOCKER_HOST")
    assert find_engine({"DOCKER_HOST": named}, Path("/nowhere")) == DockerHost(named, own=False)
    runtime = str(Path(named.removeprefix("unix://")).parent)
    assert find_engine({"XDG_RUNTIME_DIR": runtime}, Path("/nowhere")) == DockerHost(named, own=False)


@pytest.mark.parametrize(
    ("text", "hindered"),
    [("ID=debian\n", False), ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', False), ("ID=fedora\n", True), ("", True)],
)
def test_packages_are_installed_on_debian_and_ubuntu_alone(tmp_path: Path, text: str, *, hindered: bool) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        missing("no root, or no apt-get")
    (tmp_path / "os-release").write_text(text)
    assert (hindrance(tmp_path / "os-release") is not None) is hindered


def test_a_command_tells_a_line_now_and_then_and_its_failure() -> None:
    heard: list[str] = []
    moments = iter([0.0, 1.0, 11.0, 11.0, 12.0])
    run(["sh", "-c", "echo one; echo two >&2; echo three"], heard.append, 10, monotonic=lambda: next(moments))
    assert heard == ["  two"]
    with pytest.raises(InvalidSetting, match="ended with status 3: last words"):
        run(["sh", "-c", "echo last words; exit 3"], heard.append, 10)
    with pytest.raises(InvalidSetting, match="status -9"):
        run(["sleep", "60"], heard.append, 0.1)
