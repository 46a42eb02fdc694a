"""A real Docker Engine and two images for it.

The engine is `THE0_TEST_DOCKER_HOST`, else `DOCKER_HOST`, else the usual socket; where none answers and this is root
on a machine with `dockerd`, one is started in a folder of its own and ended with the tests.
"""

import gc
import io
import os
import secrets
import shutil
import signal
import subprocess
import tarfile
import tempfile
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import docker
import pytest
from docker.errors import APIError
from tests.parts.waiting import missing, until

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker.connection import DEFAULT_HOST, ClientSettings
from the0_actors.adapters.docker.engine import engine_id
from the0_actors.adapters.docker.options import DockerOptions

SHELL_IMAGE = "the0-test-busybox:3"
"""Busybox, with a `python3` that takes the bot's entry point for a shell script: bots in milliseconds."""

PYTHON_IMAGE = "the0-test-python:1"
"""Debian with its Python 3.11: what stands in for the official image."""

SHELL_OPTIONS = DockerOptions(images={"python3.11": SHELL_IMAGE})
PYTHON_OPTIONS = DockerOptions(images={"python3.11": PYTHON_IMAGE})

_STUB = b'#!/bin/sh\nexec sh "/bot/$SCRIPT_PATH"\n'
_APPLETS = (
    *("sh", "cat", "chmod", "chown", "cp", "echo", "env", "find", "grep", "head", "id", "kill", "ln", "ls", "mkdir"),
    *("mkfifo", "mv", "nc", "printf", "ps", "rm", "sleep", "stat", "tar", "touch", "wc"),
)


@pytest.fixture(scope="session")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientSettings]:
    """Give the way to a running engine."""
    for host in (os.environ.get("THE0_TEST_DOCKER_HOST"), os.environ.get("DOCKER_HOST"), DEFAULT_HOST):
        settings = ClientSettings(host=host or DEFAULT_HOST)
        if host and answers(settings):
            yield settings
            return
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        missing("no Docker Engine answers, and none can be started here")
    with own_engine(tmp_path_factory.mktemp("docker")) as settings:
        yield settings


@contextmanager
def own_engine(folder: Path, *arguments: str, before: tuple[str, ...] = ()) -> Generator[ClientSettings, None, None]:
    """Run an engine of one's own in a folder, by a command that stands before its own. Needs root."""
    settings = ClientSettings(host=f"unix://{folder}/docker.sock")
    command = [*before, "dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    command += ["-H", settings.host, "-p", f"{folder}/pid", *arguments]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: process.poll() is not None or answers(settings), "the engine answers", 60)
        if process.poll() is not None:
            missing(f"dockerd does not start: {(folder / 'log').read_text(errors='replace')[-1000:]}")
        yield settings
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def docker_client(docker_engine: ClientSettings) -> Iterator[docker.APIClient]:
    """Give a client of its own for the hands of a test."""
    client = docker.APIClient(timeout=60, **docker_engine.arguments())
    yield client
    client.close()


@pytest.fixture(scope="session")
def shell_image(docker_client: docker.APIClient) -> str:
    """Give the image for bots that are shell scripts."""
    make_shell_image(docker_client)
    return SHELL_IMAGE


def make_shell_image(client: docker.APIClient) -> None:
    """Have the image for bots that are shell scripts."""
    if not client.images(SHELL_IMAGE, quiet=True):
        client.import_image_from_data(_shell_root(), *SHELL_IMAGE.split(":"))


@pytest.fixture(scope="session")
def python_image(docker_client: docker.APIClient) -> str:
    """Give the image for bots that are Python programs."""
    if not docker_client.images(PYTHON_IMAGE, quiet=True):
        root = _python_root()
        repository, tag = PYTHON_IMAGE.split(":")
        packer = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        assert packer.stdout is not None
        with packer.stdout as archive:
            docker_client.import_image(archive, repository=repository, tag=tag)
        assert packer.wait() == 0
    return PYTHON_IMAGE


@pytest.fixture
def installation(docker_engine: ClientSettings) -> Iterator[str]:
    """Give an installation id of its own, and remove all that was made under it."""
    name = secrets.token_hex(6)
    yield name
    client = docker.APIClient(timeout=60, **docker_engine.arguments())
    clean(client, name)
    client.close()


def clean(client: docker.APIClient, installation: str) -> None:
    """Remove everything that carries an installation's name or label."""
    mine = {"label": f"the0-actors.installation={installation}"}
    for container in client.containers(all=True, filters=mine):
        _remove(client, container["Id"])
    for item in client.volumes(filters={"name": f"the0-{installation}-"})["Volumes"] or []:
        client.remove_volume(item["Name"])
    for network in client.networks(filters=mine):
        try:
            client.remove_network(network["Id"])
        except APIError:
            # Many starts and ends at once can leave the engine with a wrong count of endpoints (moby #42119). It then
            # keeps an empty network until it is restarted; one with containers in it is a fault of the test.
            if client.inspect_network(network["Id"])["Containers"]:
                raise


def _remove(client: docker.APIClient, container_id: str) -> None:
    """Remove a container, whether it runs, is gone, or is being removed by the engine."""
    try:
        client.remove_container(container_id, force=True, v=True)
    except APIError as error:
        if error.status_code == HTTPStatus.CONFLICT:
            until(lambda: not client.containers(all=True, filters={"id": container_id}), "its removal ends")
        elif error.status_code != HTTPStatus.NOT_FOUND:
            raise


def pause(client: docker.APIClient, container_id: str) -> None:
    """Pause a container by hand. On a busy machine the kernel may fail to freeze one that is just forking."""

    def paused() -> bool:
        try:
            client.pause(container_id)
        except APIError as error:
            if error.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return False
        return True

    until(paused, "the container is paused")


@contextmanager
def unclosed_sockets() -> Generator[None, None, None]:
    """Collect here, and not in a later test, the unclosed socket that docker-py drops when it cannot connect."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def answers(settings: ClientSettings) -> bool:
    """Tell whether an engine answers there."""
    with unclosed_sockets():
        try:
            return bool(engine_id(settings))
        except Unavailable:
            return False


def _shell_root() -> bytes:
    busybox = shutil.which("busybox")
    if busybox is None:
        missing("busybox-static is not installed")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in (("bin/busybox", Path(busybox).read_bytes()), ("bin/python3", _STUB)):
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o755, len(content)
            tar.addfile(entry, io.BytesIO(content))
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return archive.getvalue()


def _python_root() -> Path:
    given = os.environ.get("THE0_TEST_PYTHON_ROOT")
    root = Path(given) if given else Path.home() / ".cache" / "the0-actors" / "python-root"
    if not root.exists():
        if os.geteuid() != 0 or shutil.which("debootstrap") is None:
            missing("no Python root: set THE0_TEST_PYTHON_ROOT, or be root and install debootstrap")
        root.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix="building-", dir=root.parent))  # others may build at the same time
        subprocess.run(["debootstrap", "--variant=minbase", "--include=python3", "bookworm", str(building)], check=True)
        try:
            building.rename(root)
        except OSError:
            shutil.rmtree(building)
    return root
