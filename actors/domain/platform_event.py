"""The platform's side of an event: what its API would publish for a bot.

Only `deploy` and `undeploy` speak so; reading events is another module's work. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from the0_actors.actors.domain.events import Action
from the0_actors.actors.domain.launch import Kind

_FAMILY = {Kind.REALTIME: "bot", Kind.SCHEDULED: "bot-schedule"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789" + _LETTERS
_ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class CustomBot:
    """A custom bot as its description file tells it."""

    name: str
    """`^[a-z0-9-]+$`, 3 to 50 characters."""
    version: str
    """`x.y.z`."""
    kind: Kind
    runtime: str
    entrypoints: Mapping[str, str]
    """`bot` to a path inside the archive."""
    description: str = ""
    author: str = ""
    readme: str = ""
    """The text itself."""
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    frontend: bool = False


def subject(kind: Kind, action: Action) -> str:
    """Return the subject, e.g. `the0.bot.created`."""
    return f"the0.{_FAMILY[kind]}.{action}"


def code_key(user: str, name: str, version: str) -> str:
    """Return the object key of an archive."""
    return f"{user}/{name}/{version}"


def instance_id(seed: str) -> str:
    """Return an id in the platform's form (24 lower-case letters and digits, the first a letter), fixed by the seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    number, first = divmod(number, len(_LETTERS))
    letters = [_LETTERS[first]]
    for _ in range(_ID_LENGTH - 1):
        number, digit = divmod(number, len(_BASE36))
        letters.append(_BASE36[digit])
    return "".join(letters)


def instance_config(custom: CustomBot, own: Mapping[str, Any], custom_id: str) -> dict[str, Any]:
    """Return an instance's config as the API stores it: its own members, and who it is."""
    given = {"name": custom.name, **own}
    return given | {"type": f"{custom.kind}/{custom.name}", "version": custom.version, "customBotId": custom_id}


def saved_payload(bot_id: str, config: Mapping[str, Any], custom: CustomBot, key: str, moment: str) -> bytes:
    """Return the payload of `created` and `updated`; `moment` as the API prints it, `2026-01-02T10:00:00.000Z`."""
    described = {
        "name": custom.name,
        "description": custom.description,
        "version": custom.version,
        "type": str(custom.kind),
        "runtime": custom.runtime,
        "author": custom.author,
        "entrypoints": dict(custom.entrypoints),
        "schema": dict(custom.schema),
        "readme": custom.readme,
        "hasFrontend": custom.frontend,
        "metadata": dict(custom.metadata),
    }
    outer = {
        "config": described,
        "createdAt": moment,
        "updatedAt": moment,
        "filePath": key,
        "version": custom.version,
    }
    return _json({"id": bot_id, "config": dict(config), "custom": outer})


def deleted_payload(bot_id: str, config: Mapping[str, Any]) -> bytes:
    """Return the payload of `deleted`."""
    return _json({"id": bot_id, "config": dict(config)})


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
