"""Simulated lives from the command line: `python -m tests.simulation explore|walk|replay ...`; `--help` tells more."""

import argparse
import random
import sys
from collections.abc import Sequence
from contextlib import nullcontext

import structlog
from tests.simulation.kinds import KINDS, chosen, live
from tests.simulation.machine import explore
from tests.simulation.story import Story
from tests.simulation.trace import traced


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says. Status 1 after a violation."""
    options = _parser().parse_args(arguments)
    if options.do == "explore":
        return _explore(options)
    story = Story.read(options.story) if options.do == "replay" else chosen(options.kind, options.seed, options.actions)
    with traced(_say) if options.trace else nullcontext():
        world = live(story).ground
    for call in world.engine.calls if options.trace else ():
        _say(f"{call}")
    _say(f"{len(story.actions)} actions, {world.stepper.dispatcher.steps} turns, nothing violated")
    return 0


def _explore(options: argparse.Namespace) -> int:
    number = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    kinds = KINDS if options.kind is None else (options.kind,)
    tallies = [explore(kind, options.examples, number, _say) for kind in kinds]
    return 1 if any(tally.violations for tally in tallies) else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    commands = parser.add_subparsers(dest="do", required=True)
    exploring = commands.add_parser("explore", help="look for a life that violates what must hold")
    exploring.add_argument("examples", type=int)
    exploring.add_argument("--kind", choices=tuple(KINDS), help="of life; otherwise each of them, so many times")
    exploring.add_argument("--seed", type=int, help="the same lives again; otherwise new ones")
    replay = commands.add_parser("replay", help="live a life again, as a failure prints it")
    replay.add_argument("story")
    walk = commands.add_parser("walk", help="live the life that a seed chooses")
    walk.add_argument("seed", type=int)
    walk.add_argument("--kind", choices=tuple(KINDS), default="bots", help="of life")
    walk.add_argument("--actions", type=int, default=40)
    for command in (replay, walk):
        command.add_argument("--trace", action="store_true", help="print all that happens")
    return parser


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.exit(main(sys.argv[1:]))
