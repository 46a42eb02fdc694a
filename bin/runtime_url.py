"""The address of a running runtime, for the commands that ask one."""

from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.ports.status import BotStatus, RuntimeStatus
from the0_actors.adapters.http.client import StatusClient
from the0_actors.bin.command import fail
from the0_actors.bin.exit_codes import ExitCode
from the0_actors.bin.masked import learn
from the0_actors.supervisors.masking import secrets_in

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
        callback=_heard,
        help="Address of the running runtime: what its --listen says, seen from here.",
    )(command)


def _heard(_: click.Context, __: click.Parameter, url: str) -> str:
    learn(secrets_in(url))
    return url


def find_bot(status: RuntimeStatus, word: str) -> BotStatus:
    """Return the bot of that id, or else of that name. Ends the command when there is none, or no one."""
    bots = [bot for bot in status.bots if bot.bot_id == word] or [bot for bot in status.bots if bot.name == word]
    if not bots:
        fail(f"no bot {word!r} in this runtime; `the0-actors status` lists them", ExitCode.NOT_FOUND)
    if len(bots) > 1:
        ids = ", ".join(bot.bot_id for bot in bots)
        fail(f"{len(bots)} bots are called {word!r}; give the id of one: {ids}", ExitCode.USAGE)
    return bots[0]


def complete_held(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the bots whose stop is held; none when no runtime answers at once."""
    status = _status(ctx)
    return [CompletionItem(bot_id) for bot_id in (status.held if status else ()) if bot_id.startswith(incomplete)]


def complete_bot(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids and names of the runtime's bots; none when no runtime answers at once."""
    status = _status(ctx)
    words = {word: bot.phase for bot in (status.bots if status else ()) for word in (bot.name, bot.bot_id)}
    return [
        CompletionItem(word, help=str(phase)) for word, phase in words.items() if word and word.startswith(incomplete)
    ]


def _status(ctx: click.Context) -> RuntimeStatus | None:
    try:
        return StatusClient(ctx.params.get("url") or DEFAULT, _IMPATIENT).status()
    except The0ActorsError:
        return None
