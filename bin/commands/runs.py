"""`runs`: what became of a schedule's slots."""

import json
import shutil
from dataclasses import asdict

import click

from the0_actors.adapters.http.client import StatusClient
from the0_actors.bin.command import The0Command, fail
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.render_runs import render_runs
from the0_actors.bin.runtime_url import complete_bot, find_bot, url_option

_FALLBACK = (100, 24)


@click.command(
    "runs",
    cls=The0Command,
    examples="""
the0-actors runs daily-rebalance
the0-actors runs daily-rebalance --limit 500 --json | jq '.[] | select(.outcome != "succeeded")'
""",
)
@click.argument("bot", shell_complete=complete_bot)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, from the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON instead of text.")
@url_option
def runs(bot: str, *, limit: int, as_json: bool, url: str) -> None:
    """Show the latest runs of BOT (an id or a name of a scheduled bot), and its slots that did not run."""
    client = StatusClient(url)
    records = client.runs(bot, limit)
    if records is None:
        bot = find_bot(client.status(), bot).bot_id
        records = client.runs(bot, limit)
    if records is None:
        fail(f"{bot} is not scheduled, so it has no runs; `the0-actors status {bot}` shows it", ExitCode.NOT_FOUND)
    if as_json:
        click.echo(json.dumps([asdict(record) for record in records], ensure_ascii=False))
        return
    click.echo("\n".join(render_runs(records, shutil.get_terminal_size(_FALLBACK).columns)))
