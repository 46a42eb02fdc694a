"""What a command costs before it does anything: the CPU of a whole process, beside an interpreter that does nothing.

Run one measurement with `python -m tests.bench.command_line ours 10`, the number being that of the bots in a status.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

from tests.adapters.http.samples import RUNNING, STATUS, FixedRuntime
from tests.bench.child import ROOT, Numbers, answer

from the0_actors.adapters.http.server import StatusServer

ROUNDS = 10


def compare(bots: int) -> Numbers:
    """Run each command some times, in turn; return the quickest of each, in seconds."""
    fleet = tuple(replace(RUNNING, bot_id=f"b{number:023}", name=f"bot {number}") for number in range(bots))
    server = StatusServer(FixedRuntime(replace(STATUS, bots=fleet)), "127.0.0.1", 0)
    server.start()
    script, url = str(ROOT / "bin" / "the0-actors"), f"http://127.0.0.1:{server.port}"
    commands = {
        "plain_s": ["-c", "pass"],
        "version_s": [script, "version"],
        "help_s": [script, "--help"],
        "status_s": [script, "status", "--url", url],
    }
    rounds = [{name: _cpu(arguments) for name, arguments in commands.items()} for _ in range(ROUNDS)]
    server.close()
    return {name: min(each[name] for each in rounds) for name in commands}


def _cpu(arguments: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # No other variable of ours: a runtime may be told where to write, or a test's own paths to look through.
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    answer({"ours": compare})
