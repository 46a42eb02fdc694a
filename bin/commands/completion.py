"""`completion`: the script that makes a shell complete commands, flags and bot ids."""

import click
from click.shell_completion import get_completion_class

from the0_actors.bin.command import The0Command
from the0_actors.bin.main import COMPLETION, PROGRAM


@click.command(
    "completion",
    cls=The0Command,
    examples="""
source <(the0-actors completion bash)
the0-actors completion fish > ~/.config/fish/completions/the0-actors.fish
""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL."""
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(ctx.find_root().command, {}, PROGRAM, COMPLETION).source())
