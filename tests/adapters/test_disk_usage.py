"""What folders take, by a real `du`."""

from pathlib import Path

from the0_actors.adapters.disk_usage import BATCH, measure


def test_bytes_and_files_are_told_apart_by_folder(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    for folder in (small, large / "deep" / "er"):
        folder.mkdir(parents=True)
    (large / "deep" / "er" / "file").write_bytes(b"x" * 300_000)
    (large / "out").symlink_to("/usr")
    found = {kept.bot_id: kept for kept in measure({"a": small, "b": large, "gone": tmp_path / "nowhere"})}
    assert set(found) == {"a", "b"}
    assert (found["a"].files, found["b"].files) == (1, 5)
    assert 300_000 <= found["b"].size < 400_000


def test_there_may_be_more_folders_than_a_command_line_takes(tmp_path: Path) -> None:
    folders = {str(number): tmp_path / str(number) for number in range(BATCH + 1)}
    for folder in folders.values():
        folder.mkdir()
    assert len(measure(folders)) == BATCH + 1
    assert measure({}) == ()
