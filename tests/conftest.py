"""Fixtures that any test may ask for: real parts, made when first needed."""

import signal

import pytest
from tests.services.left_out import note

pytest_plugins = [
    "tests.parts.docker",
    "tests.parts.mongo",
    "tests.parts.nats",
    "tests.parts.s3",
    "tests.parts.platform",
    "tests.parts.runtimes",
    "tests.parts.command",
]


def pytest_configure() -> None:
    """Hear SIGINT as on a terminal: a shell lets what it starts in the background ignore it, and bots inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell whoever started this run how many tests found nothing to run with."""
    note(terminalreporter.stats.get("skipped", []))
