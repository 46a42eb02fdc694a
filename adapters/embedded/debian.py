"""Installing packages of Debian or Ubuntu as root, and running commands that tell how they come along."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from the0_actors.adapters.embedded.trouble import CannotEmbed

Progress = Callable[[str], None]
"""Hears single lines for a person who waits."""

_FAMILIES = {"debian", "ubuntu"}

_INSTALLING = 900.0
"""Seconds that an installation may take, downloads included."""

_SIGN_EVERY = 10.0
"""Seconds between two lines of a command that are passed on."""


def hindrance(os_release: Path = Path("/etc/os-release")) -> str | None:
    """Return why packages cannot be installed here, or None when they can."""
    try:
        lines = os_release.read_text().splitlines()
    except OSError:
        lines = []
    fields = dict(line.replace('"', "").split("=", 1) for line in lines if "=" in line)
    families = {fields.get("ID", ""), *fields.get("ID_LIKE", "").split()}
    if not families & _FAMILIES or shutil.which("apt-get") is None:
        return "this is neither Debian nor Ubuntu"
    if os.geteuid() != 0:
        return "only root can install packages"
    return None


def install(packages: Sequence[str], progress: Progress) -> None:
    """Install packages. Raises `CannotEmbed` with the last words of the package manager."""
    if (reason := hindrance()) is not None:
        raise CannotEmbed(", ".join(packages), f"cannot be installed: {reason}")
    progress(f"installing {', '.join(packages)}")
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*apt, "update"], progress, _INSTALLING, environment)
    run([*apt, "install", "--no-install-recommends", *packages], progress, _INSTALLING, environment)


def run(
    command: Sequence[str],
    progress: Progress,
    within: float,
    environment: Mapping[str, str] | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Run a command, passing a line on now and then, as a sign of life: package managers tell hundreds.

    Raises `CannotEmbed` when it fails or takes longer than so many seconds.
    """
    last, next_sign = "", monotonic() + _SIGN_EVERY
    with subprocess.Popen(  # noqa: S603  # our own list, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        deadline = threading.Timer(within, process.kill)
        deadline.start()
        try:
            for line in process.stdout or ():
                last = line.strip() or last
                if monotonic() >= next_sign:
                    progress(f"  {last}")
                    next_sign = monotonic() + _SIGN_EVERY
        finally:
            deadline.cancel()
    if process.returncode != 0:
        raise CannotEmbed(command[0], f"ended with status {process.returncode}: {last}")
