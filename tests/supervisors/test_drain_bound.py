"""How long a drain may take: what was set, or what the bots' own graces need."""

import pytest

from the0_actors.supervisors.ports import DRAIN_MARGIN, drain_bound
from the0_actors.supervisors.settings import Docker, Runtime, Settings


@pytest.mark.parametrize(
    ("timeout", "longest", "expected"),
    [
        (120.0, None, 120.0),
        (120.0, 4.0, 120.0),
        (120.0, 60.0, 150.0),
        (120.0, 3600.0, 80.0 + 3600.0 + DRAIN_MARGIN),
        (5.0, None, 5.0),
        (5.0, 60.0, 60.0 + DRAIN_MARGIN),
    ],
)
def test_p64_a_drain_waits_as_long_as_the_longest_grace_needs(
    timeout: float, longest: float | None, expected: float
) -> None:
    """Runs may go on for a while before they are stopped: their grace comes after that."""
    settings = Settings(runtime=Runtime(drain_timeout=timeout), docker=Docker(stop_grace=30.0))
    assert drain_bound(settings, longest) == expected
