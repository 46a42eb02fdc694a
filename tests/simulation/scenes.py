"""What scenarios begin with: a world in which some bots run, and what is asked of it."""

from tests.simulation.world import Runtime, World

from the0_actors.actors.domain.answers import Wanted
from the0_actors.adapters.testing.engine_world import FakeContainer
from the0_actors.adapters.testing.store import spec_of


def put(world: World, *bot_ids: str, version: str = "1") -> None:
    for bot_id in bot_ids:
        world.store.put(bot_id, Wanted(spec_of(bot_id, version)))


def started(world: World, count: int = 3) -> Runtime:
    put(world, *(f"bot{n}" for n in range(count)))
    runtime = world.start()
    world.run(5.0)
    assert all(len(world.running(f"bot{n}")) == 1 for n in range(count))
    return runtime


def calls(world: World, operation: str, bot_id: str) -> int:
    return world.engine.calls.count((operation, bot_id))


def only(world: World, bot_id: str) -> FakeContainer:
    (container,) = world.engine.of(bot_id)
    return container
