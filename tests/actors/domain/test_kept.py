"""What follows from how much a bot keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.kept import Kept, Level, judge

GIB = 1 << 30


@pytest.mark.parametrize(
    ("kept", "level", "words"),
    [
        (Kept("bot", GIB, 131_072), Level.FINE, ""),
        (Kept("bot", GIB, None), Level.FINE, ""),
        (Kept("bot", 3 * GIB // 2), Level.OVER, "its state takes 1.5Gi of 1Gi; at 2 times as much it is stopped"),
        (Kept("bot", 5, 131_073), Level.OVER, "its state takes 131073 files of 131072"),
        (Kept("bot", 3 * GIB, 5), Level.TOO_MUCH, "its state takes 3Gi of 1Gi: empty it, or raise config.state_limit"),
        (Kept("bot", 5, 300_000), Level.TOO_MUCH, "its state takes 300000 files of 131072: empty it"),
    ],
)
def test_a_level_and_its_words(kept: Kept, level: Level, words: str) -> None:
    found, said = judge(kept, GIB)
    assert found is level
    assert said.startswith(words)


@given(st.integers(0, 2**40), st.none() | st.integers(0, 2**30), st.integers(1, 2**40))
def test_words_are_said_exactly_when_something_is_wrong(size: int, files: int | None, bound: int) -> None:
    level, words = judge(Kept("bot", size, files), bound)
    assert bool(words) is (level is not Level.FINE)
    assert level is not Level.FINE or size <= bound
