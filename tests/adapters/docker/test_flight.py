"""One at a time, and all share the outcome."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.parts.waiting import until

from the0_actors.actors.errors import Refused, Unavailable
from the0_actors.adapters.docker.flight import Flights


def test_p73_who_asks_meanwhile_waits_for_the_same() -> None:
    flights, gate, flown = Flights(), threading.Event(), list[int]()

    def work() -> None:
        gate.wait(10)
        flown.append(1)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(flights.run, "key", work, 10.0) for _ in range(8)]
        until(lambda: sum(one.running() for one in asked) == 8, "all are waiting")
        gate.set()
        for one in asked:
            one.result(10)
    assert 1 <= len(flown) < 8
    flights.run("key", work, 10.0)


def test_the_error_is_everybodys() -> None:
    flights, gate = Flights(), threading.Event()

    def work() -> None:
        gate.wait(10)
        raise Refused("no")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.run, "key", work, 10.0)
        until(first.running, "the first flies")
        second = pool.submit(flights.run, "key", work, 10.0)
        gate.set()
        assert isinstance(first.exception(10), Refused)
        assert isinstance(second.exception(10), Refused)


def test_patience_ends() -> None:
    flights, gate = Flights(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        flying = threading.Event()

        def work() -> None:
            flying.set()
            gate.wait(10)

        first = pool.submit(flights.run, "key", work, 10.0)
        assert flying.wait(10)
        with pytest.raises(Unavailable):
            flights.run("key", work, 0.01)
        gate.set()
        first.result(10)
