"""Results of runs lie where the platform's API looks for them."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.parts.s3 import S3

from the0_actors.actors.errors import Unavailable, Unlaunchable
from the0_actors.adapters.objects.results import S3Results
from the0_actors.adapters.objects.settings import S3Settings

pytestmark = pytest.mark.s3


def test_a_result_is_kept_in_place_of_the_one_before(code_store: S3, tmp_path: Path) -> None:
    results = S3Results(replace(code_store.settings, bucket="results-of-runs"))
    results.keep("k3v9", b'{"status":"error"}')
    results.keep("k3v9", b'{"status":"success"}')
    results.fetch("k3v9/analysis.json", tmp_path / "found", 1000)
    assert (tmp_path / "found").read_bytes() == b'{"status":"success"}'


def test_p54_an_id_that_is_no_key_is_refused(code_store: S3) -> None:
    results = S3Results(replace(code_store.settings, bucket="results-of-runs"))
    with pytest.raises(Unlaunchable):
        results.keep("..", b"{}")


def test_a_store_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        S3Results(S3Settings("127.0.0.1:1", "a", "b", connect_timeout=0.2)).keep("k3v9", b"{}")
