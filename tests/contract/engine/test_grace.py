"""The port's promises about a bot's own grace: it stands on its container, for every look and listing."""

from dataclasses import replace

import pytest
from tests.contract.engine.yards import Yard

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.ports.engine import Again


def seen(yard: Yard, container_id: str) -> tuple[Observed, Observed]:
    """Return what a look and a listing tell of one container."""
    found = yard.engine.look(container_id)
    (listed,) = (one for one in yard.engine.list() if one.container_id == container_id)
    assert found is not None
    return found, listed


@pytest.mark.parametrize("grace", [None, 0.0, 4.0, 60.0, 0.25, 3599.75])
def test_p08_a_container_knows_the_grace_it_was_born_with(yard: Yard, grace: float | None) -> None:
    container_id = yard.make("bot", grace=grace)
    assert [one.stop_grace for one in seen(yard, container_id)] == [grace, grace]


def test_p15_made_once_more_it_has_the_same_grace(yard: Yard) -> None:
    found, _ = seen(yard, yard.make("bot", grace=4.0))
    yard.engine.remove(found.container_id)
    again = yard.engine.create(Again(found), Birth(incarnation=2))
    assert [one.stop_grace for one in seen(yard, again)] == [4.0, 4.0]


def test_p13_an_edit_of_the_grace_is_a_change(yard: Yard) -> None:
    found, _ = seen(yard, yard.make("bot", grace=4.0))
    for grace in (None, 4.5, 60.0):
        wanted = replace(yard.spec, bot_id="bot", stop_grace=grace)
        assert yard.engine.fingerprint(wanted, found.code_hash) != found.fingerprint
