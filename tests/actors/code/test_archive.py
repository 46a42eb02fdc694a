"""The archive check: what plain tools make is taken, what could do harm is refused in one sentence."""

import hashlib
import stat
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.actors.code import zips

from the0_actors.actors.code.archive import DEFAULT_LIMITS, ArchiveLimits, open_package
from the0_actors.actors.domain.code import CodeFile
from the0_actors.actors.errors import Unlaunchable

MIB = 1024 * 1024


def drain(path: Path, limits: ArchiveLimits) -> None:
    """Read all files."""
    with open_package(path, limits) as package:
        for file in package.files:
            for _ in package.read(file.path):
                pass


def refusal(path: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> str:
    """Return why it is refused, at the check or at the latest while its files are read."""
    with pytest.raises(Unlaunchable) as caught:
        drain(path, limits)
    reason = str(caught.value)
    assert "\n" not in reason
    return reason


def test_arc_01_nested_files_with_content(tmp_path: Path) -> None:
    files = {"main.py": b"print()", "a/b/c.bin": bytes(range(256)) * 1000, "a/empty": b"", "ünï/ç.txt": b"x"}
    path = zips.honest(tmp_path / "x.zip", files)
    with open_package(path, DEFAULT_LIMITS) as package:
        assert package.files == tuple(CodeFile(name, len(files[name]), executable=False) for name in sorted(files))
        assert {file.path: b"".join(package.read(file.path)) for file in package.files} == files
        assert all(len(chunk) <= 65536 for chunk in package.read("a/b/c.bin"))
        assert package.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_p70_execute_bits_are_kept(tmp_path: Path) -> None:
    items = [("tool", b"", 0o100755), ("main.py", b"", 0o100644), ("dos.exe", b"", 0)]
    with open_package(zips.entries(tmp_path / "x.zip", items), DEFAULT_LIMITS) as package:
        assert {file.path: file.executable for file in package.files} == {
            "tool": True,
            "main.py": False,
            "dos.exe": False,
        }


def test_folders_and_needless_dots_are_nothing(tmp_path: Path) -> None:
    items = [("./", b"", 0o40755), ("a/", b"", 0o40755), ("./a//b.py", b"1", 0), ("a/./c.py", b"2", 0)]
    with open_package(zips.entries(tmp_path / "x.zip", items), DEFAULT_LIMITS) as package:
        assert [file.path for file in package.files] == ["a/b.py", "a/c.py"]
        assert list(package.read("a/b.py")) == [b"1"]


def test_arc_03_an_empty_zip_has_no_files(tmp_path: Path) -> None:
    with open_package(zips.honest(tmp_path / "x.zip", {}), DEFAULT_LIMITS) as package:
        assert package.files == ()


def test_arc_05_a_missing_file_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_package(tmp_path / "x.zip", DEFAULT_LIMITS)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06", zips.plain()[:-30], zips.plain()[40:]])
def test_arc_06_what_is_no_zip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert refusal(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/passwd", "leads out"),
        ("../main.py", "leads out"),
        ("a/../../main.py", "leads out"),
        ("a/..", "leads out"),
        ("C:/main.py", "leads out"),
        ("a\\..\\b.py", "backslash; pack the folder again"),
        ("..\\b.py", "backslash"),
        ("a\nb.py", "characters"),
        ("a\x1bb.py", "characters"),
        ("x" * 256, "too long"),
        ("/".join(["abcdefgh"] * 60), "too long"),
        ("d/" * 41 + "x", "too long"),
        (".", "the name"),
    ],
)
def test_p54_names_that_are_refused(tmp_path: Path, name: str, words: str) -> None:
    assert words in refusal(zips.honest(tmp_path / "x.zip", {name: b""}))


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = zips.patched(zips.honest(tmp_path / "x.zip", {"main.py?.txt": b""}), b"main.py?.txt", b"main.py\0.txt")
    assert "characters" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a.py", "a.py"), ("a.py", "./a.py"), ("d/a.py", "d//a.py")])
def test_names_that_meet_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    assert "twice" in refusal(zips.entries(tmp_path / "x.zip", [(name, b"", 0) for name in names]))


@pytest.mark.parametrize("names", [("a", "a/b.py"), ("a/b.py", "a"), ("a", "a/"), ("a/b/c", "a/b")])
def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    assert "both a file and a folder" in refusal(zips.entries(tmp_path / "x.zip", [(name, b"", 0) for name in names]))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_only_regular_files_and_folders(tmp_path: Path, kind: int) -> None:
    path = zips.entries(tmp_path / "x.zip", [("x", b"/etc/passwd", kind | 0o777)])
    assert ("is a link; pack the file" if kind == stat.S_IFLNK else "no regular file") in refusal(path)


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    assert "encrypted" in refusal(zips.central(zips.honest(tmp_path / "x.zip", {"a": b"1"}), 8, "<H", 1))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused(tmp_path: Path, method: int) -> None:
    assert "deflate" in refusal(zips.entries(tmp_path / "x.zip", [("a", b"1", 0)], method))


