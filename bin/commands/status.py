"""`status`: how a running runtime and its bots are."""

import json
import shutil
import sys
from dataclasses import asdict

import click

from the0_actors.adapters.http.client import StatusClient
from the0_actors.adapters.http.codec import encode_status
from the0_actors.bin.command import The0Command
from the0_actors.bin.render import render_status
from the0_actors.bin.render_bot import render_bot
from the0_actors.bin.runtime_url import complete_bot, find_bot, url_option

_FALLBACK = (100, 24)


@click.command(
    "status",
    cls=The0Command,
    examples="""
the0-actors status
the0-actors status k3v9x0q2m1n4b7c8d5f6g1h2
the0-actors status --tree
the0-actors status --json | jq '.bots[] | select(.phase != "running")'
""",
)
@click.argument("bot", required=False, shell_complete=complete_bot)
@click.option("--json", "as_json", is_flag=True, help="Print the status document instead of text.")
@click.option("--tree", is_flag=True, help="Show the tree of actors too.")
@url_option
def status(bot: str | None, *, as_json: bool, tree: bool, url: str) -> None:
    """Show the runtime, or one BOT (its id or name): phase, reason, last transitions.

    A line that is too long for the terminal is cut; one in a pipe is not.
    """
    present = StatusClient(url).status()
    width = shutil.get_terminal_size(_FALLBACK).columns
    if bot is None:
        lines = render_status(present, width if sys.stdout.isatty() else None, tree=tree)
        click.echo(encode_status(present).decode() if as_json else "\n".join(lines) + "\n", nl=False)
        return
    one = find_bot(present, bot)
    click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else "\n".join(render_bot(one, width)))
