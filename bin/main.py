"""The command `the0-actors`: the group of all commands."""

import os
import sys
from typing import Any

import click

from the0_actors.bin.commands import (
    completion,
    control,
    deploy,
    down,
    logs,
    run,
    runs,
    schedule,
    status,
    validate,
    version,
)
from the0_actors.bin.logging_setup import configure_logging
from the0_actors.supervisors.settings import LogFormat, Logging, LogLevel

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_CONTEXT, invoke_without_command=True)
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


for _command in (
    run.run,
    run.bot_runner,
    run.bot_scheduler,
    status.status,
    logs.logs,
    runs.runs,
    *control.COMMANDS,
    deploy.deploy,
    deploy.undeploy,
    down.down,
    validate.validate,
    schedule.schedule,
    completion.completion,
    version.version,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; ends the process. Until a command says otherwise, the log is for what someone must see."""
    configure_logging(Logging(level=LogLevel.WARN, format=LogFormat.PRETTY), sys.stderr)
    cli(prog_name=completion.PROGRAM, complete_var=completion.VARIABLE)
