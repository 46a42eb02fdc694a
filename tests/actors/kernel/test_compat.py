"""Pykka's own way works on the pool: what its documentation shows, in our words, on a class bound to a system."""

import queue
from collections.abc import Iterator
from typing import Any

import pykka
import pykka.messages
import pytest

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.compat import PykkaActor
from the0_actors.actors.kernel.threaded import ThreadedSystem

PATIENCE = 20.0


@pytest.fixture
def system() -> Iterator[ThreadedSystem]:
    with ThreadedSystem(workers=2, name="compat") as system:
        yield system
    mine = [ref for ref in pykka.ActorRegistry.get_all() if issubclass(ref.actor_class, Actor)]
    for ref in mine:
        pykka.ActorRegistry.unregister(ref)


@pytest.fixture
def pooled(system: ThreadedSystem) -> type[PykkaActor]:
    class Pooled(PykkaActor, system=system):
        pass

    return Pooled


def plain(base: type[Any]) -> type[Any]:
    class Keeper(base):  # type: ignore[misc]
        def __init__(self, first: str) -> None:
            super().__init__()
            self.kept = [first]

        def on_receive(self, message: Any) -> Any:
            if message == "list":
                return self.kept
            self.kept.append(message)
            return None

    return Keeper


def test_start_tell_ask_and_stop(pooled: type[PykkaActor]) -> None:
    ref = plain(pooled).start("a")
    ref.tell("b")
    assert ref.ask("list", timeout=PATIENCE) == ["a", "b"]
    assert ref.ask("list", block=False).get(timeout=PATIENCE) == ["a", "b"]
    assert ref.is_alive()
    assert ref.stop(timeout=PATIENCE)
    assert not ref.is_alive()
    assert not ref.stop(timeout=PATIENCE)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("late")
    with pytest.raises(pykka.ActorDeadError):
        ref.ask("late", timeout=PATIENCE)


class Inner:
    depth = 1


def calculator(base: type[Any]) -> type[Any]:
    class Calculator(base):  # type: ignore[misc]
        last = 0
        inner = pykka.traversable(Inner())

        def add(self, one: int, other: int = 0) -> int:
            self.last = one + other
            return self.last

        def divide(self, one: int, other: int) -> float:
            return one / other

        def end(self) -> None:
            self.stop()

    return Calculator


def test_proxies_call_get_set_traverse_and_defer(pooled: type[PykkaActor]) -> None:
    ref = calculator(pooled).start()
    proxy: Any = ref.proxy()
    assert proxy.add(1, other=2).get(timeout=PATIENCE) == 3
    assert proxy.last.get(timeout=PATIENCE) == 3
    setattr(proxy, "last", 7)  # noqa: B010 - else type checkers take it for an int from here on
    assert proxy.last.get(timeout=PATIENCE) == 7
    assert proxy.inner.depth.get(timeout=PATIENCE) == 1
    proxy.add.defer(20, 2)
    assert proxy.last.get(timeout=PATIENCE) == 22
    with pytest.raises(ZeroDivisionError):
        proxy.divide(1, 0).get(timeout=PATIENCE)
    assert ref.is_alive(), "an exception in an ask is the asker's, in pykka's own way"
    assert ref.ask(pykka.messages.ProxyCall(("add",), (4,), {}), timeout=PATIENCE) == 4
    proxy.end().get(timeout=PATIENCE)
    assert ref.actor_stopped.wait(PATIENCE)


def test_the_registry_finds_and_forgets(pooled: type[PykkaActor]) -> None:
    keeper = plain(pooled)
    first, second = keeper.start("1"), keeper.start("2")
    registry = pykka.ActorRegistry
    assert registry.get_by_class(keeper) == [first, second]
    assert registry.get_by_class_name("Keeper") == [first, second]
    assert registry.get_by_urn(second.actor_urn) == second
    assert first.actor_urn != second.actor_urn
    registry.broadcast("all", target_class=keeper)
    assert [ref.ask("list", timeout=PATIENCE) for ref in (first, second)] == [["1", "all"], ["2", "all"]]
    assert all(ref.stop(timeout=PATIENCE) for ref in (first, second))
    assert registry.get_by_class(keeper) == []


def test_actors_work_together(pooled: type[PykkaActor]) -> None:
    adder = calculator(pooled).start()

    class Counter(pooled):  # type: ignore[valid-type, misc]
        def __init__(self, adder: Any) -> None:
            super().__init__()
            self.adder = adder

        def count_to(self, target: int) -> int:
            number = 0
            while number < target:
                number = self.adder.add(number, 1).get(timeout=PATIENCE)
            return number

    counter = Counter.start(adder.proxy())
    assert counter.proxy().count_to(5).get(timeout=PATIENCE) == 5
    assert counter.stop(timeout=PATIENCE)
    assert adder.stop(timeout=PATIENCE)


def test_a_pool_of_actors_answers_all(pooled: type[PykkaActor]) -> None:
    workers = [calculator(pooled).start().proxy() for _ in range(3)]
    futures = [workers[number % 3].add(number, number) for number in range(30)]
    assert list(pykka.get_all(futures, timeout=PATIENCE)) == [2 * number for number in range(30)]
    assert all(worker.actor_ref.stop(timeout=PATIENCE) for worker in workers)


def test_hooks_run_in_order(pooled: type[PykkaActor]) -> None:
    events: queue.SimpleQueue[str] = queue.SimpleQueue()

    class Noting(pooled):  # type: ignore[valid-type, misc]
        def on_start(self) -> None:
            events.put("start")

        def on_receive(self, message: Any) -> Any:
            raise ValueError(message)

        def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
            events.put(f"failure {exception_value}")

        def on_stop(self) -> None:
            events.put("stop")

    assert Noting.start().stop(timeout=PATIENCE)
    failing = Noting.start()
    failing.tell("boom")
    got = [events.get(timeout=PATIENCE) for _ in range(4)]
    assert got == ["start", "stop", "start", "failure boom"]
    assert failing.actor_stopped.wait(PATIENCE)


def test_an_ended_actor_leaves_no_name_in_its_system(system: ThreadedSystem, pooled: type[PykkaActor]) -> None:
    ref = plain(pooled).start("a")
    handle = system.handle(ref.actor_urn)
    assert handle.alive
    assert handle.ask("list").get(timeout=PATIENCE) == ["a"]
    assert ref.stop(timeout=PATIENCE)
    while handle.alive:  # the stop is answered just before the end is noted; this resolves with the turn
        pass
    assert handle.incarnation == 1


def test_two_systems_in_one_process_know_nothing_of_each_other(system: ThreadedSystem) -> None:
    with ThreadedSystem(workers=1) as other:

        class Here(PykkaActor, system=system):
            pass

        class There(PykkaActor, system=other):
            pass

        here, there = Here.start(), There.start()
        assert [len(one.handles()) for one in (system, other)] == [1, 1]
        assert here.stop(timeout=PATIENCE)
        assert there.is_alive()
        assert there.stop(timeout=PATIENCE)


def test_a_class_bound_to_nothing_says_so() -> None:
    from the0_actors.actors.kernel.errors import Unbound

    with pytest.raises(Unbound):
        PykkaActor.start()
    assert pykka.ActorRegistry.get_by_class(PykkaActor) == []
