"""`restart`, `resume`, `stop`: what an operator tells one bot of a running runtime."""

import click

from the0_actors.actors.ports.status import Command
from the0_actors.adapters.http.client import StatusClient
from the0_actors.bin.command import The0Command
from the0_actors.bin.runtime_url import complete_bot, find_bot, url_option

_MEANINGS = {
    Command.RESTART: "Replace BOT's container now, and forget its backoff.",
    Command.RESUME: "Let BOT go on: after `stop`, or when it is parked or crash-looping.",
    Command.STOP: "Stop BOT and keep it stopped, until `resume`.",
}


def _control(command: Command) -> click.Command:
    @click.command(
        str(command),
        cls=The0Command,
        help=_MEANINGS[command],
        examples=f"the0-actors {command} k3v9x0q2m1n4b7c8d5f6g1h2",
    )
    @click.argument("bot", shell_complete=complete_bot)
    @url_option
    def act(bot: str, url: str) -> None:
        client = StatusClient(url)
        if not client.command(bot, command):
            bot = find_bot(client.status(), bot).bot_id
            client.command(bot, command)
        click.echo(f"{command} of {bot} accepted; `the0-actors status {bot}` shows how it goes")

    return act


restart, resume, stop = (_control(command) for command in (Command.RESTART, Command.RESUME, Command.STOP))
