"""Servers that tests start: free ports, waiting until they answer, and an end that is certain."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.parts.waiting import missing, until


def program(name: str) -> str:
    """Return the path of a server program; skip the test without it, or fail where CI is set."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        missing(f"{name} is not installed")
    return found


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Server:
    """One server process that can be stopped, killed and started again with the same arguments."""

    def __init__(self, command: list[str], port: int, log: Path, environment: dict[str, str] | None = None) -> None:
        self._command, self._log = command, log
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment
            )
        process = self._process
        until(lambda: process.poll() is not None or listens(self.port), f"{self._command[0]} listens")
        if process.poll() is not None:
            pytest.fail(self._log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """Ask it to end and wait for that."""
        if self._process is not None:
            self._process.terminate()
            self._end()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._end()

    def signal(self, number: int) -> None:
        """Send it a signal; one that halts it has done so on return."""
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGSTOP:
            tasks = Path(f"/proc/{self._process.pid}/task")
            until(lambda: all(_state(task) == "T" for task in tasks.iterdir()), "it is halted")

    def _end(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None


def _state(task: Path) -> str:
    """Return the letter of a thread's state."""
    return (task / "stat").read_text().rpartition(")")[2].split()[0]
