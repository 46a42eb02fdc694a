"""The port's promises about one container's life."""

import pytest
from tests.contract.engine.bench import Behaviour, Bench
from tests.contract.engine.conftest import Run, ended, printed
from tests.parts.waiting import until

from the0_actors.actors.domain.launch import Birth, Kind
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import Gone, NameTaken, Refused
from the0_actors.actors.ports.engine import Again, Signal

KILLED = 137


def test_created_is_not_started(bench: Bench, make: Run) -> None:
    container_id = make("bot")
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.CREATED
    assert (found.started_at, found.exit) == (None, None)


def test_a_look_tells_all_that_create_was_given(bench: Bench, run: Run) -> None:
    birth = Birth(incarnation=7, short_lives=2, previous_end="exit 3", reason="restart after a crash")
    container_id = run("bot", Behaviour.STAYS, birth)
    found = bench.engine.look(bench.engine.name_of("bot", Kind.REALTIME))
    assert found is not None
    assert found.container_id == container_id
    assert found.name == bench.engine.name_of("bot", Kind.REALTIME)
    assert (found.bot_id, found.kind, found.birth) == ("bot", Kind.REALTIME, birth)
    assert found.code_hash == bench.package(Behaviour.STAYS).digest
    assert found.fingerprint == bench.engine.fingerprint(bench.spec("bot"), found.code_hash)
    assert found.status is Status.RUNNING
    assert found.started_at is not None


def test_a_listing_tells_the_same_as_a_look(bench: Bench, run: Run) -> None:
    container_id = run("bot", Behaviour.STAYS, Birth(incarnation=3, reason="why"))
    (listed,) = (one for one in bench.engine.list() if one.bot_id == "bot")
    found = bench.engine.look(container_id)
    assert found is not None
    assert (listed.container_id, listed.name, listed.installation, listed.status, listed.fingerprint) == (
        found.container_id,
        found.name,
        found.installation,
        found.status,
        found.fingerprint,
    )
    assert (listed.birth, listed.code_hash, listed.kind) == (found.birth, found.code_hash, found.kind)


def test_the_bot_is_told_its_incarnation(bench: Bench, run: Run) -> None:
    assert printed(bench, run("bot", Behaviour.STAYS, Birth(incarnation=4))) == "up 4\n"


