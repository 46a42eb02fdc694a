"""Simulated lives from the command line: `python -m tests.simulation replay|walk ...`; `--help` tells more."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from tests.simulation.life import chosen, live
from tests.simulation.story import Story
from tests.simulation.trace import traced


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; errors of the simulation pass."""
    options = _parser().parse_args(arguments)
    story = Story.read(options.story) if options.do == "replay" else chosen(options.seed, options.actions)
    with traced(_say) if options.trace else nullcontext():
        world = live(story).world
    for call in world.engine.calls if options.trace else ():
        _say(f"{call}")
    _say(f"{len(story.actions)} actions, {world.stepper.dispatcher.steps} turns, nothing violated")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    commands = parser.add_subparsers(dest="do", required=True)
    replay = commands.add_parser("replay", help="live a life again, as a failure prints it")
    replay.add_argument("story")
    walk = commands.add_parser("walk", help="live the life that a seed chooses")
    walk.add_argument("seed", type=int)
    walk.add_argument("--actions", type=int, default=40)
    for command in (replay, walk):
        command.add_argument("--trace", action="store_true", help="print all that happens")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
