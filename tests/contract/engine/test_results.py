"""Promises about what a scheduled run hands out: it is there when the container has ended, whole or refused."""

from contextlib import suppress
from dataclasses import replace

import pytest
from tests.contract.engine.bench import Behaviour, Bench
from tests.contract.engine.conftest import ended

from the0_actors.actors.domain.launch import RESULT, Birth, Kind
from the0_actors.actors.errors import Gone, Refused
from the0_actors.actors.ports.engine import Fresh

LIMIT = 1000


def run(bench: Bench, bot_id: str, behaviour: Behaviour) -> str:
    package, spec = bench.package(behaviour), replace(bench.spec(bot_id), kind=Kind.SCHEDULED)
    bench.engine.prepare(spec)
    bench.engine.store_code(package)
    container_id = bench.engine.create(Fresh(spec, package.digest), Birth())
    bench.engine.start(container_id)
    ended(bench, container_id)
    return container_id


def test_p36_a_result_can_be_read_until_the_container_is_removed(bench: Bench) -> None:
    container_id = run(bench, "writes", Behaviour.RESULT)
    assert bench.engine.handed_out(container_id, RESULT, LIMIT) == b'{"status":"success"}\n'
    assert bench.engine.handed_out(container_id, RESULT, LIMIT) == b'{"status":"success"}\n'
    assert bench.engine.handed_out(container_id, "raised.json", LIMIT) is None
    bench.engine.remove(container_id)
    with pytest.raises(Gone):
        bench.engine.handed_out(container_id, RESULT, LIMIT)


def test_a_result_that_is_too_large_is_refused_and_not_cut(bench: Bench) -> None:
    container_id = run(bench, "writes", Behaviour.RESULT)
    with pytest.raises(Refused, match="more than 20 bytes"):
        bench.engine.handed_out(container_id, RESULT, 20)
    assert bench.engine.handed_out(container_id, RESULT, 21)


def test_a_run_without_a_result_does_not_hand_out_that_of_the_run_before(bench: Bench) -> None:
    bench.engine.remove(run(bench, "same", Behaviour.RESULT))
    container_id = run(bench, "same", Behaviour.CRASHES)
    assert bench.engine.handed_out(container_id, RESULT, LIMIT) is None


def test_what_is_no_regular_file_is_refused(bench: Bench) -> None:
    container_id = run(bench, "links", Behaviour.LINK)
    with pytest.raises(Refused, match="regular"):
        bench.engine.handed_out(container_id, RESULT, LIMIT)


@pytest.mark.parametrize("behaviour", [Behaviour.ENDLESS, Behaviour.FIFO])
def test_what_never_ends_is_refused_without_being_read(bench: Bench, behaviour: Behaviour) -> None:
    container_id = run(bench, "odd", behaviour)
    with pytest.raises(Refused, match="regular"):
        bench.engine.handed_out(container_id, RESULT, LIMIT)


def test_what_the_bot_left_running_holds_nothing_up(bench: Bench) -> None:
    container_id = run(bench, "swaps", Behaviour.SWAPS)
    with suppress(Refused):
        assert bench.engine.handed_out(container_id, RESULT, LIMIT) == b'{"status":"success"}\n'


def test_a_run_that_locks_folders_does_not_spoil_the_next(bench: Bench) -> None:
    bench.engine.remove(run(bench, "same", Behaviour.LOCKS))
    container_id = run(bench, "same", Behaviour.RESULT)
    assert bench.engine.handed_out(container_id, RESULT, LIMIT) == b'{"status":"success"}\n'
