"""What the commands need of the world around them, as one value: tests and embedders give their own."""

import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import click

from the0_actors.supervisors.service import Wiring


def _real_wiring() -> Wiring:
    # Loaded when a command needs it: `--help`, `status` and completion answer without the client libraries.
    return cast("Wiring", importlib.import_module("the0_actors.supervisors.wiring"))


@dataclass(frozen=True, slots=True)
class Environment:
    """How commands reach the runtime's parts, and time."""

    wiring: Callable[[], Wiring] = _real_wiring
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    """Wall clock, Unix seconds: what a document's dates show."""
    leave: Callable[[int], None] = os._exit
    """End the process without waiting for threads that may hang."""


def environment(ctx: click.Context) -> Environment:
    """Return the environment of a command."""
    return ctx.ensure_object(Environment)
