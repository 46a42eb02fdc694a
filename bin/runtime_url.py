"""The address of a running runtime, for the commands that ask one."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from the0_actors.actors.errors import The0ActorsError
from the0_actors.adapters.http.client import StatusClient

DEFAULT = "http://127.0.0.1:8080"
_IMPATIENT = 1.0


def url_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with `--url`."""
    return click.option(
        "--url",
        envvar="THE0_URL",
        default=DEFAULT,
        show_default=True,
        show_envvar=True,
        help="Address of the running runtime: what its --listen says, seen from here.",
    )(command)


def complete_bot(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the runtime's bots; none when no runtime answers at once."""
    try:
        status = StatusClient(ctx.params.get("url") or DEFAULT, _IMPATIENT).status()
    except The0ActorsError:
        return []
    return [CompletionItem(bot.bot_id, help=str(bot.phase)) for bot in status.bots if bot.bot_id.startswith(incomplete)]
