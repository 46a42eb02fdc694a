"""Set the stage and let a storm of one seed blow."""

import random
import re
import secrets
import sys
import time
from pathlib import Path

from tests.chaos.checker import Checker
from tests.chaos.faults import FAULTS, Named
from tests.chaos.stage import stage
from tests.chaos.storm import Report, Storm
from tests.chaos.users import Users


def storm(folder: Path, seconds: float, seed: int, only: str = "") -> Report:
    """Let it blow in a folder with a short name; how it goes is said on standard output."""
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:7.1f}  {text}\n")
        sys.stdout.flush()

    say(f"seed {seed}")
    chance, prefix = random.Random(seed), f"s{secrets.token_hex(3)}-"
    with stage(folder) as parts, Checker(prefix) as checker:
        return Storm(parts, checker, Users(parts.nats, prefix, chance), chance, say, faults(only)).blow(seconds, seed)


def faults(only: str) -> tuple[Named, ...]:
    """Return the faults whose names match an expression."""
    return tuple(one for one in FAULTS if re.search(only, one.name))


def verdict(report: Report) -> str:
    """Return what a storm has shown, in a sentence."""
    return (
        f"seed {report.seed}: {len(report.rounds)} rounds, {report.looks} looks, {len(report.doubles)} doubles, "
        f"all well again after at most {report.slowest:.1f} s; not healed: {len(report.failed)}"
    )
