"""Which commands there are, and where. A command's module is loaded when it is run, asked for help or completed.

So `version` loads no client library, and the list of commands costs nothing but this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import click
from click.shell_completion import CompletionItem

from the0_actors.bin.masked import masked_streams


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one command is, and what the list of commands says of it: the first sentence of its help."""

    module: str
    about: str


COMMANDS: Mapping[str, Entry] = {
    "run": Entry("run", "Keep the desired bots running, in the foreground."),
    "bot-runner": Entry(
        "run", "Keep the desired bots running, under the name, flags, variables and defaults of the0's own runtime."
    ),
    "bot-scheduler": Entry(
        "run", "Run scheduled bots when they are due, under the name, flags, variables and defaults of the0's own"
        " scheduler.",
    ),
    "status": Entry("status", "Show the runtime, or one BOT (its id or name): phase, reason, last transitions."),
    "logs": Entry("logs", "Print what BOT (an id or a name) printed, standard output and standard error as they came."),
    "runs": Entry(
        "runs", "Show the latest runs of BOT (an id or a name of a scheduled bot), and its slots that did not run."
    ),
    "restart": Entry("control", "Replace BOT's container now, and forget its backoff."),
    "resume": Entry("control", "Let BOT go on: after `stop`, or when it is parked or crash-looping."),
    "stop": Entry("control", "Stop BOT and keep it stopped, until `resume`."),
    "confirm-stops": Entry(
        "control", "Let bots stop that are held: many were to stop at once, and no event of the platform said so."
    ),
    "deploy": Entry("deploy", "Pack FOLDER, upload it and tell the runtime."),
    "undeploy": Entry("deploy", "Delete the bot instance NAME that `deploy` made."),
    "down": Entry("down", "Stop every bot of this installation that was left running; with --only, those of one kind."),
    "validate": Entry("validate", "Check every setting and ask every dependency, as `run` would."),
    "schedule": Entry("schedule", "Print when a cron EXPRESSION runs, in words, and the next five times."),
    "completion": Entry("completion", "Print the completion script for SHELL."),
    "version": Entry("version", "Print the version."),
}  # fmt: skip


class Catalogue(click.Group):
    """The group of these commands."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command; nothing that it writes shows a secret."""
        with masked_streams():
            return super().main(*args, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, by the alphabet."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None when there is none of that name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"the0_actors.bin.commands.{entry.module}")
        return cast("click.Command", getattr(module, cmd_name.replace("-", "_")))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].about) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin so, without loading any, and the group's own flags."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        flags = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=COMMANDS[name].about) for name in names), *flags]
