"""What is told of a schedule that waits: never a slot that has passed as the next one."""

from tests.actors.schedule.driver import MINUTE, World, due, scheduled

from the0_actors.actors.bot.messages import DocumentHint
from the0_actors.actors.ports.status import Phase


def test_no_slot_that_has_run_is_told_as_the_next_one(world: World) -> None:
    driver = scheduled(world)
    driver.run_until(due(1))
    driver.end_run()
    (*_, before, last) = driver.state.transitions
    assert (before.phase, before.reason) == (Phase.IDLE, "writing when it is next due")
    assert last.reason == "due at 2026-01-01T00:02:00Z"


def test_a_slot_whose_turn_has_not_come_is_told_as_waiting(world: World) -> None:
    driver = scheduled(world)
    world.clock.advance_to(world.clock.monotonic() + MINUTE)
    driver.tell(DocumentHint())
    assert driver.state.transitions[-1].reason == "due since 2026-01-01T00:01:00Z, waiting for its turn"
