"""Let a storm blow: `python -m tests.chaos.storm --minutes 40 [--seed N]`. Needs root and the real parts."""

import argparse
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.storm.checker import Checker
from tests.chaos.storm.faults import FAULTS, Named
from tests.chaos.storm.stage import stage
from tests.chaos.storm.storm import Report, Storm
from tests.chaos.storm.users import Users


def storm(folder: Path, seconds: float, seed: int, only: str = "") -> Report:
    """Set the stage in a folder and let a storm of this seed blow; says how it goes on standard output."""
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--only", default="", metavar="WORDS", help="faults whose names match this expression alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="the0-storm-"))
    try:
        report = storm(folder, given.minutes * 60, given.seed, given.only)
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(verdict(report) + "\n")
    for double in report.doubles:
        sys.stdout.write(f"{double}\n")
    return 1 if report.doubles or report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
