"""Measuring in fresh processes: what one measurement leaves behind does not weigh on the next."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Tools of development bring `rich`, which structlog loads where it is; a plain installation has none. A test that takes
# a measurement of ours leaves its own process as it is.
if "pytest" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment] # pyright: ignore[reportArgumentType]

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 900.0

Numbers = dict[str, float]


def resident() -> int:
    """Return the resident memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(module: str, names: Sequence[str], size: int, times: int = 1) -> list[Numbers]:
    """Run `python -m module name size` for each name, so many times, each in a process of its own.

    Returns the medians for each name. The names take turns, so that whatever else the machine does weighs on all alike.
    """
    runs = [[_once(module, [name, str(size)]) for name in names] for _ in range(times)]
    return [_medians([run[index] for run in runs]) for index in range(len(names))]


def _medians(runs: Sequence[Numbers]) -> Numbers:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _once(module: str, arguments: list[str]) -> Numbers:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'lib'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=MOST_SECONDS
    )
    numbers: Numbers = json.loads(done.stdout.splitlines()[-1])
    return numbers


def answer(measurements: Mapping[str, Callable[[int], Numbers]]) -> None:
    """Be the child: make the measurement named on the command line and print its numbers."""
    name, actors = sys.argv[1], int(sys.argv[2])
    numbers = measurements[name](actors)
    sys.stdout.write(json.dumps(numbers) + "\n")
    sys.stdout.flush()
    os._exit(0)  # ten thousand threads take their time to say good-bye
