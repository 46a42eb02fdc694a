"""The rule by which starts slow down and go faster again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.throttle import LATE, Bounds, Throttle, after_start, after_turn

BOUNDS = Bounds(least=2, calls=8, most=32)


def of(size: float, usual: float | None = None, spared: int = 0) -> Throttle:
    return Throttle(BOUNDS, size, usual, spared)


TABLE = {
    "the first start says what is usual": (of(16.0), 0.5, of(16.0 + 1 / 16, 0.5)),
    "as usual: a share of one more": (of(8.0, 0.5), 0.5, of(8.125, 0.5)),
    "quicker is the new usual": (of(8.0, 0.5), 0.2, of(8.125, 0.2)),
    "no more than the most": (of(32.0, 0.5), 0.5, of(32.0, 0.5)),
    "far slower: half as many": (of(32.0, 0.5), 2.5, of(16.0, 0.52, spared=32)),
    "but the engine is not left idle": (of(12.0, 0.5), 2.5, of(8.0, 0.52, spared=12)),
    "slow with no more than it can take at once": (of(8.0, 0.5), 2.5, of(8.0, 0.52)),
    "nor more after lateness": (of(3.0, 0.5), 2.5, of(3.0, 0.52)),
    "three times of very little is nothing": (of(16.0, 0.01), 0.2, of(16.0 + 1 / 16, 0.0119)),
    "on its way before the cut: says nothing": (of(16.0, 0.5, spared=3), 2.5, of(16.0, 0.52, spared=2)),
    "nor for more": (of(16.0, 0.5, spared=1), 0.5, of(16.0, 0.5)),
}


@pytest.mark.parametrize(("before", "seconds", "after"), TABLE.values(), ids=TABLE.keys())
def test_a_start_and_what_follows(before: Throttle, seconds: float, after: Throttle) -> None:
    got = after_start(before, seconds)
    assert (got.size, got.spared) == pytest.approx((after.size, after.spared))
    assert got.usual == pytest.approx(after.usual)


@pytest.mark.parametrize(
    ("size", "late", "after"),
    [(16.0, 0.0, 16.0), (16.0, LATE, 16.0), (16.0, 0.3, 8.0), (5.0, 3.0, 2.5), (3.0, 3.0, 2.0), (2.0, 60.0, 2.0)],
)
def test_a_late_turn_takes_half_away(size: float, late: float, after: float) -> None:
    assert after_turn(of(size), late).size == after


@given(
    calls=st.integers(1, 256),
    happened=st.lists(st.tuples(st.booleans(), st.floats(0.0, 1000.0)), max_size=200),
)
def test_whatever_happens_somebody_may_go_and_never_too_many(calls: int, happened: list[tuple[bool, float]]) -> None:
    throttle = Throttle.fresh(Bounds.of(calls))
    for started, seconds in happened:
        throttle = after_start(throttle, seconds) if started else after_turn(throttle, seconds)
        assert 1 <= throttle.bounds.least <= throttle.limit <= throttle.bounds.most
        assert throttle.spared <= throttle.bounds.most


@given(calls=st.integers(1, 4), late=st.lists(st.floats(0.0, 100.0), max_size=30), seconds=st.floats(0.0, 100.0))
def test_once_all_is_well_it_comes_back_to_the_most(calls: int, late: list[float], seconds: float) -> None:
    throttle = Throttle.fresh(Bounds.of(calls))
    for one in late:
        throttle = after_turn(throttle, one)
    starts = 0
    while throttle.limit < throttle.bounds.most:
        throttle = after_start(throttle, seconds)
        starts += 1
        assert starts <= throttle.bounds.most**2, "one more for each round of starts"


@given(one=st.floats(0.3, 10.0), capacity=st.integers(1, 4))
def test_an_engine_that_takes_few_at_a_time_is_soon_sent_no_more_than_it_is_given_at_once(
    one: float, capacity: int
) -> None:
    """Each start takes as long as all that are on their way before it."""
    throttle = Throttle.fresh(BOUNDS)
    sizes: list[int] = []
    for number in range(100):
        ahead = min(number, throttle.limit - 1)
        throttle = after_start(throttle, one * max(1.0, (ahead + 1) / capacity))
        sizes.append(throttle.limit)
    assert min(sizes) == BOUNDS.calls
    assert max(sizes[20:]) < BOUNDS.most
