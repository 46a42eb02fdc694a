"""Child specifications refuse what cannot work, naming the field; backoff and window are pure."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.kernel.actor import Actor
from the0_actors.supervisors.child import Window
from the0_actors.supervisors.child_spec import Backoff, ChildSpec, Intensity, Restart
from the0_actors.supervisors.supervisor import Supervisor

good: dict[str, Any] = {"id": "a", "factory": Actor}


@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        ({"id": ""}, ValueError, "ChildSpec.id"),
        ({"id": "a/b"}, ValueError, "ChildSpec.id"),
        ({"factory": None}, TypeError, "ChildSpec.factory"),
        ({"restart": "permanent"}, TypeError, "ChildSpec.restart"),
        ({"shutdown": 0}, ValueError, "ChildSpec.shutdown"),
        ({"shutdown": -1.0}, ValueError, "ChildSpec.shutdown"),
        ({"shutdown": float("nan")}, ValueError, "ChildSpec.shutdown"),
        ({"shutdown": 5000.0}, ValueError, "ChildSpec.shutdown"),
    ],
)
def test_each_field_is_checked_by_name(change: dict[str, Any], error: type[Exception], names: str) -> None:
    ChildSpec(**good)
    with pytest.raises(error, match=names):
        ChildSpec(**{**good, **change})


@pytest.mark.parametrize("backoff", [(-1.0, 1.0), (2.0, 1.0), (0.1, float("inf")), (float("nan"), 1.0)])
def test_a_backoff_that_cannot_work_is_refused(backoff: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="Backoff"):
        Backoff(*backoff)


def test_an_intensity_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Intensity\.restarts"):
        Intensity(restarts=-1)
    with pytest.raises(ValueError, match=r"Intensity\.period"):
        Intensity(period=0)


def test_two_children_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="not unique: a"):
        Supervisor((ChildSpec(**good), ChildSpec(**good)))


@pytest.mark.parametrize(
    ("restart", "after_normal", "after_failure"),
    [(Restart.PERMANENT, True, True), (Restart.TRANSIENT, False, True), (Restart.TEMPORARY, False, False)],
)
def test_who_is_started_again(restart: Restart, after_normal: bool, after_failure: bool) -> None:
    assert restart.wants(failed=False) is after_normal
    assert restart.wants(failed=True) is after_failure


@given(base=st.floats(0, 10), factor=st.floats(1, 1000), attempt=st.integers(1, 10_000), seed=st.integers(0, 100))
def test_a_backoff_stays_within_its_bound(base: float, factor: float, attempt: int, seed: int) -> None:
    backoff = Backoff(base, base * factor)
    delay = backoff.delay(attempt, random.Random(seed))
    assert 0 <= delay <= min(backoff.cap, base * 2.0 ** min(attempt - 1, 32))


def test_the_jitter_is_full() -> None:
    rng = random.Random(1)
    delays = [Backoff(1.0, 100.0).delay(4, rng) for _ in range(1000)]
    assert min(delays) < 0.1
    assert max(delays) > 7.9
    assert 3.5 < sum(delays) / 1000 < 4.5


@given(
    gaps=st.lists(st.floats(0, 20), max_size=50),
    restarts=st.integers(0, 5),
    period=st.floats(0.5, 30),
)
def test_the_window_counts_as_a_naive_count_does(gaps: list[float], restarts: int, period: float) -> None:
    window = Window(Intensity(restarts, period))
    times: list[float] = []
    now = 0.0
    for gap in gaps:
        now += gap
        times.append(now)
        assert window.add(now) == (sum(time > now - period for time in times) <= restarts)
