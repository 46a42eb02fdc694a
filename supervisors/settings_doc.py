"""Renders the settings model as text: help for the command line and the page `docs/settings.md`.

The docstring under each field is the only place where a setting is explained; it is read from the source.
`python -m the0_actors.supervisors.settings_doc > docs/settings.md` writes the page.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import groupby, pairwise

from the0_actors.supervisors import settings as model
from the0_actors.supervisors.settings_reader import MEANINGLESS, Declared, declared

_HEAD = """\
# Settings

Generated from `supervisors/settings.py`; a test keeps it up to date.

A flag wins over a variable, a variable over the default. A variable that is set but empty counts as not given. An
empty flag (`--nats-url ""`) switches an optional setting off. Durations are written as in Go: `30s`, `1m30s`,
`250ms`. Whatever is not valid ends the start with one line for each fault: what, from which flag or variable, and
what would be accepted. The settings in force are printed at the start, without passwords, keys and tokens.

An *optional* setting may be without a value. `run` without `--mongo-uri` and `MONGO_URI` brings along
MongoDB, NATS and S3 servers of its own, as far as none are given; `bot-runner` always uses given ones.
"""


def explanations() -> dict[str, str]:
    """Return `Class.field` to the docstring under the field, as one line."""
    found: dict[str, str] = {}
    for node in ast.parse(inspect.getsource(model)).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}": text for name, text in _fields(node)}
    return found


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for this, following in pairwise(node.body):
        match this, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
            case _:
                pass


def class_name(item: Declared) -> str:
    """Return the name of the dataclass that holds a setting."""
    return type(getattr(model.Settings(), item.group)).__name__


def shown_default(item: Declared) -> str:
    """Return the default as text; empty when there is none."""
    return "" if item.default in (None, "", ()) else item.option.kind.show(item.default)


def render() -> str:
    """Return the page."""
    texts = explanations()
    heads = {kind.__name__: str(kind.__doc__) for kind in vars(model).values() if isinstance(kind, type)}
    lines = [_HEAD]
    for _, items in groupby(declared(), key=lambda item: item.group):
        group = list(items)
        kind = class_name(group[0])
        lines.append(f"## {kind}\n\n{heads[kind]}\n")
        lines += [_entry(item, texts[f"{kind}.{item.name}"]) for item in group]
    lines.append(
        "## Accepted without effect\n\nVariables of upstream that do nothing here. When set, one warning names them.\n"
    )
    lines.append(", ".join(f"`{name}`" for name in MEANINGLESS) + "\n")
    return "\n".join(lines)


def _entry(item: Declared, text: str) -> str:
    names = [f"`{name}`" for name in (item.option.flag, *item.option.env) if name]
    default = shown_default(item)
    rows = [
        f"### {' · '.join(names)}\n",
        f"{text}\n",
        f"- Accepts: {item.option.kind.allowed}",
        f"- Default: {f'`{default}`' if default else 'none'}{' (optional)' if item.option.optional else ''}",
        f"- In the model: `{item.path}`\n",
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(render())
