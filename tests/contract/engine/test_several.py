"""The port's promises about names that a hand changed: a container is found by whose it is, and known by its id."""

import pytest
from tests.contract.engine.yards import Yard
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Observed, Status
from the0_actors.actors.errors import Refused
from the0_actors.actors.ports.engine import Again, Signal

OTHER = "by-hand"


def ids(found: tuple[Observed, ...]) -> set[str]:
    return {one.container_id for one in found}


def test_p15_one_that_is_not_there_is_not_found(yard: Yard) -> None:
    yard.make("neighbour")
    assert yard.engine.find("bot", Kind.REALTIME) == ()


def test_p15_a_bot_is_found_as_a_listing_tells_it(yard: Yard) -> None:
    yard.make("neighbour")
    container_id = yard.make("bot", Birth(incarnation=3, reason="why"), grace=4.0)
    (listed,) = (one for one in yard.engine.list() if one.container_id == container_id)
    assert yard.engine.find("bot", Kind.REALTIME) == (listed,)
    assert yard.engine.find("bot", Kind.SCHEDULED) == ()


@pytest.mark.parametrize("bot_id", ["UPPER", "a=b", "ünïcödé ✓", "x" * 256, 'a"b,c', "a/../b"])
def test_p54_odd_ids_are_found(yard: Yard, bot_id: str) -> None:
    container_id = yard.make(bot_id)
    assert ids(yard.engine.find(bot_id, Kind.REALTIME)) == {container_id}


def test_p15_a_renamed_one_is_found_and_known_by_its_id(yard: Yard) -> None:
    container_id = yard.run("bot")
    yard.rename(container_id, OTHER)
    assert yard.engine.look(yard.engine.name_of("bot", Kind.REALTIME)) is None
    (found,) = yard.engine.find("bot", Kind.REALTIME)
    seen = yard.engine.look(container_id)
    assert seen is not None
    assert (found.container_id, found.name, found.status) == (container_id, OTHER, Status.RUNNING)
    assert (seen.container_id, seen.name, seen.status) == (container_id, OTHER, Status.RUNNING)


def test_p15_beside_a_renamed_one_the_name_is_free_and_both_are_told_apart(yard: Yard) -> None:
    first = yard.run("bot")
    yard.rename(first, OTHER)
    second = yard.make("bot")
    assert ids(yard.engine.find("bot", Kind.REALTIME)) == {first, second}
    by_name = yard.engine.look(yard.engine.name_of("bot", Kind.REALTIME))
    assert by_name is not None
    assert by_name.container_id == second
    with pytest.raises(Refused):
        yard.engine.remove(first)
    yard.engine.signal(first, Signal.KILL)
    until(lambda: (seen := yard.engine.look(first)) is not None and seen.status is Status.EXITED, "it ends")
    yard.engine.remove(first)
    assert ids(yard.engine.find("bot", Kind.REALTIME)) == {second}
    assert yard.engine.look(first) is None


def test_p36_one_that_ended_and_was_renamed_still_tells_its_end(yard: Yard) -> None:
    container_id = yard.run("bot")
    yard.engine.signal(container_id, Signal.KILL)
    until(lambda: (seen := yard.engine.look(container_id)) is not None and seen.status is Status.EXITED, "it ends")
    yard.rename(container_id, OTHER)
    seen = yard.engine.look(container_id)
    assert seen is not None
    assert seen.exit is not None
    assert seen.exit.code == 137


def test_p15_a_renamed_one_is_made_again_under_the_right_name(yard: Yard) -> None:
    container_id = yard.make("bot")
    yard.rename(container_id, OTHER)
    seen = yard.engine.look(container_id)
    assert seen is not None
    yard.engine.remove(container_id)
    again = yard.engine.look(yard.engine.create(Again(seen), Birth(incarnation=2)))
    assert again is not None
    assert again.name == yard.engine.name_of("bot", Kind.REALTIME)


def test_a_bot_keeps_its_state_while_a_renamed_container_is_there(yard: Yard) -> None:
    container_id = yard.make("bot")
    yard.rename(container_id, OTHER)
    with pytest.raises(Refused):
        yard.engine.purge("bot")
    yard.engine.remove(container_id)
    yard.engine.purge("bot")
