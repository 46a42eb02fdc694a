"""What a data folder remembers of the installations that ran from it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from the0_actors.actors.errors import Unavailable
from the0_actors.actors.ports.memory import Memory
from the0_actors.adapters.memory import FOLDER, FolderMemory, forget

OLD, NEW = "0123456789ab", "ba9876543210"


def test_what_was_remembered_is_recalled_by_whoever_has_the_folder(tmp_path: Path) -> None:
    memory: Memory = FolderMemory(tmp_path / "data")
    assert memory.recall() == {}
    memory.remember(OLD, "engine-1")
    memory.remember(OLD, "engine-1")
    memory.remember(NEW, "engine-2")
    assert FolderMemory(tmp_path / "data").recall() == {OLD: "engine-1", NEW: "engine-2"}
    memory.remember(OLD, "engine-2")
    assert FolderMemory(tmp_path / "data").recall()[OLD] == "engine-2"


def test_each_kind_of_bots_has_a_memory_of_its_own(tmp_path: Path) -> None:
    bots, schedules = FolderMemory(tmp_path), FolderMemory(tmp_path, "-schedules")
    bots.remember(OLD, "engine-1")
    schedules.remember(NEW, "engine-1")
    assert (set(bots.recall()), set(schedules.recall())) == ({OLD}, {NEW})


def test_a_file_is_whole_or_not_there_and_no_litter_is_taken_for_one(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / ".tmpabc").write_text("")
    (folder / "README").write_text("by hand")
    (folder / OLD).write_bytes(b"\xff")
    assert FolderMemory(tmp_path).recall() == {OLD: ""}
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            pool.submit(FolderMemory(tmp_path).remember, NEW, "e" * 4000)
        looks = [pool.submit(FolderMemory(tmp_path).recall) for _ in range(50)]
    recalled = [look.result().get(NEW, "e" * 4000) for look in looks]
    assert set(recalled) == {"e" * 4000}
    assert sorted(path.name for path in folder.iterdir()) == [".tmpabc", OLD, "README", NEW]


def test_a_folder_that_cannot_be_read_is_no_empty_memory(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file in its place")
    memory = FolderMemory(tmp_path)
    with pytest.raises(Unavailable, match="data folder"):
        memory.recall()
    with structlog.testing.capture_logs() as logs:
        memory.remember(OLD, "engine-1")  # nothing is raised: the bots go on
        memory.remember(OLD, "engine-1")
    assert [entry["event"] for entry in logs] == ["installation_not_remembered"]


def test_what_is_purged_is_forgotten(tmp_path: Path) -> None:
    FolderMemory(tmp_path).remember(OLD, "engine-1")
    forget(tmp_path)
    forget(tmp_path)
    assert FolderMemory(tmp_path).recall() == {}
