"""The exit codes of every command. `docs/cli.md` documents them; upstream's names (`bot-runner`) use 0 and 1 alone."""

from enum import IntEnum

from the0_actors.actors.errors import InvalidSetting, NotActive, PortInUse, The0ActorsError, Unavailable


class ExitCode(IntEnum):
    """What a command's end means."""

    OK = 0
    """Done; for `run`, a regular end."""
    FAILURE = 1
    """It did not work, for a reason that is none of those below."""
    USAGE = 2
    """A flag, a setting or an argument is not valid; nothing was done."""
    UNREACHABLE = 3
    """A dependency, or the runtime that was asked, did not answer, or cannot do what was asked now."""
    NOT_FOUND = 4
    """There is no such bot."""
    IN_USE = 5
    """The port or the data folder is taken, or another runtime is active."""
    INTERRUPTED = 130
    """Left at the second Ctrl-C (or, while following a log, at the first)."""


def code_of(error: The0ActorsError) -> ExitCode:
    """Return the exit code of a failure."""
    match error:
        case InvalidSetting():
            return ExitCode.USAGE
        case Unavailable() | NotActive():
            return ExitCode.UNREACHABLE
        case PortInUse():
            return ExitCode.IN_USE
        case _:
            return ExitCode.FAILURE


def help_text() -> str:
    """Return the codes as lines for a command's help."""
    return "\n".join(f"  {code.value:>3}  {code.name.lower().replace('_', ' ')}" for code in ExitCode)
