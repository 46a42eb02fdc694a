"""The groundwork: what cannot be had is said before anything is begun."""

from pathlib import Path

import pytest

from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.embedded import docker_engine
from the0_actors.supervisors.groundwork import lay
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