def test_limits(tmp_path: Path) -> None:
    files = {f"{n}.py": b"x" * 1000 for n in range(10)}
    path = zips.honest(tmp_path / "x.zip", files)
    size = path.stat().st_size
    open_package(path, ArchiveLimits(archive=size, total=10_000, file=1000, files=10, path=4, depth=0)).close()
    assert "bytes, more than" in refusal(path, ArchiveLimits(archive=size - 1))
    assert "unpacks to 10000" in refusal(path, ArchiveLimits(total=9_999))
    assert "has 1000 bytes" in refusal(path, ArchiveLimits(file=999))
    assert "10 entries" in refusal(path, ArchiveLimits(files=9))
    assert "too long" in refusal(path, ArchiveLimits(path=3))


def test_a_bomb_is_refused_by_what_it_unpacks_to_and_a_blank_database_is_none(tmp_path: Path) -> None:
    blank = zips.honest(tmp_path / "blank.zip", {"history.db": bytes(20 * MIB), "main.py": b""})
    assert blank.stat().st_size * 500 < 20 * MIB
    open_package(blank, DEFAULT_LIMITS).close()
    files = {f"{number}.db": bytes(20 * MIB) for number in range(2)}
    assert "unpacks to" in refusal(zips.honest(tmp_path / "x.zip", files), ArchiveLimits(total=40 * MIB - 1))


def test_a_table_of_contents_is_not_read_beyond_its_limit(tmp_path: Path) -> None:
    path = zips.honest(tmp_path / "x.zip", {f"a-name-of-some-length-{n:05}": b"" for n in range(2000)})
    assert "table of contents" in refusal(path, ArchiveLimits(files=10))


@pytest.mark.parametrize("size", [0, 1, 99, 101, 70_000, 2**32 - 2])
def test_sizes_that_lie_are_found_while_reading(tmp_path: Path, size: int) -> None:
    path = zips.honest(tmp_path / "x.zip", {"a": b"x" * 100})
    reason = refusal(zips.central(path, 24, "<L", size), ArchiveLimits(file=2**40, total=2**40))
    assert "'a' in the archive" in reason


def test_a_size_that_lies_never_yields_more_than_it_says(tmp_path: Path) -> None:
    path = zips.honest(tmp_path / "x.zip", {"a": b"x" * 100})
    zips.central(path, 24, "<L", 40)
    zips.central(path, 16, "<L", zlib.crc32(b"x" * 40))  # a liar who knows the reader
    with open_package(path, DEFAULT_LIMITS) as package:
        assert b"".join(package.read("a")) == b"x" * 40


def test_a_place_outside_of_the_archive_is_damage(tmp_path: Path) -> None:
    for offset in (1, 10**6, 2**32 - 2):
        assert refusal(zips.central(zips.honest(tmp_path / "x.zip", {"a": b"1"}), 42, "<L", offset))


def test_content_that_was_changed_is_damage(tmp_path: Path) -> None:
    path = zips.entries(tmp_path / "x.zip", [("a", b"content", 0)], zipfile.ZIP_STORED)
    assert "damaged" in refusal(zips.patched(path, b"content", b"CONTENT"))


HOSTILE_NAMES = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(["..", ".", "", "a", "b", "a.py", "\\", "C:", "\0"]), max_size=6).map("/".join),
)
HOSTILE_MODES = st.one_of(st.just(0), st.sampled_from([0o100755, 0o120777, 0o40755]), st.integers(0, 0xFFFF))


def read_all(path: Path) -> None:
    """Open and read like an engine does; anything but `Unlaunchable` fails the test."""
    limits = ArchiveLimits(total=10 * MIB)
    try:
        with open_package(path, limits) as package:
            for file in package.files:
                parts = file.path.split("/")
                assert not {"", ".", ".."} & set(parts)
                assert "\0" not in file.path
                assert "\\" not in file.path
                assert sum(len(chunk) for chunk in package.read(file.path)) == file.size
            assert len({file.path for file in package.files}) == len(package.files)
    except Unlaunchable:
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.lists(st.tuples(HOSTILE_NAMES, st.binary(max_size=50), HOSTILE_MODES), max_size=6))
def test_p54_hostile_entries_stay_inside_or_are_refused(tmp_path: Path, items: list[tuple[str, bytes, int]]) -> None:
    path = tmp_path / "x.zip"
    try:
        zips.entries(path, items)
    except (UnicodeEncodeError, ValueError):
        return
    read_all(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, 400))
def test_flipped_bytes_are_refused_and_nothing_worse(tmp_path: Path, flips: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(zips.plain())
    for place, value in flips:
        content[place % len(content)] = value
    path = tmp_path / "x.zip"
    path.write_bytes(content[: len(content) - (cut if cut < 30 else 0)])
    read_all(path)
