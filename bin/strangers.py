"""`down --installation`: stops the containers of an installation that is not ours, because somebody named it."""

import re

import click

from the0_actors.actors.domain.observed import Observed
from the0_actors.actors.identity import group
from the0_actors.actors.ports.engine import Engine
from the0_actors.bin.command import fail
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.teardown import Patience, stop_all


def installation_id(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return an installation's id as it was given. Raises `BadParameter` for another text."""
    if value is not None and re.fullmatch("[0-9a-f]{12}", value) is None:
        raise click.BadParameter(f"{value!r} is not valid; expected 12 of 0-9 and a-f", ctx, param)
    return value


def stop_strangers(engine: Engine, installation: str, patience: Patience) -> tuple[str, ...]:
    """Stop and remove all containers of an installation; return the bots that may still run.

    Its database is not known here, so no lease is asked for and no run is recorded.
    """
    found = [one for one in engine.everyone() if one.installation == installation]
    if not found:
        known = ", ".join(group(engine.everyone())) or "none"
        fail(f"no container here is of installation {installation}; there are some of: {known}", ExitCode.NOT_FOUND)
    stuck = stop_all(engine, found, patience, click.echo, _unrecorded)
    click.echo(f"{len(found) - len(stuck)} of {len(found)} stopped")
    return stuck


def _unrecorded(container: Observed, *, stopped: bool, killed_after: float | None) -> None:
    del container, stopped, killed_after
