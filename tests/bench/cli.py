"""The command line, without what only a developer's environment has and structlog loads where it is."""

import sys

if __name__ == "__main__":
    sys.modules["rich"] = None  # type: ignore[assignment] # pyright: ignore[reportArgumentType]
    from the0_actors.bin.main import cli

    cli(sys.argv[1:], prog_name="the0-actors")
