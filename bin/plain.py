"""Reads the documents of a bot's folder, and says which member is no value that JSON, and so the platform, can hold.

The mark that Windows' editors write at the begin of a file (U+FEFF) is no part of what it says.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from the0_actors.actors.errors import InvalidSetting


def read_text(path: Path, *, errors: str = "strict") -> str:
    """Return a file's text, which is UTF-8. Raises `UnicodeDecodeError`, unless `errors` says otherwise."""
    return path.read_text(encoding="utf-8-sig", errors=errors)


def read_document(path: Path) -> dict[str, Any]:
    """Return the object in a JSON or YAML file. Raises `InvalidSetting` with the file, and the member that is wrong."""
    try:
        text = read_text(path)
        content: object = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())
        raise InvalidSetting(path.name, line, "a file in its own syntax") from error
    if not isinstance(content, dict):
        raise InvalidSetting(path.name, type(content).__name__, "an object at the top")
    check(path.name, content)
    return cast("dict[str, Any]", content)


def check(where: str, document: object) -> None:
    """Raise `InvalidSetting` for the first member that JSON has no form for. `where` names the document."""
    for member, value, allowed in _wrong("", document):
        raise InvalidSetting(f"{where}: {member}" if member else where, value, allowed)


def _wrong(member: str, value: object) -> Iterator[tuple[str, object, str]]:
    match value:
        case None | bool() | int():
            return
        case float():
            if not math.isfinite(value):
                yield member, value, "a finite number"
        case str():
            if any("\ud800" <= letter <= "\udfff" for letter in value):
                yield member, value, "text without halves of letters"
        case list():
            for number, each in enumerate(cast("list[object]", value)):
                yield from _wrong(f"{member}[{number}]", each)
        case dict():
            yield from _in_object(member, cast("dict[object, object]", value))
        case _:
            yield member, str(value), f"text, so with quotes around it: it is read as a {type(value).__name__}"


def _in_object(member: str, value: Mapping[object, object]) -> Iterator[tuple[str, object, str]]:
    for name, each in value.items():
        if not isinstance(name, str | int | bool):
            yield member, str(name), "names that are text"
        yield from _wrong(f"{member}.{name}" if member else str(name), each)
