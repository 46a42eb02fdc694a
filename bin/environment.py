"""What the commands need of the world around them, as one value: tests and embedders give their own."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from the0_actors.supervisors.service import Wiring


def _real_wiring() -> "Wiring":
    # Loaded when a command needs them: `--help`, `status` and completion answer without the log and the clients.
    importlib.import_module("the0_actors.bin.logging_setup").log_what_must_be_seen(sys.stderr)
    return cast("Wiring", importlib.import_module("the0_actors.supervisors.wiring"))


@dataclass(frozen=True, slots=True)
class Environment:
    """How commands reach the runtime's parts, and time."""

    wiring: "Callable[[], Wiring]" = _real_wiring
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    """Wall clock, Unix seconds: what a document's dates show."""
    leave: Callable[[int], None] = os._exit
    """End the process without waiting for threads that may hang."""


def environment(ctx: click.Context) -> Environment:
    """Return the environment of a command."""
    return ctx.ensure_object(Environment)
