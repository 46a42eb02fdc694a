"""`docs/log-messages.md` names every event that the code writes, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "log-messages.md").read_text()
LEVELS = {"debug", "info", "warning", "error", "exception"}
ANNOUNCES = {"say", "warn"}


def events_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="log" | "_log"), attr=level),
                args=[ast.Constant(value=str(event)), *_],
            ) if level in LEVELS:
                yield event
            case ast.Call(func=ast.Name(id="write"), args=[ast.Constant(value=str(event)), *_]):
                yield event
            case ast.Call(func=ast.Attribute(attr=how), args=[ast.Constant(value=str(event)), _, *_]) if (
                how in ANNOUNCES
            ):
                yield event
            case _:
                pass


def written() -> set[str]:
    folders = ("actors", "adapters", "supervisors", "bin")
    return {event for folder in folders for path in (ROOT / folder).rglob("*.py") for event in events_of(path)}


def test_every_event_is_on_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    told = set(rows)
    assert len(told) > 30
    assert len(rows) == len(told)
    assert written() - told == set()
    assert told - written() == set()
