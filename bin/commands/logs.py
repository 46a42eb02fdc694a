"""`logs`: what a bot printed."""

import sys

import click

from the0_actors.adapters.http.client import StatusClient
from the0_actors.bin.command import The0Command, fail
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.runtime_url import complete_bot, find_bot, url_option


@click.command(
    "logs",
    cls=The0Command,
    examples="""
the0-actors logs k3v9x0q2m1n4b7c8d5f6g1h2 --tail 20
the0-actors logs -f k3v9x0q2m1n4b7c8d5f6g1h2
""",
)
@click.argument("bot", shell_complete=complete_bot)
@click.option("-f", "--follow", is_flag=True, help="Go on with new output until Ctrl-C.")
@click.option("--tail", type=click.IntRange(0, 100_000), default=200, show_default=True, help="Lines to begin with.")
@url_option
def logs(bot: str, *, follow: bool, tail: int, url: str) -> None:
    """Print what BOT (an id or a name) printed, standard output and standard error as they came."""
    client = StatusClient(url)
    chunks = client.logs(bot, tail, follow=follow)
    if chunks is None:
        bot = find_bot(client.status(), bot).bot_id
        chunks = client.logs(bot, tail, follow=follow)
    if chunks is None:
        fail(f"no bot {bot!r} with output in this runtime; `the0-actors status` lists them", ExitCode.NOT_FOUND)
    try:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
