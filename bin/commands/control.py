"""`restart`, `resume`, `stop`, `confirm-stops`: what an operator tells a running runtime."""

import click

from the0_actors.actors.ports.status import Command
from the0_actors.adapters.http.client import StatusClient
from the0_actors.bin.columns import printable
from the0_actors.bin.command import The0Command
from the0_actors.bin.runtime_url import complete_bot, complete_held, find_bot, url_option

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


@click.command(
    "confirm-stops",
    cls=The0Command,
    examples="""
the0-actors confirm-stops
the0-actors confirm-stops --yes
the0-actors confirm-stops k3v9x0q2m1n4b7c8d5f6g1h2
""",
)
@click.argument("bots", nargs=-1, metavar="[BOT]...", shell_complete=complete_held)
@click.option("--yes", is_flag=True, help="Do not ask.")
@url_option
def confirm_stops(bots: tuple[str, ...], *, yes: bool, url: str) -> None:
    """Let bots stop that are held: many were to stop at once, and no event of the platform said so.

    Confirms what is held now, or the BOTs alone, after it showed them; what is held later is another matter. Bots that
    are to live are kept by giving them their documents back.
    """
    client = StatusClient(url)
    present = client.status()
    named = [find_bot(present, word).bot_id for word in bots]
    meant = sorted(set(present.held).intersection(named) if named else present.held)
    if not meant:
        click.echo("no stop is held" if not named else "none of these is held")
        return
    titles = {bot.bot_id: bot.name for bot in present.bots}
    for bot_id in meant:
        click.echo(f"  {printable(bot_id)}  {printable(titles.get(bot_id, ''))}".rstrip())
    if not yes:
        click.confirm(f"Stop {'this bot' if len(meant) == 1 else f'these {len(meant)} bots'}?", abort=True)
    confirmed = client.confirm_stops(meant)
    click.echo(f"confirmed {len(confirmed)} of {len(meant)}; `the0-actors status` shows how it goes")
