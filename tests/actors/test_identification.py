"""What a runtime does to find out who it is, over a database that changes while it asks."""

from dataclasses import dataclass, field

import pytest

from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.errors import OtherDatabase, Undecided
from the0_actors.actors.identification import Identification
from the0_actors.actors.kernel.clock import VirtualClock
from the0_actors.adapters.testing.store import FakeStore, StoreWorld

ENGINE = "engine"


@dataclass
class Folder:
    """A data folder's memory."""

    kept: dict[str, str] = field(default_factory=dict[str, str])

    def recall(self) -> dict[str, str]:
        return dict(self.kept)

    def remember(self, installation: str, engine: str) -> None:
        self.kept[installation] = engine


def identification(world: StoreWorld, folder: Folder) -> Identification:
    return Identification(FakeStore(world), folder, tuple, lambda: True, Kind.REALTIME)


def test_p06_a_database_that_is_emptied_while_a_runtime_asks_who_it_is_becomes_no_new_installation() -> None:
    """All bots of a fleet ran twice after that: the runtime had seen the marker, and then made another one."""
    world, folder = StoreWorld(VirtualClock()), Folder()
    identification(world, folder)(ENGINE)

    def dropped_before(operation: str) -> bool:
        if operation == "installation" and world.installation is not None:
            world.empty()
        return False

    world.down = dropped_before
    with pytest.raises(OtherDatabase):
        identification(world, folder)(ENGINE)
    assert world.installation is None, "nothing was made"
    with pytest.raises(Undecided, match="names no installation"):
        identification(world, folder)(ENGINE)


def test_a_runtime_is_what_another_has_made_since_it_found_a_new_database() -> None:
    world, folder = StoreWorld(VirtualClock()), Folder()
    made: list[str] = []

    def made_before(operation: str) -> bool:
        if operation == "installation" and not made:
            made.append("")
            made[0] = FakeStore(world).installation(ENGINE).id
        return False

    world.down = made_before
    assert identification(world, folder)(ENGINE).id == made[0]
