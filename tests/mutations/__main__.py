"""Make each bug in a copy of the tree, run the tests that should notice it, and tell which did.

`python -m tests.mutations [--write] [NAME ...]`: bugs whose name contains one of the words, else all. Ends with 1 when
a bug went unnoticed. `--write` puts the table into the page of decisions.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations import kernel, runtime, schedules
from tests.mutations.mutation import ROOT, Mutation
from tests.parts.pages import table, write_between

MUTATIONS = kernel.MUTATIONS + runtime.MUTATIONS + schedules.MUTATIONS
PAGE = ROOT / "docs" / "decisions" / "mutation-check.md"
TIMEOUT = 600.0
"""Seconds for the tests of one bug; one that makes them hang is noticed too."""
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description="Bugs made on purpose.")
    parser.add_argument("names", nargs="*", help="words in the names of the bugs to make")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    chosen = [one for one in MUTATIONS if not options.names or any(name in one.name for name in options.names)]
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy(Path(folder) / "tree")
        noticed = [(one, _notice(copy, one)) for one in chosen]
    if options.write:
        write_between(PAGE, "mutations", table(["bug", "in", "noticed by"], rows(noticed)))
    return 0 if all(by for _, by in noticed) else 1


def rows(noticed: list[tuple[Mutation, str]]) -> list[list[str]]:
    """Return a row for each bug: what it is, where, and the test that noticed it."""
    return [[one.name, f"`{one.module}`", f"`{by}`" if by else "**nobody**"] for one, by in noticed]


def _copy(target: Path) -> Path:
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist"))
    return target


def _notice(copy: Path, mutation: Mutation) -> str:
    """Return the test that noticed the bug, or nothing."""
    module = copy / mutation.module
    source = module.read_text()
    module.write_text(mutation.broken(source))
    by = ""
    try:
        for tests in mutation.tests:
            by = by or _failing(copy, tests)
    finally:
        module.write_text(source)
    sys.stdout.write(f"{mutation.name}: {by or 'NOT NOTICED'}\n")
    sys.stdout.flush()
    return by


def _failing(copy: Path, tests: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=60", tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{tests} (hangs)"
    if done.returncode == 0:
        return ""
    failed = _FAILED.search(done.stdout)
    return failed.group(1).replace("tests/", "", 1) if failed else f"{tests} (ends with {done.returncode})"


if __name__ == "__main__":
    sys.exit(main())
