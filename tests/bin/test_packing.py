"""Packing a folder, and versions."""

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.errors import InvalidSetting
from the0_actors.bin.packing import files_of, next_version, pack


def fill(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


def test_what_is_packed(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "main.py",
        "lib/util.py",
        ".env",
        ".git/config",
        "lib/.hidden/x",
        "lib/__pycache__/util.pyc",
        "run.log",
        "tests/test_main.py",
        "docs/a.md",
        "docs/README.md",
        "vendor/tests/ok.py",
        "node_modules/x/index.js",
    )
    (tmp_path / ".the0ignore").write_text("# mine\ntests/\ndocs/*.md\n!docs/README.md\nnode_modules\nvendor\n")
    assert files_of(tmp_path) == (
        "docs/README.md",
        "lib/util.py",
        "main.py",
        "node_modules/x/index.js",
        "vendor/tests/ok.py",
    )


def test_folders_of_packages_are_packed_whole(tmp_path: Path) -> None:
    whole = (
        "frontend/dist/bundle.js",
        "node_modules/.prisma/client/index.js",
        "node_modules/@prisma/client/index.js",
        "node_modules/x/test/data.log",
        "vendor/fastmath/.libs/libblas.so.3",
        "vendor/secret.pyc",
        "vendor/tests/__init__.py",
    )
    fill(tmp_path, *whole, "main.py", "frontend/src.ts", "node_modules/.bin/x", "vendor/x/.git/HEAD", "lib/vendor/.x/y")
    (tmp_path / ".the0ignore").write_text("dist/\nfrontend/\nvendor\nnode_modules/\n*.js\n")
    assert files_of(tmp_path) == tuple(sorted(("main.py", *whole)))


def test_what_the_platform_leaves_out_and_how_to_take_it_back(tmp_path: Path) -> None:
    fill(tmp_path, "main.py", "a.tmp", "b.temp", "c.pyo", "Thumbs.db", "test/x.py", "lib/__tests__/y.js", "tests/z.py")
    assert files_of(tmp_path) == ("main.py",)
    (tmp_path / ".the0ignore").write_text("!tests/\n")
    assert files_of(tmp_path) == ("main.py", "tests/z.py")


def test_what_is_left_out_is_not_looked_at(tmp_path: Path) -> None:
    fill(tmp_path, "main.py")
    for name in ("venv", ".cache", "dead.log"):
        (tmp_path / name).symlink_to("/nowhere")
    (tmp_path / ".the0ignore").write_text("venv\n")
    assert files_of(tmp_path) == ("main.py",)


def test_same_files_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    archives = []
    for folder, order in zip(folders, (1, -1), strict=True):
        fill(folder, *["z.py", "main.py", "a/b.py"][::order])
        os.utime(folder / "main.py", (order + 10, order + 10))
        pack(folder, tmp_path / f"{folder.name}.zip")
        archives.append((tmp_path / f"{folder.name}.zip").read_bytes())
    assert archives[0] == archives[1]


def test_p70_modes_are_stored(tmp_path: Path) -> None:
    fill(tmp_path / "bot", "main.py", "target/bot")
    (tmp_path / "bot" / "target" / "bot").chmod(0o700)
    (tmp_path / "bot" / "main.py").chmod(0o600)
    packed = pack(tmp_path / "bot", tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert archive.testzip() is None
    assert modes == {"main.py": 0o100644, "target/bot": 0o100755}
    assert packed.files == ("main.py", "target/bot")
    assert packed.size == (tmp_path / "x.zip").stat().st_size


def test_a_link_inside_is_a_file_and_a_link_that_leaves_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    fill(folder, "main.py")
    (folder / "same.py").symlink_to("main.py")
    pack(folder, tmp_path / "x.zip")
    assert zipfile.ZipFile(tmp_path / "x.zip").read("same.py") == b"main.py"
    for target in ("/etc/passwd", "../x.zip", "nowhere", "/"):
        (folder / "bad").symlink_to(target)
        with pytest.raises(InvalidSetting, match="bad"):
            files_of(folder)
        (folder / "bad").unlink()


@pytest.mark.parametrize(
    ("declared", "deployed", "expected"),
    [
        ("1.0.0", None, "1.0.0"),
        ("1.0.0", "1.0.0", "1.0.1"),
        ("1.0.0", "1.4.9", "1.4.10"),
        ("1.0.10", "1.0.9", "1.0.10"),
        ("2.0.0", "1.9.9", "2.0.0"),
        ("1.0.0", "latest", "1.0.0"),
    ],
)
def test_versions(declared: str, deployed: str | None, expected: str) -> None:
    assert next_version(declared, deployed) == expected


NUMBERS = st.tuples(*[st.integers(0, 10**8)] * 3)


@given(NUMBERS, NUMBERS)
def test_a_deploy_always_rises(declared: tuple[int, ...], deployed: tuple[int, ...]) -> None:
    text = next_version(".".join(map(str, declared)), ".".join(map(str, deployed)))
    assert tuple(map(int, text.split("."))) > deployed


@pytest.mark.parametrize("declared", ["1.0", "v1.0.0", "1.0.0-rc1", "", "1..0", "٣.0.0", "1.0.99999999999"])
def test_a_version_is_three_numbers(declared: str) -> None:
    with pytest.raises(InvalidSetting, match="version"):
        next_version(declared, None)
