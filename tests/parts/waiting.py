"""Waiting for conditions with a deadline, and the answer when a part is not here."""

import os
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

T = TypeVar("T")


PATIENCE = float(os.environ.get("THE0_TEST_PATIENCE") or (3 if os.environ.get("CI") else 1))
"""Deadlines are this many times as long: a busy machine is no failure, and who is in time loses nothing by it."""


def until(look: Callable[[], T], what: str | Callable[[], str], seconds: float = 20.0) -> T:
    """Wait until `look` gives something true and return it; fail with `what` (asked then, if callable) in the end."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.01)
    return found


def missing(reason: str) -> NoReturn:
    """End the test: what it needs is not here. That is a failure where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
