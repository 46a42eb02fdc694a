"""`bin/the0-actors` from a bare checkout, and what every command's help promises."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from the0_actors.bin.catalogue import COMMANDS
from the0_actors.bin.command import The0Command
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.main import cli
from the0_actors.supervisors.settings_reader import declared
from the0_actors.version import __version__

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bin" / "the0-actors"
ENV = {"PATH": os.environ["PATH"], "HOME": "/tmp"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=ENV, capture_output=True, text=True, check=False)


def bare_copy(place: Path) -> Path:
    """Return the script of a checkout that has nothing but the sources."""
    for name in ("actors", "adapters", "bin", "lib", "supervisors"):
        (place / name).symlink_to(ROOT / name)
    (place / "bin").unlink()
    (place / "bin").mkdir()
    for file in (ROOT / "bin").iterdir():
        (place / "bin" / file.name).symlink_to(file)
    (place / "bin" / SCRIPT.name).unlink()
    script = place / "bin" / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    script.chmod(0o755)
    return script


def test_the_script_runs_from_any_folder_and_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(SCRIPT)
    for path in (SCRIPT, link):
        done = run(sys.executable, path, "version", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, f"the0-actors version {__version__}\n"), done.stderr
    assert os.access(SCRIPT, os.X_OK)


def test_the_checkouts_own_venv_is_used_and_a_missing_package_is_one_line(tmp_path: Path) -> None:
    script = bare_copy(tmp_path)
    venv.create(tmp_path / ".venv", with_pip=False)
    done = run(sys.executable, script, "version", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"the0-actors: the Python package 'click' is missing; run `make install` in {tmp_path}"
    ]


def test_a_venv_that_leads_nowhere_is_no_endless_loop(tmp_path: Path) -> None:
    script = bare_copy(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert run(sys.executable, script, "version", cwd=tmp_path).returncode in {0, 1}


def test_no_arguments_print_help_and_end_well() -> None:
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_help_has_examples_and_exit_codes(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert isinstance(command, The0Command)
    text = CliRunner().invoke(cli, [name, "-h"]).output
    assert "Exit codes:" in text
    assert f"the0-actors {name}" in text.partition("Examples:")[2]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts} says nothing"


def test_the_help_names_defaults_and_variables_of_every_setting() -> None:
    text = " ".join(CliRunner().invoke(cli, ["run", "--help"]).output.split()).replace("- ", "-")
    for item in declared():
        if item.option.flag:
            assert item.option.flag in text
    for words in ("env: BOT_STOP_GRACE; default: 30s", "env: NATS_URL", "default: docker"):
        assert words in text


def test_exit_codes_are_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    for code in ExitCode:
        assert f"| {code.value} |" in page
