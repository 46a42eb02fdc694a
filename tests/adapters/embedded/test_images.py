"""Base images without a registry: built from a small root quickly, and from Debian for real once."""

import os
import shutil
import tarfile
from contextlib import closing
from pathlib import Path

import docker
import pytest
from tests.parts.waiting import missing

from the0_actors.actors.errors import InvalidSetting
from the0_actors.adapters.embedded import images
from the0_actors.adapters.embedded.images import IMAGES, ensure_images


class Engine:
    """Remembers what it was given, and what was in it."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.members: dict[str, dict[str, tarfile.TarInfo]] = {}
        self.changes: dict[str, tuple[str, ...]] = {}

    def has(self, name: str) -> bool:
        return name in self.names

    def take(self, tar: Path, name: str, changes: tuple[str, ...]) -> None:
        self.names.add(name)
        self.changes[name] = changes
        with tarfile.open(tar) as packed:
            self.members[name] = {member.name.removeprefix("./"): member for member in packed}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with a finished root in it."""
    root = tmp_path / "cache" / "bookworm-root"
    for path in (
        "usr/bin/python3", "usr/bin/sh", "usr/lib/python3/x.py", "usr/lib/python3/__pycache__/x.pyc",
        "usr/share/doc/p/copyright", "usr/share/doc/p/changelog", "var/cache/apt/p.deb", "var/lib/apt/lists/l",
        "etc/resolv.conf", "etc/passwd", "etc/group", "dev/null", "var/log/l", "tmp/t",
    ):  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return tmp_path / "cache"


def no_progress(_line: str) -> None:
    pass


def test_python_is_packed_without_caches_and_machine(cache: Path) -> None:
    engine = Engine()
    assert ensure_images(["python3.11"], cache, engine.has, engine.take, no_progress) == {
        "python3.11": "the0-local/python3.11:2"
    }
    members = engine.members["the0-local/python3.11:2"]
    files = {name for name, member in members.items() if not member.isdir()}
    assert files == {
        "usr/bin/python3", "usr/bin/sh", "usr/lib/python3/x.py", "usr/share/doc/p/copyright", "etc/passwd", "etc/group",
        "usr/local/bin/python", "usr/local/bin/python3",
    }  # fmt: skip
    assert members["usr/local/bin/python"].linkname == "/usr/bin/python3"
    assert members["etc/passwd"].size == len("bot:x:1000:1000::/tmp:/usr/sbin/nologin\n")
    assert {"tmp", "dev", "var/cache"} <= set(members)
    assert "USER 1000:1000" in engine.changes["the0-local/python3.11:2"]
    assert list(cache.iterdir()) == [cache / "bookworm-root"]


def test_node_has_the_binary_of_the_extra_and_no_python(cache: Path) -> None:
    engine = Engine()
    ensure_images(["nodejs20"], cache, engine.has, engine.take, no_progress)
    members = engine.members["the0-local/nodejs20:2"]
    node = members["usr/local/bin/node"]
    assert (node.size > 50 * 2**20, node.mode, node.uid) == (True, 0o755, 0)
    assert not any("python" in name for name in members)
    assert engine.changes["the0-local/nodejs20:2"][-1] == 'CMD ["node"]'


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    engine = Engine(*(image.name for image in IMAGES.values()))
    ensure_images(IMAGES, tmp_path / "never", engine.has, engine.take, no_progress)
    assert engine.members == {}
    assert not (tmp_path / "never").exists()


def test_another_node_than_ours_is_not_taken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    monkeypatch.setattr(images, "_NODE", "pytest")
    with pytest.raises(InvalidSetting, match="is needed"):
        ensure_images(["nodejs20"], cache, engine.has, engine.take, no_progress)
    monkeypatch.setattr(images, "_NODE", "no-such-package")
    with pytest.raises(InvalidSetting, match="pip install"):
        ensure_images(["nodejs20"], cache, engine.has, engine.take, no_progress)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_images_from_debian_run_on_a_real_engine(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None or "DOCKER_HOST" not in os.environ:
        missing("no root, no debootstrap or no DOCKER_HOST")
    lines: list[str] = []
    with closing(docker.DockerClient.from_env()) as client:

        def take(tar: Path, name: str, changes: tuple[str, ...]) -> None:
            client.api.import_image(str(tar), repository=f"test-{name}", changes=list(changes))

        def run(name: str, *command: str) -> str:
            output = client.containers.run(f"test-{name}", list(command), remove=True, network_mode="none")
            return bytes(output).decode().strip()

        try:
            names = ensure_images(IMAGES, tmp_path / "cache", lambda _name: False, take, lines.append)
            program = "import os, ssl, zoneinfo; print(os.getuid(), zoneinfo.ZoneInfo('Europe/Berlin'))"
            assert run(names["python3.11"], "python", "-c", program) == "1000 Europe/Berlin"
            trusted = run(names["python3.11"], "sh", "-c", "ls /etc/ssl/certs | wc -l")
            assert int(trusted) > 100
            assert run(names["python3.11"], "python3", "--version").startswith("Python 3.11")
            assert run(names["nodejs20"], "node", "-p", "process.version + os.userInfo().username") == "v20.18.0bot"
            assert run(names["python3.11"], "python3", "-c", "import getpass; print(getpass.getuser())") == "bot"
        finally:
            for image in IMAGES.values():
                client.images.remove(f"test-{image.name}", force=True)
    assert any("building a root" in line for line in lines)
