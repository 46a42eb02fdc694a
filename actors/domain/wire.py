"""Parsing of the platform's bot events: subject and bytes in, a `BotEvent` or the reason for none out.

The flat form is `{id, config, custom}`; an older envelope carries the same under `data`. As in
the Go runtime, member names match in any case, unknown members of `custom` are dropped, and every number is a double.
Unlike there, an empty id is refused, and so is what no document can hold.

Nothing here judges whether a bot can run: runtime, entry points and schedules are looked at elsewhere.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from the0_actors.actors.domain.events import Action, BotEvent

PREFIX = "the0.bot."
"""What the three subjects have in common."""

QUEUE = "runtime"
"""The queue group that all runtimes of one platform share over core NATS."""

SUBJECTS: tuple[str, ...] = tuple(f"{PREFIX}{action}" for action in Action)
"""The subjects of bot events."""

DEEPEST = 80
"""Levels of nesting that are accepted; a document may have 100 and stores the event some levels down."""


@dataclass(frozen=True, slots=True)
class Family:
    """The three subjects of one kind of bot, and what their messages may look like."""

    prefix: str
    """What they have in common."""
    envelope: bool
    """The older form is understood beside the flat one."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects."""
        return tuple(f"{self.prefix}{action}" for action in Action)


BOTS = Family(PREFIX, envelope=True)
SCHEDULES = Family("the0.bot-schedule.", envelope=False)


_TEXT, _TEXTS, _TREE = "a string", "an object of strings", "an object"

_CUSTOM = {"version": _TEXT, "filePath": _TEXT, "createdAt": _TEXT, "updatedAt": _TEXT, "config": _TREE}

_CUSTOM_CONFIG = {
    "name": _TEXT,
    "description": _TEXT,
    "version": _TEXT,
    "author": _TEXT,
    "type": _TEXT,
    "readme": _TEXT,
    "runtime": _TEXT,
    "entrypoints": _TEXTS,
    "schema": _TREE,
    "metadata": _TREE,
}

_EVENT = {"id": _TEXT, "config": _TREE, "custom": _TREE}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is no event. Says which member is wrong, never what stands in it."""

    reason: str


class _Wrong(Exception):
    """Raised inside the parser, caught at its top."""


def parse_event(subject: str, payload: bytes, family: Family = BOTS) -> BotEvent | Refusal:
    """Return the event that a message on one of the family's subjects carries, or why it carries none."""
    try:
        action = Action(subject.removeprefix(family.prefix))
    except ValueError:
        return Refusal("the subject is none of a bot event")
    try:
        return _event(action, _document(payload)) if family.envelope else _flat(action, _document(payload))
    except _Wrong as wrong:
        return Refusal(str(wrong))


def _document(payload: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(
            payload.decode(errors="replace"), parse_int=_double, parse_float=_double, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise _Wrong("failed to unmarshal: not JSON") from None
    if not isinstance(document, dict):
        raise _Wrong("failed to unmarshal: not an object")
    return document


def _double(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Wrong("a number is out of range")
    return number


def _no_number(word: str) -> float:
    raise _Wrong(f"{word} is not JSON")


def _event(action: Action, document: Mapping[str, Any]) -> BotEvent:
    try:
        return _flat(action, document)
    except _Wrong as wrong:
        data = _members(document, {"data": _TREE}, "").get("data")
        if data is None:
            raise
        try:
            return _flat(action, data)
        except _Wrong as inner:
            raise _Wrong(f"neither flat ({wrong}) nor an envelope ({inner})") from None


def _flat(action: Action, document: Mapping[str, Any]) -> BotEvent:
    members = _members(document, _EVENT, "")
    bot_id = _storable(members.get("id", ""))
    if not bot_id:
        raise _Wrong("the id is empty")
    config, custom = members.get("config"), members.get("custom")
    return BotEvent(
        action=action,
        bot_id=bot_id,
        config=None if config is None else _storable(config),
        custom=None if custom is None else _storable(_custom(custom)),
    )


def _custom(document: Mapping[str, Any]) -> dict[str, Any]:
    custom = _members(document, _CUSTOM, "custom.")
    if custom.get("config") is not None:
        custom["config"] = _members(custom["config"], _CUSTOM_CONFIG, "custom.config.")
    return custom


def _members(document: Mapping[str, Any], wanted: Mapping[str, str], path: str) -> dict[str, Any]:
    """Pick the wanted members under their own names; of two spellings the later one counts. A null is left out."""
    names = {name.casefold(): name for name in wanted}
    found: dict[str, Any] = {}
    for spelled, value in document.items():
        name = names.get(spelled.casefold())
        if name is None or value is None:
            continue
        if not _is(value, wanted[name]):
            raise _Wrong(f"{path}{name} is not {wanted[name]}")
        found[name] = value
    return found


def _is(value: object, kind: str) -> bool:
    if kind == _TEXT:
        return isinstance(value, str)
    if not isinstance(value, dict):
        return False
    return kind == _TREE or all(isinstance(item, str) for item in value.values())


def _storable(value: Any, depth: int = 0) -> Any:
    """Return the value with lone surrogates replaced, refusing what a document cannot hold."""
    if depth > DEEPEST:
        raise _Wrong(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            raise _Wrong("a member's name holds a NUL")
        return {_storable(name): _storable(item, depth + 1) for name, item in value.items()}
    return value
