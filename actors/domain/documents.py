"""One parser that decides everything about a document of `bots`, for every engine.

It reads one decoded document and answers; it neither fetches nor writes (the writer's side is `stored`). What cannot
be understood names its field, and concerns this one document. A missing runtime or entry point is the engine's to
refuse: the spec then holds empty texts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from the0_actors.actors.domain import gojson, limits
from the0_actors.actors.domain.answers import Disabled, Malformed, Wanted
from the0_actors.actors.domain.launch import Kind, LaunchSpec, name_in
from the0_actors.actors.errors import MalformedDocument

LONGEST_ID: Final = 256

_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BotDocument:
    """One document, understood."""

    bot_id: str
    enabled: bool
    spec: LaunchSpec


def answer(document: Mapping[str, Any]) -> Wanted | Disabled | Malformed:
    """Say what a document wants. Disabled wins over malformed, so that a broken bot can still be switched off."""
    if not is_enabled(document):
        return Disabled(name_in(document.get("config")))
    try:
        return Wanted(parse_bot(document).spec)
    except MalformedDocument as error:
        return Malformed(str(error))


def parse_bot(document: Mapping[str, Any], kind: Kind = Kind.REALTIME) -> BotDocument:
    """Understand one document. Raises `MalformedDocument` with one sentence that names the field."""
    bot_id = document.get("id")
    problem = id_problem(bot_id)
    if problem is not None:
        raise MalformedDocument(problem)
    custom = _object(document, "custom")
    about = _object(custom, "config", "custom.")
    config = _object(document, "config")
    spec = LaunchSpec(
        bot_id=str(bot_id),
        kind=kind,
        runtime=_text(about, "runtime", "custom.config."),
        entrypoint=_text(_object(about, "entrypoints", "custom.config."), "bot", "custom.config.entrypoints."),
        code_key=_code_key(custom),
        code_version=_text(custom, "version", "custom."),
        config_json=_printed(config),
        memory_bytes=limits.asked(config, limits.MEMORY),
        cpu_millis=limits.asked(config, limits.CPU),
        pids=limits.asked(config, limits.PIDS),
        state_bytes=limits.asked(config, limits.STATE),
        stop_grace=limits.asked(config, limits.GRACE),
    )
    return BotDocument(spec.bot_id, is_enabled(document), spec)


def id_problem(value: object) -> str | None:
    """Say why a value cannot be a bot's id, or None when it can.

    An id is a text of 1 to 256 characters without control characters; every other character is fine, since each
    boundary encodes ids for itself.
    """
    if not isinstance(value, str):
        return "id is missing" if value is None else "id is not a text"
    if not 0 < len(value) <= LONGEST_ID:
        return f"id must have 1 to {LONGEST_ID} characters, not {len(value)}"
    return "id has characters that cannot be printed" if _UNPRINTABLE.search(value) else None


def is_enabled(document: Mapping[str, Any]) -> bool:
    """Tell whether a document is enabled: by a top-level `enabled` where it is there, else by `config.enabled`.

    False, a zero of any number type, and the texts "false" and "0" disable. A top-level null counts as not there.
    """
    flag = document.get("enabled")
    if flag is None:
        config = document.get("config")
        flag = config.get("enabled") if isinstance(config, Mapping) else None
    if isinstance(flag, str):
        return flag not in {"false", "0"}
    if isinstance(flag, Decimal):
        return not flag.is_zero()  # no comparison, which some of them refuse
    return flag != 0 if isinstance(flag, int | float) else True


def _object(parent: Mapping[str, Any], name: str, prefix: str = "") -> Mapping[str, Any]:
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedDocument(f"{prefix}{name} is not an object")
    return value


def _text(parent: Mapping[str, Any], name: str, prefix: str) -> str:
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedDocument(f"{prefix}{name} is not a text")
    # Bytes that were no UTF-8 must not reach a label or an object key.
    return _NO_TEXT.sub("\ufffd", value)


def _code_key(custom: Mapping[str, Any]) -> str:
    key = _text(custom, "filePath", "custom.")
    if not key:
        raise MalformedDocument("custom.filePath is missing: it says where the bot's code lies")
    return key


def _printed(config: Mapping[str, Any]) -> str:
    try:
        return gojson.encode(config)
    except MalformedDocument as error:
        raise MalformedDocument(f"config cannot be handed to the bot: {error}") from None
