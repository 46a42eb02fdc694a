"""`python -m tests.with_services CMD…`: runs a command for tests with what they need beside Python packages.

As root on Debian or Ubuntu it installs the packages, and runs a Docker Engine for the command alone, unless
`DOCKER_HOST` names one. Elsewhere the command runs with what there is, and the last line says what it left out.
Ctrl-C and TERM are passed on, and a second one kills; whatever happens, the engine goes with the command.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

import click
from tests.services.engine import FOLDER, engine_of_the_run
from tests.services.left_out import TALLY, left_out

from the0_actors.adapters.embedded import debian, docker_engine
from the0_actors.adapters.embedded.trouble import CannotEmbed

PACKAGES = (
    *("busybox-static", "dash", "debootstrap", "debian-archive-keyring", "openssl", "ca-certificates"),
    *("iproute2", *docker_engine.PACKAGES),
    *(() if shutil.which("go") else ("golang-go",)),  # builds the engine of the bench, which any version of it does
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(command: Sequence[str], parent: Path = FOLDER) -> int:
    """Run the command and return its exit code, 128 and the signal's number if a signal ended it."""
    given = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="the0-tests-") as folder:
        tally = Path(folder) / "left-out"
        given[TALLY] = str(tally)
        child = _Child()
        with child, ExitStack() as services:
            hindrance = _bring(services, given, parent)
            code = child.run(command, given)
        if count := left_out(tally):
            what = (
                "1 test was left out, since what it needs"
                if count == 1
                else f"{count} tests were left out, since what they need"
            )
            _say(f"{what} is not here: {how_to_get_them(hindrance)}")
    return code


def how_to_get_them(hindrance: str | None) -> str:
    """Return the one command that runs what was left out, by what hinders it here."""
    if hindrance is None:
        return "`env -u DOCKER_HOST make test` brings it"
    if shutil.which("apt-get") and os.geteuid() != 0:
        return "`sudo make test` brings it"
    return f"`make test` as root on Debian or Ubuntu brings it ({hindrance})"


def _bring(services: ExitStack, given: dict[str, str], parent: Path) -> str | None:
    """Have what is needed until `services` end, and name it in `given`; return why that cannot be, or None."""
    if (hindrance := debian.hindrance()) is not None:
        return hindrance
    try:
        if absent := [package for package in PACKAGES if not _installed(package)]:
            debian.install(absent, _say)
        if not given.get("DOCKER_HOST"):
            given["DOCKER_HOST"] = services.enter_context(engine_of_the_run(_say, parent))
    except CannotEmbed as error:
        return str(error)
    return None


def _installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, check=False, capture_output=True, text=True).stdout == "installed"


def _say(line: str) -> None:
    click.echo(line, err=True)


class _Child:
    """The command, in a session of its own, and our signals. As a context: from its end on, no signal ends us."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = 0

    def __enter__(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._hear)

    def __exit__(self, *_: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def run(self, command: Sequence[str], environment: dict[str, str]) -> int:
        """Run it to its end."""
        self._process = subprocess.Popen(command, env=environment, start_new_session=True)
        code = self._process.wait()
        if self._heard:
            self._send(signal.SIGKILL)  # who did not end with it
        return code if code >= 0 else 128 - code

    def _hear(self, number: int, _: FrameType | None) -> None:
        self._heard += 1
        if self._process is not None:
            self._send(number if self._heard == 1 else signal.SIGKILL)
        elif self._heard == 1:
            raise SystemExit(128 + number)

    def _send(self, number: int) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
