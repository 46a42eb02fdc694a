"""Reading of what the engine says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.actors.domain.observed import Exit, Status
from the0_actors.actors.errors import Unavailable
from the0_actors.adapters.docker import observe
from the0_actors.adapters.docker.moments import moment

LABELS = {"runtime.managed": "true", "runtime.id": "bot"}


def inspect(**state: Any) -> dict[str, Any]:
    return {
        "Id": "id",
        "Name": "/name",
        "Image": "sha256:0",
        "State": {"Status": "exited", "ExitCode": 3, "OOMKilled": False, "Error": "", **state},
        "Config": {"Labels": LABELS, "Env": ["A=1"], "Hostname": "id"},
        "HostConfig": {"NetworkMode": "none"},
    }


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("created", Status.CREATED),
        ("running", Status.RUNNING),
        ("restarting", Status.RUNNING),
        ("paused", Status.PAUSED),
        ("exited", Status.EXITED),
        ("dead", Status.EXITED),
        ("removing", Status.REMOVING),
        ("something new", Status.RUNNING),
        (None, Status.RUNNING),
    ],
)
def test_p25_an_unknown_state_counts_as_running(word: str | None, status: Status) -> None:
    listed = observe.from_listing({"Id": "id", "Names": ["/other/alias", "/name"], "Labels": LABELS, "State": word})
    assert listed is not None
    assert (listed.status, listed.name) == (status, "name")


def test_p52_running_out_of_memory_is_named() -> None:
    found = observe.from_inspect(inspect(OOMKilled=True, ExitCode=137, FinishedAt="1970-01-01T00:00:07.5Z"))
    assert found is not None
    assert found.exit == Exit(137, oom=True, finished_at=7.5)


def test_no_life_is_shorter_than_nothing() -> None:
    found = observe.from_inspect(inspect(StartedAt="1970-01-01T00:00:07.2Z", FinishedAt="1970-01-01T00:00:07.1Z"))
    assert found is not None
    assert found.exit is not None
    assert found.exit.finished_at == found.started_at == 7.2


def test_only_an_ended_container_has_an_exit() -> None:
    found = observe.from_inspect(inspect(Status="running", StartedAt="1970-01-01T00:00:01Z"))
    assert found is not None
    assert (found.exit, found.started_at) == (None, 1.0)


def test_the_hosts_name_is_not_carried_over() -> None:
    found = observe.from_inspect(inspect())
    assert found is not None
    assert isinstance(found.body, dict)
    assert "Hostname" not in found.body


@pytest.mark.parametrize("lost", ["Id", "State", "Config", "HostConfig", "Image"])
def test_p02_a_malformed_answer_is_no_answer(lost: str) -> None:
    answer = inspect()
    del answer[lost]
    with pytest.raises(Unavailable, match="malformed"):
        observe.from_inspect(answer)


def test_the_year_one_is_never() -> None:
    assert moment("0001-01-01T00:00:00Z") is None
    assert moment("1970-01-01T00:00:01.123456789Z") == pytest.approx(1.123456)


@given(st.none() | st.text() | st.integers())
def test_a_moment_that_is_none(odd: Any) -> None:
    assert moment(odd) is None or isinstance(moment(odd), float)
