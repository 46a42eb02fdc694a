"""Three hundred bots from empty, over sockets, on an engine that costs nothing: what was asked of it is counted.

Times say how busy the machine is; counts say what the code does. `make bench` measures both.
"""

from collections.abc import Callable

import pytest
from tests.bench.child import Numbers
from tests.bench.place import NOT_SURE, place
from tests.bench.storm import from_empty, version_of_all, version_of_its_own

from the0_actors.actors.errors import NotActive
from the0_actors.actors.fence import Fence
from the0_actors.actors.kernel.clock import SystemClock

BOTS = 300


@pytest.mark.mongo
@pytest.mark.nats
@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("version", "most_calls"),
    [
        # Of each start: create, what is put into the container, and start. What is asked once for all, at our own
        # start and in listings, is shared by three hundred.
        pytest.param(version_of_all, 4.0, id="one code"),
        # Beside them: a look for the code's volume, the helper that fills it (made, looked through, filled, removed),
        # and a look at the code through the bot's container.
        pytest.param(version_of_its_own, 10.0, id="code of their own"),
    ],
)
def test_three_hundred_bots_start_once_each_with_no_call_too_many(
    version: Callable[[int], str], most_calls: float
) -> None:
    with place() as here:
        numbers: Numbers = from_empty(here, BOTS, version)
    found = {name: numbers[name] for name in ("for_nothing", "doubles", "lost", "unknown")}
    assert found == {"for_nothing": 0, "doubles": 0, "lost": 0, "unknown": 0}
    assert numbers["calls_per_start"] <= most_calls, numbers


def test_a_loss_is_counted_by_what_a_fence_says() -> None:
    with pytest.raises(NotActive, match=NOT_SURE):
        Fence(SystemClock()).check()
