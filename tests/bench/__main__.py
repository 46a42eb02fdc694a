"""Run the benchmarks: `python -m tests.bench [--only WORDS] [--times N] [--quick] [--large] [--real] [--write]`.

Prints the tables; `--write` puts them into `docs/performance.md`. `--quick` takes small numbers, to see that all runs.
`--only "from empty 1,000"` runs what has all these words in its name, what it runs over, or its size.
"""

import argparse
import sys

from tests.bench.child import ROOT
from tests.bench.report import machine
from tests.bench.sections import SECTIONS, missing
from tests.parts.pages import write_between

PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="The benchmarks.")
    parser.add_argument("--only", default="", metavar="WORDS", help="run what has all of them in its name or size")
    parser.add_argument("--times", type=int, default=3, help="processes for each measurement; their median counts")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    parser.add_argument("--large", action="store_true", help="also the sizes that take minutes")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    parser.add_argument("--real", action="store_true", help="also on real servers and a real Docker Engine")
    options = parser.parse_args()
    words = options.only.split()
    for section in SECTIONS:
        sizes = section.chosen(words, quick=options.quick, large=options.large)
        if not sizes or (section.real and not (options.real or words)):
            continue
        title = f"{section.name}, {section.over}"
        if reason := missing(section):
            sys.stdout.write(f"{title}: left out, {reason}\n\n")
            continue
        text = section.table(sizes, options.times)
        sys.stdout.write(f"{title}\n\n{text}\n\n")
        sys.stdout.flush()
        if options.write:
            write_between(PAGE, section.name, f"{machine(options.times)}\n\n{text}")


if __name__ == "__main__":
    main()
