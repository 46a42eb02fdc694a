"""The port's promises about the event stream."""

from queue import Empty, SimpleQueue

import pytest
from tests.contract.engine.bench import Behaviour, Bench
from tests.contract.engine.conftest import Run, ended
from tests.parts.waiting import until

from the0_actors.actors.ports.engine import EngineEvent, Happening, Signal


class Heard:
    """Listens, and can be asked for the next event."""

    def __init__(self) -> None:
        self.events: SimpleQueue[EngineEvent] = SimpleQueue()
        self.ends: list[str] = []

    def next(self, container_id: str) -> Happening:
        """Return the next thing that happened to a container."""
        while True:
            try:
                event = self.events.get(timeout=20)
            except Empty:
                pytest.fail(f"no event for {container_id}")
            if event.container_id == container_id:
                return event.happening

    def end(self, container_id: str) -> Happening:
        """Return the next thing but a pause: each try that a busy kernel needs to freeze one is told, also late."""
        while (happening := self.next(container_id)) in {Happening.PAUSED, Happening.RESUMED}:
            pass
        return happening


def test_a_life_is_told_in_order(bench: Bench, make: Run) -> None:
    heard = Heard()
    watch = bench.engine.watch(heard.events.put, heard.ends.append)
    container_id = make("bot")
    bench.engine.start(container_id)
    assert heard.next(container_id) is Happening.STARTED
    bench.pause(container_id)
    assert heard.next(container_id) is Happening.PAUSED
    bench.engine.resume(container_id)
    assert heard.next(container_id) is Happening.RESUMED
    bench.crash(container_id)
    assert heard.end(container_id) is Happening.DIED
    ended(bench, container_id)
    bench.engine.remove(container_id)
    assert heard.next(container_id) is Happening.REMOVED
    watch.close()
    assert heard.ends == []


def test_what_happens_right_after_watch_returned_is_told(bench: Bench, make: Run) -> None:
    container_id = make("bot")
    heard = Heard()
    watch = bench.engine.watch(heard.events.put, heard.ends.append)
    bench.engine.start(container_id)
    assert heard.next(container_id) is Happening.STARTED
    watch.close()


def test_nothing_comes_after_close(bench: Bench, run: Run) -> None:
    heard = Heard()
    watch = bench.engine.watch(heard.events.put, heard.ends.append)
    watch.close()
    watch.close()
    run("bot", Behaviour.CRASHES)
    other = Heard()
    second = bench.engine.watch(other.events.put, other.ends.append)
    container_id = run("other")
    assert other.next(container_id) is Happening.STARTED
    second.close()
    assert heard.events.empty()
    assert heard.ends == []


def test_a_listener_may_close_from_its_own_call(bench: Bench, run: Run) -> None:
    seen: list[EngineEvent] = []

    def once(event: EngineEvent) -> None:
        seen.append(event)
        watch.close()

    watch = bench.engine.watch(once, pytest.fail)
    container_id = run("bot")
    until(lambda: seen, "an event")
    bench.engine.signal(container_id, Signal.KILL)
    ended(bench, container_id)
    assert len(seen) == 1


def test_p14_events_of_other_installations_are_not_told(bench: Bench, run: Run) -> None:
    heard, ours = Heard(), Heard()
    watches = [
        bench.neighbour.watch(heard.events.put, heard.ends.append),
        bench.engine.watch(ours.events.put, ours.ends.append),
    ]
    assert ours.next(run("bot")) is Happening.STARTED
    upstream = bench.upstream("old-bot")
    assert heard.events.get(timeout=20).container_id == upstream
    for watch in watches:
        watch.close()
