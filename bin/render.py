"""Draws a status for people: the parts, the bots, the tree of actors. Pure: text in, lines out.

Colours are marks that the terminal's owner may switch off (`NO_COLOR`, or a pipe); the words say the same.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click

from the0_actors.actors.ports.status import ActorStatus, BotStatus, Phase, RuntimeStatus
from the0_actors.bin.columns import age, line, printable, sizes

_COLOURS = {
    Phase.RUNNING: "green",
    Phase.BACKOFF: "yellow",
    Phase.CRASH_LOOPING: "red",
    Phase.PARKED: "red",
    Phase.UNKNOWN: "magenta",
}
_HEADS: tuple[str, ...] = ("BOT", "NAME", "PHASE", "VERSION", "RUN", "RETRY", "SEEN")
_NARROWEST = 40


def render_status(status: RuntimeStatus, width: int) -> Iterator[str]:
    """Yield the lines for the whole runtime."""
    yield from _summary(status)
    yield ""
    if status.bots:
        yield _count(status.bots)
        yield from _bots(status.bots, max(width, _NARROWEST))
    else:
        yield "no bots"
    if status.quarantined:
        yield ""
        yield click.style("documents that nobody can read", bold=True)
        yield from (f"  {printable(name)}: {printable(reason)}" for name, reason in sorted(status.quarantined.items()))
    yield ""
    yield from _tree(status.tree)


def render_bot(bot: BotStatus, width: int) -> Iterator[str]:
    """Yield the lines for one bot."""
    yield f"{click.style(printable(bot.bot_id), bold=True)}  {_phase(bot.phase)}"
    facts = {
        "name": bot.name,
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


def _summary(status: RuntimeStatus) -> Iterator[str]:
    ready = click.style("ready", fg="green") if status.ready else click.style("not ready", fg="red")
    uptime = age(status.uptime)
    yield f"the0-actors {status.version}  {status.mode}  {status.role}  {ready}  up {uptime}  {status.installation}"
    for part in status.parts:
        word = (
            click.style("ok", fg="green") if part.ok else click.style("down", fg="red" if part.required else "yellow")
        )
        yield f"  {part.name}: {word}{'' if part.required else ' (optional)'}{'  ' + part.note if part.note else ''}"
    yield from (click.style(f"  alarm: {alarm}", fg="red") for alarm in status.alarms)
    if status.dead_letters:
        yield f"  dead letters: {status.dead_letters}"


def _bots(bots: Sequence[BotStatus], width: int) -> Iterator[str]:
    heads, rows = _HEADS, [_row(bot) for bot in bots]
    widths = sizes([heads, *rows])
    room = width - sum(widths) - 2 * len(widths)
    beside = room >= _NARROWEST
    if not beside:
        heads, rows = _without_name(heads), [_without_name(row) for row in rows]
        widths = sizes([heads, *rows])
    yield click.style(line(heads, widths) + ("REASON" if beside else ""), bold=True).rstrip()
    for bot, row in zip(bots, rows, strict=True):
        cells = [_phase(cell) if head == "PHASE" else cell for head, cell in zip(heads, row, strict=True)]
        text = line(cells, widths)
        if beside:
            yield text + textwrap.shorten(printable(bot.reason), room, placeholder="…")
        else:
            yield text.rstrip()
            about = ": ".join(printable(text) for text in (bot.name, bot.reason) if text)
            yield from textwrap.wrap(about, width, initial_indent="  ", subsequent_indent="  ")


def _without_name(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the column that a narrow terminal has on the line below, before the reason."""
    return tuple(cell for head, cell in zip(_HEADS, cells, strict=True) if head != "NAME")


def _count(bots: Sequence[BotStatus]) -> str:
    phases = Counter(bot.phase for bot in bots)
    return f"{len(bots)} bot{'' if len(bots) == 1 else 's'}: " + ", ".join(
        f"{phases[phase]} {phase}" for phase in Phase if phase in phases
    )


def _row(bot: BotStatus) -> tuple[str, ...]:
    retry = "" if bot.retry_in is None else age(bot.retry_in)
    seen = "never" if bot.observed_age is None else age(bot.observed_age)
    names = (printable(text) for text in (bot.bot_id, bot.name))
    return (*names, str(bot.phase), printable(bot.code_version), str(bot.incarnation or ""), retry, seen)


def _tree(tree: Sequence[ActorStatus]) -> Iterator[str]:
    """Yield the actors, indented by their paths."""
    for actor in sorted(tree, key=lambda actor: actor.path.split("/")):
        steps = [step for step in actor.path.split("/") if step]
        notes = [] if actor.alive else [click.style("dead", fg="red")]
        notes += [f"restarts {actor.restarts}"] if actor.restarts else []
        notes += [f"waiting {actor.mailbox} (oldest {age(actor.oldest)})"] if actor.mailbox else []
        notes += [f"busy {age(actor.busy)}"] if actor.busy is not None else []
        name = steps[-1] if steps else "/"
        yield f"{'  ' * len(steps)}{name} {click.style(actor.kind, dim=True)}{'  ' if notes else ''}{', '.join(notes)}"


def _phase(phase: str) -> str:
    colour = _COLOURS.get(Phase(phase))
    return click.style(str(phase), fg=colour) if colour else str(phase)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    room = max(width, _NARROWEST)
    return textwrap.wrap(printable(text), room, initial_indent=head, subsequent_indent=" " * len(head)) or [head]
