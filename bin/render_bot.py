"""Draws the status of one bot for people, with its last transitions and its last words. Pure: text in, lines out."""

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from the0_actors.actors.ports.status import BotStatus
from the0_actors.bin.columns import age, printable
from the0_actors.bin.render import phase_word

_NARROWEST = 40


def render_bot(bot: BotStatus, width: int) -> Iterator[str]:
    """Yield the lines for one bot."""
    yield f"{click.style(printable(bot.name or bot.bot_id), bold=True)}  {phase_word(bot.phase)}"
    facts = {
        "id": bot.bot_id,
        "reason": bot.reason,
        "code": bot.code_version,
        "incarnation": str(bot.incarnation or ""),
        "short lives": str(bot.short_lives) if bot.short_lives else "",
        "next try": "" if bot.retry_in is None else f"in {age(bot.retry_in)}",
        "last exit": bot.last_exit,
        "container": bot.container_id[:12],
        "seen": "never" if bot.observed_age is None else f"{age(bot.observed_age)} ago",
    }
    for name, fact in facts.items():
        if fact:
            yield from _wrapped(f"  {name + ':':<13}", fact, width)
    if bot.transitions:
        yield "  transitions:"
    for step in bot.transitions:
        moment = datetime.fromtimestamp(step.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        yield from _wrapped(f"    {moment}  {step.phase:<13} ", step.reason, width)
    if bot.log_tail:
        yield "  last output:"
        yield from (f"    {printable(line)}" for line in bot.log_tail.splitlines())


def _wrapped(head: str, text: str, width: int) -> list[str]:
    room = max(width, _NARROWEST)
    return textwrap.wrap(printable(text), room, initial_indent=head, subsequent_indent=" " * len(head)) or [head]
