"""A short storm over the whole system; `make chaos MINUTES=40` is the long one."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos.blow import storm, verdict
from tests.parts.waiting import missing

SECONDS = 60 * float(os.environ.get("THE0_STORM_MINUTES") or 3)

IN_CI = 1
"""Seed of the faults there."""

pytestmark = [
    pytest.mark.docker, pytest.mark.mongo, pytest.mark.nats, pytest.mark.s3, pytest.mark.slow,
    pytest.mark.timeout(int(SECONDS) + 400),
]  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, since sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="the0-storm-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_no_storm_makes_two_of_a_bot_or_leaves_none(folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("iptables") is None:
        missing("a storm needs root, dockerd and iptables")
    # In CI the same faults each time, as with simulated lives: what lands is what was tried.
    chosen = IN_CI if os.environ.get("CI") else random.SystemRandom().randrange(2**32)
    seed = int(os.environ.get("THE0_TEST_SEED", "0")) or chosen
    report = storm(folder, SECONDS, seed)
    logs = "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(folder.glob("runtime-*.log")))
    assert report.doubles == [], f"{verdict(report)}\n{report.doubles}\n{logs}"
    assert report.failed == [], f"{verdict(report)}\n{report.failed}\n{logs}"
    assert len(report.rounds) > 1, verdict(report)
