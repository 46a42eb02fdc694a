"""Scenarios of the platform's events over the whole tree in virtual time."""

import pytest
from tests.simulation.life import CRASHES
from tests.simulation.world import World

from the0_actors.actors.domain.events import Action, BotEvent
from the0_actors.actors.sources.nats import NatsSource
from the0_actors.supervisors.reports import What


def event(action: Action, version: str | None = "1", bot_id: str = "bot0") -> BotEvent:
    return BotEvent(action, bot_id, {}, None if version is None else {"version": version})


@pytest.fixture
def world() -> World:
    """A world in which a runtime listens."""
    world = World(seed=7)
    world.start()
    world.run(10.0)
    return world


def source(world: World) -> NatsSource:
    actor = world.runtimes[-1].tree.bots.nats.actor
    assert isinstance(actor, NatsSource)
    return actor


def test_events_make_change_and_end_a_bot(world: World) -> None:
    world.stream.publish(event(Action.CREATED))
    world.run(5.0)
    assert world.version("bot0") == "1"
    world.stream.publish(event(Action.UPDATED, "2"))
    world.run(5.0)
    assert world.version("bot0") == "2"
    world.stream.publish(event(Action.DELETED))
    world.run(60.0)
    assert world.engine.of("bot0") == []
    assert world.stream.settled == 3


def test_an_event_is_acknowledged_only_when_the_database_has_it(world: World) -> None:
    world.store.down = lambda operation: operation == "apply"
    world.stream.publish(event(Action.CREATED))
    world.run(60.0)
    assert world.acknowledged == []
    world.store.down = lambda _operation: False
    world.run(20.0)
    assert world.stream.settled == 1
    assert world.version("bot0") == "1"


def test_what_came_over_core_nats_stays_at_the_head_until_it_is_written(world: World) -> None:
    world.store.down = lambda operation: operation == "apply"
    world.stream.whisper(event(Action.CREATED))
    world.stream.whisper(event(Action.UPDATED, "2"))
    world.run(60.0)
    world.store.down = lambda _operation: False
    world.run(20.0)
    assert [at for _, at in world.acknowledged] == [None, None]
    assert world.version("bot0") == "2"


def test_what_a_forgetful_server_delivers_again_overwrites_nothing_newer(world: World) -> None:
    for message in (event(Action.CREATED), event(Action.UPDATED, "2"), event(Action.DELETED, bot_id="gone")):
        world.stream.publish(message)
    world.run(10.0)
    made = world.engine.made
    world.stream.lose_acknowledgement = True
    world.stream.forget_consumer()
    world.run(10.0)
    assert world.stream.settled == 3
    assert (world.version("bot0"), world.engine.made) == ("2", made)


def test_what_can_never_be_written_is_told_and_holds_up_nobody(world: World) -> None:
    world.stream.publish(event(Action.CREATED, None))
    world.stream.publish("no JSON")
    world.stream.publish(event(Action.CREATED, bot_id="bot1"))
    world.run(10.0)
    assert world.version("bot1") == "1"
    assert source(world).refused == 2


def test_after_a_lost_connection_what_waited_comes_and_a_recreated_stream_is_told(world: World) -> None:
    world.stream.connect(connected=False)
    world.stream.publish(event(Action.CREATED))
    world.run(60.0)
    assert not source(world).parts[0].ok
    world.stream.connect(connected=True)
    world.run(5.0)
    assert world.version("bot0") == "1"
    assert source(world).parts[0].ok
    world.stream.recreate()
    world.run(1.0)
    assert "recreated" in source(world).alarm


def test_a_runtime_that_was_killed_leaves_its_event_to_the_next(world: World) -> None:
    world.store.down = lambda operation: operation == "apply"
    world.stream.publish(event(Action.CREATED))
    world.run(1.0)
    world.kill(world.runtimes[-1])
    world.store.down = lambda _operation: False
    world.start()
    world.run(30.0)
    assert world.version("bot0") == "1"
    assert world.stream.settled == 1


@pytest.mark.parametrize("path", CRASHES)
def test_a_source_that_fails_leaves_nothing_open_beside_its_successor(world: World, path: str) -> None:
    """A feed, a change stream and a watch of the dead went on beside those of the living."""
    for _ in range(2):
        world.runtimes[-1].system.handle(path).tell(CRASHES[path])
        world.run(30.0)
    assert [report.child for report in world.failures() if report.what is What.FAILED] == [path, path]
    assert (len(world.stream.lines), len(world.store.streams), len(world.engine.subscribers)) == (1, 1, 1)


def test_a_watch_that_opens_for_a_source_that_failed_meanwhile_is_closed(world: World) -> None:
    watcher = world.runtimes[-1].system.handle("/engine/watcher")
    world.script.engine_takes = 20.0
    world.engine.break_watch("broken by script")
    world.run(5.0)
    watcher.tell(CRASHES["/engine/watcher"])
    world.run(120.0)
    assert len(world.engine.subscribers) == 1


def test_a_watch_that_opens_while_its_source_waits_to_be_restarted_is_closed(world: World) -> None:
    """Its answer reached nobody, and the watch went on beside the next one."""
    watcher = world.runtimes[-1].system.handle("/engine/watcher")
    world.engine.break_watch("broken by script")
    world.script.engine_takes = 1.0
    for _ in range(40):  # one of the answers comes while nobody is there
        watcher.tell(CRASHES["/engine/watcher"])
        world.run(0.05)
    world.run(120.0)
    assert len(world.engine.subscribers) == 1


def test_p16_a_watch_that_is_silent_for_long_goes_on_until_the_next_one_is_open(world: World) -> None:
    """For the time of an engine call nobody watched."""
    world.script.engine_takes = 20.0
    seen: list[object] = []
    for _ in range(1000):
        world.run(1.0)
        (one,) = world.engine.subscribers
        seen.append(one)
    assert len(set(map(id, seen))) >= 3
