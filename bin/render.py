"""Draws a status for people: what is wrong and what to do, the bots, the parts. Pure: text in, lines out.

Colours are marks that the terminal's owner may switch off (`NO_COLOR`, or a pipe); the words say the same.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from the0_actors.actors.ports.status import ActorStatus, BotStatus, PartStatus, Phase, RuntimeStatus
from the0_actors.bin.columns import age, cells, fit, line, printable, sizes

_COLOURS = {
    Phase.RUNNING: "green",
    Phase.BACKOFF: "yellow",
    Phase.CRASH_LOOPING: "red",
    Phase.PARKED: "red",
    Phase.UNKNOWN: "magenta",
}
_HEADS = ("NAME", "PHASE", "VERSION", "RUN", "RETRY", "SEEN", "BOT")
_DISPENSABLE = ("SEEN", "RUN", "VERSION", "BOT", "RETRY")
"""Columns that a narrow terminal has no room for, the first to go first."""
_REASON = 24
"""Cells that the reason has at least, while there is a column to leave out."""
_LONGEST = 32
"""Cells of a column, but for the reason; on a narrow terminal a third of it."""
_NARROWEST = 40
_ASKED = frozenset({"engine", "mongodb", "nats", "objects"})
"""Parts that `validate` asks."""
_BESIDE = "schedules: "
"""Begins the names of the parts of schedules, where there are two of each."""
_LOOK = {
    Phase.CRASH_LOOPING: "`the0-actors status {}` shows how it ended and what it printed last",
    Phase.PARKED: "`the0-actors status {}` says why; once that is mended: `the0-actors resume {}`",
}


def render_status(status: RuntimeStatus, width: int | None = None, *, tree: bool = False) -> Iterator[str]:
    """Yield the lines for the whole runtime; `width` is that of a terminal, where one bot takes one line."""
    yield _summary(status)
    room = max(width, _NARROWEST) if width else 10_000
    for mark, colour, text in _troubles(status):
        lines = textwrap.wrap(printable(text), room - len(mark) - 4, break_on_hyphens=False) or [""]
        yield f"  {click.style(mark, fg=colour, bold=True)}  {lines[0]}"
        yield from (" " * (len(mark) + 4) + each for each in lines[1:])
    yield ""
    if status.bots:
        yield _count(status.bots)
        yield from _bots(status.bots, max(width, _NARROWEST) if width else None)
    else:
        yield "no bots"
    yield ""
    yield from _parts(status.parts)
    if tree:
        yield ""
        yield from _tree(status.tree)


def phase_word(phase: str) -> str:
    """Return a phase in its colour."""
    colour = _COLOURS.get(Phase(phase))
    return click.style(str(phase), fg=colour) if colour else str(phase)


def _summary(status: RuntimeStatus) -> str:
    ready = click.style("ready", fg="green") if status.ready else click.style("not ready", fg="red")
    about = (status.mode, status.role, ready, f"up {age(status.uptime)}", status.installation)
    return "  ".join((f"the0-actors {status.version}", *(word for word in about if word)))


def _troubles(status: RuntimeStatus) -> Iterator[tuple[str, str, str]]:
    """Yield what somebody should see to: a mark, its colour, and words that say what to do."""
    for alarm in status.alarms:
        yield "ALARM", "red", alarm
    for part in status.parts:
        if not part.ok:
            colour, kind = ("red", "") if part.required else ("yellow", " (optional)")
            ask = status.role != "starting" and part.name.rpartition(": ")[2] in _ASKED
            advice = "; `the0-actors validate` asks it, with the same settings" if ask else ""
            since = f" ({part.measured})" if part.measured else ""
            yield "DOWN", colour, f"{part.name}{kind}{': ' if part.note else ''}{part.note}{since}{advice}"
    for name, reason in sorted(status.quarantined.items()):
        yield "UNREADABLE", "red", f"document {name}: {reason}; its bot is left as it is until the document is mended"
    for phase, advice in _LOOK.items():
        if names := [bot.name or bot.bot_id for bot in status.bots if bot.phase is phase]:
            word = names[0] if len(names) == 1 else "NAME"
            who = word if len(names) == 1 else f"{len(names)} bots"
            yield "BOT", "red", f"{who} {'is' if len(names) == 1 else 'are'} {phase}; {advice.format(word, word)}"
    for others in status.strangers:
        yield "OTHERS", "yellow", others
    if status.dead_letters:
        yield "NOTE", "yellow", f"{_messages(status.dead_letters)} undelivered; the log names them (`dead_letter`)"


def _messages(count: int) -> str:
    return "1 message of an actor was" if count == 1 else f"{count} messages of actors were"


def _bots(bots: Sequence[BotStatus], width: int | None) -> Iterator[str]:
    ordered = sorted(bots, key=lambda bot: ((bot.name or bot.bot_id).casefold(), bot.bot_id))
    rows = [_HEADS, *map(_row, ordered)]
    shown = [head for head, *column in zip(*rows, strict=True) if any(column)]
    for head in _DISPENSABLE:
        if width is None or width - sum(size + 2 for size in _widths(rows, shown, width)) >= _REASON:
            break
        shown = [each for each in shown if each != head]
    widths = _widths(rows, shown, width)
    room = 10_000 if width is None else max(width - sum(size + 2 for size in widths), 1)
    for bot, row in zip((None, *ordered), rows, strict=True):
        cut = [fit(cell, size) for cell, size in zip(_only(row, shown), widths, strict=True)]
        if bot is None:
            yield click.style(line([*cut, fit("REASON", room)], [*widths, 0]).rstrip(), bold=True)
            continue
        cut[shown.index("PHASE")] = phase_word(bot.phase)
        yield line([*cut, fit(printable(bot.reason), room)], [*widths, 0]).rstrip()


def _widths(rows: Sequence[Sequence[str]], shown: Sequence[str], width: int | None) -> list[int]:
    longest = _LONGEST if width is None else min(_LONGEST, width // 3)
    return [min(size, longest) for size in sizes([_only(row, shown) for row in rows])]


def _only(row: Sequence[str], shown: Sequence[str]) -> list[str]:
    return [cell for head, cell in zip(_HEADS, row, strict=True) if head in shown]


def _row(bot: BotStatus) -> tuple[str, ...]:
    retry = "" if bot.retry_in is None else age(bot.retry_in)
    seen = "never" if bot.observed_age is None else age(bot.observed_age)
    name, bot_id, version = (printable(text) for text in (bot.name or bot.bot_id, bot.bot_id, bot.code_version))
    return (name, str(bot.phase), version, str(bot.incarnation or ""), retry, seen, bot_id)


def _count(bots: Sequence[BotStatus]) -> str:
    phases = Counter(bot.phase for bot in bots)
    return f"{len(bots)} bot{'' if len(bots) == 1 else 's'}: " + ", ".join(
        f"{phases[phase]} {phase_word(phase)}" for phase in Phase if phase in phases
    )


def _parts(parts: Sequence[PartStatus]) -> Iterator[str]:
    """Yield the parts that are fine; one for schedules that says the same as its twin for bots is left out."""
    notes = {part.name: part.note for part in parts if part.ok}
    twins = {name for name, note in notes.items() if notes.get(name.removeprefix(_BESIDE)) == note}
    told = [part for part in parts if part.ok and not (part.name.startswith(_BESIDE) and part.name in twins)]
    longest = max((cells(part.name) for part in told), default=0)
    for part in told:
        note = f"{part.note} ({part.measured})" if part.measured else part.note
        yield f"{click.style('ok', fg='green')}  {line([part.name, printable(note)], [longest, 0]).rstrip()}"


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
