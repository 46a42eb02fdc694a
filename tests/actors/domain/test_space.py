"""When a disk has too little room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.space import MIB, Space

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("free", "total", "low", "full"),
    [
        (2 * GIB, 2000 * GIB, False, False),
        (500 * MIB, 2000 * GIB, True, False),
        (10 * MIB, 2000 * GIB, True, True),
        (0, 20 * GIB, True, True),
        (100 * MIB, GIB, False, False),  # a small disk may be small
        (40 * MIB, GIB, True, False),
        (0, 0, False, False),  # a file system that does not count
    ],
)
def test_bytes(free: int, total: int, *, low: bool, full: bool) -> None:
    space = Space("data folder /d", free, total, 0, 0)
    assert (space.low, space.full) == (low, full)


def test_the_number_of_files_counts_too() -> None:
    space = Space("data folder /d", 50 * GIB, 100 * GIB, 3, 6_000_000)
    assert space.low
    assert space.full
    assert str(space) == "data folder /d: room for 3 more files of 6000000 is left"


def test_the_words_name_place_and_room() -> None:
    space = Space("data folder /d", 10 * MIB, 20 * GIB, 0, 0)
    assert str(space) == "data folder /d: the disk is full, 10 MiB of 20480 MiB are free"
    assert "nearly full, 500 MiB" in str(Space("x", 500 * MIB, 20 * GIB, 0, 0))


@given(st.integers(0, 2**60), st.integers(0, 2**60), st.integers(0, 2**40), st.integers(0, 2**40))
def test_what_is_full_is_low(free: int, total: int, free_files: int, files: int) -> None:
    space = Space("x", free, total, free_files, files)
    assert space.low or not space.full
    assert str(space)
