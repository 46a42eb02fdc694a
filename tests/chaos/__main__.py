"""What takes too long for every run of the tests. Needs root and the real parts.

python -m tests.chaos storm --minutes 40    faults of every part, alone and in pairs
python -m tests.chaos soak --minutes 40     fifty bots that are edited and crash, and whether anything grows
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.blow import storm, verdict
from tests.chaos.soak import soak
from tests.parts.pages import write_between

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def main() -> int:
    """Run one of the two and say how it went; 1 when it did not go well."""
    given = _arguments()
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix=f"the0-{given.what}-"))
    sys.stdout.write(f"{folder}\n")
    try:
        if given.what == "storm":
            report = storm(folder, given.minutes * 60, given.seed, given.only)
            text, well = f"{given.minutes:g} minutes, {verdict(report)}.", not (report.doubles or report.failed)
            details = [str(one) for one in (*report.doubles, *report.failed)]
        else:
            text, well, details = *soak(folder, given.minutes * 60, given.seed), []
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write("\n".join([text, *details]) + "\n")
    if given.write:
        write_between(PAGE, given.what, text)
    return 0 if well else 1


def _end(number: int, _frame: object) -> None:
    """End in order: what was set up is taken down too."""
    sys.exit(128 + number)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["storm", "soak"])
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--only", default="", metavar="WORDS", help="faults whose names match this expression alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    parser.add_argument("--write", action="store_true", help=f"record the outcome in {PAGE.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
