"""`deploy` and `undeploy`: a folder becomes a bot, and goes again."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from the0_actors.actors.errors import InvalidSetting
from the0_actors.bin.bot_folder import read_folder
from the0_actors.bin.command import The0Command
from the0_actors.bin.deployment import Deployment, deployment_on
from the0_actors.bin.environment import environment
from the0_actors.bin.packing import files_of
from the0_actors.bin.settings_flags import CONNECT, connected, settings_flags, settings_of
from the0_actors.supervisors.settings import Part, Settings


@click.command(
    "deploy",
    cls=The0Command,
    examples="""
the0-actors deploy ./my-bot
the0-actors deploy ./my-bot --name my-bot-2
""",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="Name of the bot instance; by default the name in config.json, else the bot's.")
@settings_flags(*CONNECT)
@click.pass_context
def deploy(ctx: click.Context, /, folder: Path, name: str | None, **given: Any) -> None:
    """Pack FOLDER, upload it and tell the runtime. Again is a new version of the same bot.

    Read from FOLDER: bot-config.yaml (the platform's description of a bot), config.json (the instance's settings),
    .the0ignore. What the description leaves out is guessed, and said.
    """
    settings = _publishing(settings_of(ctx, given, "run"))
    told = read_folder(folder, files_of(folder))
    for guess in told.guessed:
        click.echo(f"guessed: {guess}")
    with _deployment(ctx, settings) as deployment:
        deployment.deploy(folder, told, name or str(told.config.get("name") or told.custom.name))


@click.command("undeploy", cls=The0Command, examples="the0-actors undeploy my-bot")
@click.argument("name")
@settings_flags(*CONNECT)
@click.pass_context
def undeploy(ctx: click.Context, /, name: str, **given: Any) -> None:
    """Delete the bot instance NAME that `deploy` made. Its code stays in the store."""
    settings = _publishing(settings_of(ctx, given, "run"))
    with _deployment(ctx, settings) as deployment:
        deployment.undeploy(name)


def _publishing(settings: Settings) -> Settings:
    if not settings.nats.url and Part.NATS not in settings.embedded.parts:
        raise InvalidSetting("--nats-url", "", "an address: bots are deployed by an event over NATS")
    return settings


@contextmanager
def _deployment(ctx: click.Context, settings: Settings) -> Generator[Deployment, None, None]:
    around = environment(ctx)
    with connected(around.wiring(), settings, start=False) as live:
        yield deployment_on(around, live)
