"""`version`: which runtime this is."""

import click

from the0_actors.bin.command import UpstreamCommand
from the0_actors.version import __version__


@click.command("version", cls=UpstreamCommand, examples="the0-actors version")
def version() -> None:
    """Print the version."""
    click.echo(f"the0-actors version {__version__}")
