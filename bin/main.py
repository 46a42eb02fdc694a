"""The command `the0-actors`: the group of all commands."""

import os
from typing import Any

import click

from the0_actors.bin.catalogue import Catalogue

PROGRAM = "the0-actors"
COMPLETION = "_THE0_ACTORS_COMPLETE"
"""Environment variable by which a shell asks for completions."""
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Catalogue, context_settings=_CONTEXT, invoke_without_command=True)
@click.option("--mongo-uri", metavar="URL", help="As of the command; upstream takes it here too.")
@click.option("--nats-url", metavar="URL", help="As of the command; upstream takes it here too.")
@click.pass_context
def cli(ctx: click.Context, /, **_: Any) -> None:
    """Keep trading bots running: the runtime of the0, as actors.

    First steps: `the0-actors run --mode process`, then in another terminal `the0-actors deploy FOLDER` and
    `the0-actors status`. Every command has --help with its flags, variables, examples and exit codes.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line; ends the process."""
    cli(prog_name=PROGRAM, complete_var=COMPLETION)
