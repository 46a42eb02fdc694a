"""The writer's side of a document of `bots`: an event turned into exactly the platform's fields and types.

Every number is a double as in the platform's own documents, dates stay texts, members of
`custom` that the platform does not know are dropped. Spellings are the event's parser's business, reading is that of
`documents`.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from the0_actors.actors.domain.documents import id_problem
from the0_actors.actors.domain.events import BotEvent
from the0_actors.actors.errors import MalformedDocument

MAX_DEPTH: Final = 90
"""Levels of nesting of one member: MongoDB stores 100, some of which are the document's own."""

_CUSTOM: Final = ("version", "filePath", "createdAt", "updatedAt", "config")
_TEXTS: Final = ("name", "description", "runtime", "version", "author", "type", "readme")
_OBJECTS: Final = ("entrypoints", "schema", "metadata")
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


def document_for(event: BotEvent, segment_id: int) -> dict[str, Any]:
    """Return the whole document of a new bot, without `_id` and without `enabled`, which nobody writes.

    Raises `MalformedDocument` when the event cannot be such a document; it will never be one.
    """
    problem = id_problem(event.bot_id)
    if problem is not None:
        raise MalformedDocument(problem)
    return {"id": event.bot_id, "segment_id": segment_id, **changes_for(event)}


def changes_for(event: BotEvent) -> dict[str, Any]:
    """Return the two members that an update sets: `config` and `custom`. Raises as `document_for` does."""
    if event.custom is None:
        raise MalformedDocument("custom is missing: it says which code the bot runs")
    return {"config": _object(event.config, "config"), "custom": _custom(event.custom)}


def _custom(given: Mapping[str, Any]) -> dict[str, Any]:
    members = _known(given, _CUSTOM)
    texts = {name: _text(members.get(name), f"custom.{name}") for name in _CUSTOM[:-1]}
    about = members.get("config")
    if about is not None and not isinstance(about, Mapping):
        raise MalformedDocument("custom.config is not an object")
    return {**texts, "config": _about(about or {})}


def _about(given: Mapping[str, Any]) -> dict[str, Any]:
    members = _known(given, _TEXTS + _OBJECTS)
    about: dict[str, Any] = {name: _text(members.get(name), f"custom.config.{name}") for name in _TEXTS}
    about |= {name: _object(members.get(name), f"custom.config.{name}") for name in _OBJECTS}
    if about["entrypoints"] is not None:
        about["entrypoints"] = {
            name: _text(path, f"custom.config.entrypoints.{name}") for name, path in about["entrypoints"].items()
        }
    if not about["runtime"]:
        del about["runtime"]  # left out when empty, as the platform does
    return about


def _object(value: Any, where: str) -> Any:
    if value is None or isinstance(value, Mapping):
        return None if value is None else _stored(value, where, MAX_DEPTH)
    raise MalformedDocument(f"{where} is not an object")


def _known(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedDocument(f"{where} is not a text")
    return _clean(value)


def _stored(value: Any, where: str, depth: int) -> Any:
    if depth == 0:
        raise MalformedDocument(f"{where} is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_name(name, where): _stored(member, where, depth - 1) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(item, where, depth - 1) for item in value]
    if isinstance(value, str):
        return _clean(value)
    if value is None or isinstance(value, bool):
        return value
    return _double(value, where)


def _name(name: str, where: str) -> str:
    if "\0" in name:
        raise MalformedDocument(f"{where} has a member name with a NUL, which MongoDB cannot store")
    return _clean(name)


def _clean(text: str) -> str:
    return _NO_TEXT.sub("\ufffd", text)


def _double(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise MalformedDocument(f"{where} has a value that is no JSON number")
    return number
