"""What is not loaded by commands that have no use for it, and the table that saves it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.adapters.http.samples import FixedRuntime

from the0_actors.adapters.http.server import StatusServer
from the0_actors.bin.catalogue import COMMANDS
from the0_actors.bin.main import COMPLETION, cli

ROOT = Path(__file__).parents[2]
CLIENTS = {"pymongo", "bson", "docker", "nats", "minio", "kubernetes", "urllib3", "requests", "yara"}
HEAVY = CLIENTS | {"yaml", "rich", "structlog", "pykka", "asyncio", "pathspec", "tzdata", "zoneinfo"}
NOT_ASKING = HEAVY | {"http.client", "urllib.request", "ssl", "email", "json"}
MARK = "loaded: "
PROGRAM = f"""
import json, sys
from the0_actors.bin.main import main
try:
    main()
finally:
    print({MARK!r} + json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = StatusServer(FixedRuntime(), "127.0.0.1", 0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def loaded(url: str, *arguments: str, **variables: str) -> set[str]:
    """Return the modules that are there when a command ends."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "lib"), "THE0_URL": url, **variables}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith(MARK))
    return set(json.loads(line.removeprefix(MARK)))


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["version"], NOT_ASKING),
        (["--help"], NOT_ASKING),
        (["completion", "bash"], NOT_ASKING),
        (["status", "--help"], HEAVY),
        (["status"], HEAVY),
        (["status", "btc-sma"], HEAVY),
        (["logs", "--help"], HEAVY),
        (["restart", "btc-sma"], HEAVY),
        (["run", "--help"], CLIENTS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_loads_what_it_uses_alone(url: str, arguments: list[str], heavy: set[str]) -> None:
    # What the interpreter's own start loads is not ours: an editable installation brings a finder.
    here = loaded(url, *arguments)
    assert not here & (heavy - {"json"})
    assert not any(module.startswith("the0_actors.supervisors.wiring") for module in here)


@pytest.mark.parametrize(("line", "word"), [("the0-actors st", "1"), ("the0-actors status ", "2")])
def test_completion_loads_no_other_command(url: str, line: str, word: str) -> None:
    asked = {COMPLETION: "bash_complete", "COMP_WORDS": line, "COMP_CWORD": word}
    here = loaded(url, **asked)
    assert not here & HEAVY
    assert "the0_actors.bin.commands.run" not in here


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_their_own_help_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=1000) == COMMANDS[name].about
