"""A full disk is named: before servers would write to it, and in words that say which."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.parts.waiting import missing

from the0_actors.actors.errors import Refused
from the0_actors.adapters.docker.connection import ClientSettings
from the0_actors.supervisors.disks import Disks
from the0_actors.supervisors.groundwork import lay
from the0_actors.supervisors.settings_reader import read_settings


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        missing("nothing can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_is_said_before_servers_are_started_on_it(small: Path) -> None:
    fill(small)
    settings = read_settings({"--data-dir": str(small / "data"), "--mode": "process"}, {}, "run")
    with pytest.raises(Refused, match=rf"data folder {small}/data: the disk is full, 0 MiB of 1 MiB are free; make"):
        lay(settings, lambda _: None)
    assert not (small / "data").exists()


def test_with_servers_of_others_a_full_disk_is_a_warning(small: Path) -> None:
    fill(small)
    given = {"MINIO_ENDPOINT": "s3:9000", "MINIO_ACCESS_KEY": "access", "MINIO_SECRET_KEY": "secret"}
    flags = {"--data-dir": str(small), "--mode": "process", "--mongo-uri": "mongodb://db"}
    said: list[str] = []
    lay(read_settings(flags, given, "run"), said.append)
    assert said == [f"warning: data folder {small}: the disk is full, 0 MiB of 1 MiB are free"]


def test_a_disk_that_fills_later_is_named_and_one_with_room_is_not(small: Path) -> None:
    disks = Disks(small, None)
    disks.check()
    fill(small)
    with pytest.raises(Refused, match=r"data folder .* the disk is full"):
        disks.check()
    (small / "filler").unlink()
    disks.check()


@pytest.mark.docker
def test_the_disk_of_the_engine_is_one_of_them(small: Path, docker_engine: ClientSettings) -> None:
    found = [space.place for space in Disks(small, docker_engine).spaces()]
    assert found[0] == f"data folder {small}"
    assert found[1].startswith("engine's data /")


def test_an_engine_that_is_away_hides_nothing(small: Path) -> None:
    disks = Disks(small, ClientSettings(host=f"unix://{small}/none.sock"))
    assert [space.place for space in disks.spaces()] == [f"data folder {small}"]
