"""How every command behaves: one line for each error, documented exit codes, examples under its help."""

from collections.abc import Mapping
from typing import Any, NoReturn

import click

from the0_actors.actors.errors import The0ActorsError
from the0_actors.bin.exit_codes import ExitCode, code_of, help_text


def fail(message: str, code: ExitCode) -> NoReturn:
    """End the command with a line for people on standard error, and an exit code."""
    click.secho(f"Error: {message}", fg="red", err=True)
    raise click.exceptions.Exit(code)


class The0Command(click.Command):
    """A command whose errors of ours become lines, and whose help ends with examples and exit codes."""

    def __init__(self, *args: Any, examples: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = examples

    def invoke(self, ctx: click.Context) -> Any:
        """Run; turn what is raised on purpose into lines and an exit code."""
        try:
            return super().invoke(ctx)
        except The0ActorsError as error:
            fail("\nError: ".join([str(error), *getattr(error, "__notes__", ())]), self.exit_code(code_of(error)))

    def exit_code(self, code: ExitCode) -> ExitCode:
        """Return the code that this command uses for a failure."""
        return code

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples and exit codes as they are."""
        del ctx
        if self.examples:
            formatter.write(f"\nExamples:\n{_indented(self.examples)}\n")
        formatter.write(f"\nExit codes:\n{self.codes()}\n")

    def codes(self) -> str:
        """Return the lines about exit codes."""
        return help_text()


class UpstreamCommand(The0Command):
    """A command with upstream's name: every failure, also a bad flag, ends with 1."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse; a usage error has upstream's code."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            error.show()
            raise click.exceptions.Exit(ExitCode.FAILURE) from error

    def exit_code(self, code: ExitCode) -> ExitCode:
        """See the base class."""
        return code if code in {ExitCode.OK, ExitCode.INTERRUPTED} else ExitCode.FAILURE

    def codes(self) -> str:
        """See the base class."""
        return "    0  regular end\n    1  any failure at start\n  130  left at the second signal"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())


def flags_of(given: Mapping[str, Any]) -> dict[str, str | None]:
    """Return click's parameters by their long flags."""
    return {f"--{name.replace('_', '-')}": value for name, value in given.items()}
