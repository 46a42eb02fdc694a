"""The port's promises about code: once per content, whole or absent, never taken from under a container."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.contract.engine.bench import Behaviour, Bench
from tests.contract.engine.conftest import Run, ended, printed

from the0_actors.actors.domain.launch import Birth
from the0_actors.actors.errors import CodeMissing
from the0_actors.actors.ports.engine import Again, Fresh


def test_code_is_absent_until_it_was_stored(bench: Bench) -> None:
    package = bench.package(Behaviour.STAYS)
    assert not bench.engine.has_code(package.digest)
    bench.engine.store_code(package)
    assert bench.engine.has_code(package.digest)
    bench.engine.store_code(package)
    assert bench.engine.has_code(package.digest)


def test_code_of_another_installation_is_not_ours(bench: Bench) -> None:
    package = bench.package(Behaviour.STAYS)
    bench.engine.store_code(package)
    assert not bench.neighbour.has_code(package.digest)


def test_p57_many_threads_may_store_the_same(bench: Bench, run: Run) -> None:
    package = bench.package(Behaviour.CRASHES)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bench.engine.store_code, [package] * 16))
    assert bench.engine.has_code(package.digest)
    assert printed(bench, ended(bench, run("bot", Behaviour.CRASHES)).container_id) == "up 1\n"


def test_half_filled_counts_as_absent_and_is_filled_again(bench: Bench, run: Run) -> None:
    package = bench.package(Behaviour.CRASHES)
    bench.engine.store_code(package)
    bench.damage(package.digest)
    bench.engine.prepare(bench.spec("bot"))
    with pytest.raises(CodeMissing):
        bench.engine.create(Fresh(bench.spec("bot"), package.digest), Birth())
    assert not bench.engine.has_code(package.digest)
    bench.engine.store_code(package)
    assert bench.engine.has_code(package.digest)
    assert printed(bench, ended(bench, run("bot", Behaviour.CRASHES)).container_id) == "up 1\n"


def test_p38_create_without_whole_code_leaves_nothing(bench: Bench) -> None:
    package, spec = bench.package(Behaviour.STAYS), bench.spec("bot")
    bench.engine.prepare(spec)
    with pytest.raises(CodeMissing):
        bench.engine.create(Fresh(spec, package.digest), Birth())
    assert [one for one in bench.engine.list() if one.bot_id == "bot"] == []
    bench.engine.store_code(package)
    bench.damage(package.digest)
    with pytest.raises(CodeMissing):
        bench.engine.create(Fresh(spec, package.digest), Birth())
    bench.engine.store_code(package)
    bench.engine.create(Fresh(spec, package.digest), Birth())


def test_again_without_its_code_is_missing_code_too(bench: Bench, make: Run) -> None:
    found = bench.engine.look(make("bot"))
    assert found is not None
    bench.engine.remove(found.container_id)
    bench.damage(found.code_hash)
    with pytest.raises(CodeMissing):
        bench.engine.create(Again(found), Birth(incarnation=2))


def test_sweep_takes_what_nobody_needs(bench: Bench, make: Run) -> None:
    used, kept, unused = (bench.package(one) for one in (Behaviour.STAYS, Behaviour.CRASHES, Behaviour.STUBBORN))
    for package in (used, kept, unused):
        bench.engine.store_code(package)
    bench.neighbour.store_code(unused)
    make("bot", Behaviour.STAYS)
    assert bench.engine.sweep_code(frozenset({kept.digest})) == 1
    assert [bench.engine.has_code(one.digest) for one in (used, kept, unused)] == [True, True, False]
    assert bench.neighbour.has_code(unused.digest)
    assert bench.engine.sweep_code(frozenset({kept.digest})) == 0