def test_p08_term_reaches_the_bot_and_it_says_goodbye(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.engine.signal(container_id, Signal.TERM)
    found = ended(bench, container_id)
    assert found.exit is not None
    assert (found.exit.code, found.exit.oom) == (0, False)
    assert printed(bench, container_id) == "up 1\nbye\n"


def test_p08_term_that_is_sent_again_ends_one_that_was_just_started(bench: Bench, make: Run) -> None:
    for number in range(5):
        container_id = make(f"bot{number}")
        bench.engine.start(container_id)

        def told(container_id: str = container_id) -> bool:
            bench.engine.signal(container_id, Signal.TERM)
            found = bench.engine.look(container_id)
            return found is not None and found.status is Status.EXITED

        until(told, "it ends without KILL")
        end = ended(bench, container_id).exit
        assert end is not None
        assert end.code != KILLED
        assert printed(bench, container_id).count("bye") <= 1


def test_kill_ends_one_that_does_not_heed_term(bench: Bench, run: Run) -> None:
    container_id = run("bot", Behaviour.STUBBORN)
    bench.engine.signal(container_id, Signal.TERM)
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.RUNNING
    bench.engine.signal(container_id, Signal.KILL)
    found = ended(bench, container_id)
    assert found.exit is not None
    assert found.exit.code == 137


def test_p36_an_end_can_be_read_as_long_as_nobody_removes_it(bench: Bench, run: Run) -> None:
    container_id = run("bot", Behaviour.CRASHES)
    found = ended(bench, container_id)
    assert found.exit is not None
    assert found.exit.code == 3
    assert found.started_at is not None
    assert found.exit.finished_at >= found.started_at
    assert printed(bench, container_id) == "up 1\n"
    bench.engine.remove(container_id)
    assert bench.engine.look(container_id) is None


def test_p03_one_name_one_container(bench: Bench, make: Run) -> None:
    container_id = make("bot")
    with pytest.raises(NameTaken):
        make("bot", Behaviour.STUBBORN)
    assert [one.container_id for one in bench.engine.list() if one.bot_id == "bot"] == [container_id]


def test_starting_twice_is_fine(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.engine.start(container_id)
    assert printed(bench, container_id) == "up 1\n"


def test_p35_a_running_container_is_not_removed(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    with pytest.raises(Refused):
        bench.engine.remove(container_id)
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.RUNNING


def test_p35_a_signal_to_one_that_does_not_run_is_fine(bench: Bench, make: Run, run: Run) -> None:
    bench.engine.signal(make("created"), Signal.TERM)
    exited = run("exited", Behaviour.CRASHES)
    ended(bench, exited)
    bench.engine.signal(exited, Signal.KILL)


def test_p40_paused_by_hand_is_seen_and_can_go_on(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.engine.resume(container_id)
    bench.pause(container_id)
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.PAUSED
    with pytest.raises(Refused):
        bench.engine.remove(container_id)
    bench.engine.resume(container_id)
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.RUNNING


def test_resume_of_one_that_does_not_run_is_fine(bench: Bench, make: Run) -> None:
    bench.engine.resume(make("bot"))


def test_p40_removed_by_hand_is_gone_for_every_call(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.remove(container_id)
    assert bench.engine.look(container_id) is None
    assert bench.engine.look(bench.engine.name_of("bot", Kind.REALTIME)) is None
    with pytest.raises(Gone):
        bench.engine.start(container_id)
    with pytest.raises(Gone):
        bench.engine.signal(container_id, Signal.KILL)
    with pytest.raises(Gone):
        bench.engine.resume(container_id)
    with pytest.raises(Gone):
        bench.engine.remove(container_id)
    with pytest.raises(Gone):
        bench.engine.logs(container_id, 10, follow=False)


def test_killed_from_outside_is_an_end_like_any(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.crash(container_id)
    found = ended(bench, container_id)
    assert found.exit is not None
    assert found.exit.code == 137


def test_p15_again_is_the_same_container_with_a_new_birth(bench: Bench, run: Run) -> None:
    first = ended(bench, run("bot", Behaviour.CRASHES))
    bench.engine.remove(first.container_id)
    birth = Birth(incarnation=2, short_lives=1, previous_end="exit 3", reason="crashed")
    container_id = bench.engine.create(Again(first), birth)
    bench.engine.start(container_id)
    second = ended(bench, container_id)
    assert second.container_id != first.container_id
    assert (second.birth, second.fingerprint, second.code_hash) == (birth, first.fingerprint, first.code_hash)
    assert (second.name, second.bot_id, second.installation) == (first.name, first.bot_id, first.installation)
    assert printed(bench, container_id) == "up 2\n"


def test_again_of_again_is_still_the_same(bench: Bench, make: Run) -> None:
    seen = bench.engine.look(make("bot"))
    for incarnation in range(2, 5):
        assert seen is not None
        bench.engine.remove(seen.container_id)
        seen = bench.engine.look(bench.engine.create(Again(seen), Birth(incarnation=incarnation)))
    assert seen is not None
    assert seen.birth.incarnation == 4
    assert seen.fingerprint == bench.engine.fingerprint(bench.spec("bot"), seen.code_hash)


def test_state_outlives_the_container_until_it_is_purged(bench: Bench, run: Run) -> None:
    for times in (1, 2):
        container_id = run("bot", Behaviour.KEEPS, Birth(incarnation=times))
        assert printed(bench, container_id) == f"kept {times}\n"
        bench.engine.signal(container_id, Signal.TERM)
        ended(bench, container_id)
        bench.engine.remove(container_id)
    bench.engine.purge("bot")
    bench.engine.purge("bot")
    assert printed(bench, run("bot", Behaviour.KEEPS)) == "kept 1\n"


def test_the_state_of_a_bot_that_has_a_container_is_not_purged(bench: Bench, run: Run) -> None:
    container_id = run("bot", Behaviour.KEEPS)
    assert printed(bench, container_id) == "kept 1\n"
    with pytest.raises(Refused):
        bench.engine.purge("bot")
    bench.engine.signal(container_id, Signal.TERM)
    ended(bench, container_id)
    with pytest.raises(Refused):
        bench.engine.purge("bot")
    bench.engine.remove(container_id)
    assert printed(bench, run("bot", Behaviour.KEEPS)) == "kept 2\n"


def test_logs_follow_to_the_end(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    parts = bench.engine.logs(container_id, 100, follow=True)
    assert next(parts).decode().startswith("up 1")
    bench.engine.signal(container_id, Signal.TERM)
    assert b"".join(parts).decode().endswith("bye\n")


def test_logs_give_the_last_lines(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.engine.signal(container_id, Signal.TERM)
    ended(bench, container_id)
    assert b"".join(bench.engine.logs(container_id, 1, follow=False)) == b"bye\n"


def test_the_engine_answers(bench: Bench) -> None:
    bench.engine.ping()


def test_the_engine_has_an_id_that_stays(bench: Bench) -> None:
    assert bench.engine.identify()
    assert bench.engine.identify() == bench.neighbour.identify()


def test_p04_another_runtime_of_the_same_installation_sees_all(bench: Bench, run: Run) -> None:
    container_id = run("bot", Behaviour.STAYS, Birth(incarnation=5))
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.birth.incarnation == 5
    assert bench.engine.fingerprint(bench.spec("bot"), found.code_hash) == found.fingerprint


def test_p13_what_runs_differs_from_what_is_wanted_when_the_code_does(bench: Bench, make: Run) -> None:
    found = bench.engine.look(make("bot"))
    assert found is not None
    other = bench.package(Behaviour.STUBBORN).digest
    assert bench.engine.fingerprint(bench.spec("bot"), other) != found.fingerprint


def test_what_a_bot_keeps_is_measured(bench: Bench, run: Run) -> None:
    run("bot", Behaviour.KEEPS)
    run("other", Behaviour.KEEPS)
    (kept,) = bench.engine.kept(frozenset({"bot", "nobody"}))
    assert kept.bot_id == "bot"
    assert 0 < kept.size < 1 << 20
    assert kept.files is None or 1 <= kept.files < 20
    assert bench.engine.kept(frozenset()) == ()


def test_what_bots_had_together_goes_and_comes_again(bench: Bench, run: Run) -> None:
    container_id = run("bot")
    bench.engine.disband()
    found = bench.engine.look(container_id)
    assert found is not None
    assert found.status is Status.RUNNING, "nothing is taken away from one that runs"
    bench.engine.signal(container_id, Signal.KILL)
    ended(bench, container_id)
    bench.engine.remove(container_id)
    bench.engine.disband()
    bench.engine.disband()
    assert printed(bench, run("bot")).startswith("up")
