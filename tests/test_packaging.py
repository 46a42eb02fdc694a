"""Wheel and source archive, built and tried in environments of their own with the core dependencies alone."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = (
    "the0_actors/py.typed",
    "the0_actors/adapters/launch/launcher.sh",
    "the0_actors/adapters/launch/python_bot.py",
    "the0_actors/adapters/launch/node_bot.js",
    "the0_actors/adapters/yara/rules.yar",
    "the0_actors/examples/py-sma-crossover/main.py",
    "the0_actors/examples/node-market-maker/market.js",
    "the0_actors/examples/node-market-maker/bot-config.json",
)
MINUTES = 600

pytestmark = [pytest.mark.slow, pytest.mark.timeout(MINUTES)]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, check=False, cwd=cwd, env=environment, capture_output=True, text=True, timeout=MINUTES
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of what is versioned: no leftover of the working folder can help."""
    clone, folder = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("dist")
    names = run("git", "ls-files", "-z").split("\0")
    packed = subprocess.run(["tar", "-c", *filter(None, names)], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=clone, input=packed, check=True)
    run(sys.executable, "-m", "build", "--outdir", folder, cwd=clone)
    return folder


def test_the_wheel_holds_what_is_no_module(dist: Path) -> None:
    names = set(zipfile.ZipFile(next(dist.glob("*.whl"))).namelist())
    assert not [name for name in NEEDED if name not in names]
    assert all(name.startswith(("the0_actors/", "the0_actors-")) for name in names)


def test_the_source_archive_holds_the_licence_and_the_launcher(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "setup.cfg", "lib/the0_actors/adapters/launch/launcher.sh"} <= names


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"])
def test_it_works_with_the_core_dependencies_alone(dist: Path, tmp_path: Path, pattern: str) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    inside = tmp_path / "venv" / "bin"
    run(inside / "pip", "install", "--quiet", "--disable-pip-version-check", next(dist.glob(pattern)), cwd=tmp_path)
    version = run(inside / "python", "-c", "import the0_actors; print(the0_actors.__version__)", cwd=tmp_path)
    assert run(inside / "the0-actors", "version", cwd=tmp_path) == f"the0-actors version {version}"
    assert "deploy" in run(inside / "the0-actors", "--help", cwd=tmp_path)
    run(inside / "python", "-c", "import the0_actors.supervisors.wiring; from the0_actors import *", cwd=tmp_path)
