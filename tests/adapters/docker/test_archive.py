"""The tar stream of a code package."""

import io
import tarfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parts.packages import MemoryPackage

from the0_actors.adapters.docker.archive import code_stream, folder_of

SEGMENT = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=150)
PATHS = st.lists(SEGMENT.filter(lambda one: one not in {".", ".."}), min_size=1, max_size=3).map("/".join)


def consistent(paths: frozenset[str]) -> bool:
    return not any(other.startswith(f"{one}/") for one in paths for other in paths)


@given(st.frozensets(PATHS, max_size=5).filter(consistent), st.binary(max_size=2000), st.booleans())
def test_what_went_in_comes_out(paths: frozenset[str], content: bytes, executable: bool) -> None:
    package = MemoryPackage({path: content + path.encode() for path in paths}, paths if executable else frozenset())
    with tarfile.open(fileobj=io.BytesIO(b"".join(code_stream(package)))) as tar:
        members = tar.getmembers()
        files = {one.name: one for one in members if one.isfile()}
        assert files.keys() == {f"files/{path}" for path in paths} | {"complete"}
        for path in paths:
            taken = tar.extractfile(files[f"files/{path}"])
            assert taken is not None
            assert taken.read() == package.contents[path]
            assert files[f"files/{path}"].mode == (0o755 if executable else 0o644)
    assert members[-1].name == "complete"
    seen = {""}
    for one in members:
        assert one.name.rpartition("/")[0] in seen, "a folder comes before what is in it"
        seen.add(one.name)


def test_it_is_never_whole_in_memory() -> None:
    package = MemoryPackage({"big": b"x" * (4 << 20)})
    assert max(len(part) for part in code_stream(package)) <= 64 * 1024


def test_a_file_of_another_length_than_said_is_an_error() -> None:
    class Short(MemoryPackage):
        def read(self, path: str) -> Iterator[bytes]:
            yield self.contents[path][:-1]

    with pytest.raises(ValueError, match=r"main\.py: 2 bytes instead of 3"):
        list(code_stream(Short({"main.py": b"abc"})))


def test_a_folder_is_given_by_one_entry_that_leads_back_to_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(folder_of("2000000001:2000000002", "/state"))) as tar:
        (entry,) = tar.getmembers()
    assert (entry.name, entry.isdir(), entry.mode) == ("../state", True, 0o755)
    assert (entry.uid, entry.gid) == (2_000_000_001, 2_000_000_002)
