"""What stands on a container about its bot: written and read here, nowhere else. Pure.

Upstream's labels (`runtime.*`) are kept beside ours. Reading tolerates whatever hands or other
programs may have written: a value that makes no sense counts as missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from the0_actors.actors.domain.launch import Birth, Kind, LaunchSpec

PREFIX = "the0-actors."

MANAGED = "runtime.managed"
MANAGED_FILTER = f"{MANAGED}=true"
BOT_ID = "runtime.id"
ENTRYPOINT = "runtime.entrypoint"
TYPE = "runtime.type"

INSTALLATION = PREFIX + "installation"
KIND = PREFIX + "kind"
FINGERPRINT = PREFIX + "fingerprint"
CODE_HASH = PREFIX + "code-hash"
STOP_GRACE = PREFIX + "stop-grace"
"""Seconds; only where the bot has a grace of its own."""
INCARNATION = PREFIX + "incarnation"
SHORT_LIVES = PREFIX + "short-lives"
PREVIOUS_END = PREFIX + "previous-end"
REASON = PREFIX + "reason"
STATE_LIMIT = PREFIX + "state-limit"
"""Bytes that its state may take, where its config says so."""
UID = PREFIX + "uid"
"""Of a bot that has a user of its own: its uid."""
BOT = PREFIX + "bot-id"
"""On a state volume: whose it is."""
ROLE = PREFIX + "role"
"""On what is not a bot's container: `helper`, `code`, `state`, `network` or `lock`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the labels of one container say."""

    bot_id: str
    kind: Kind
    installation: str | None
    fingerprint: str
    code_hash: str
    birth: Birth
    stop_grace: float | None = None
    """Seconds; None where no label tells it."""


def of_spec(spec: LaunchSpec, installation: str, code_hash: str) -> dict[str, str]:
    """Return the labels that the desired state decides; they are part of the fingerprint."""
    own = {STOP_GRACE: spec.stop_grace, STATE_LIMIT: spec.state_bytes}
    return {name: str(value) for name, value in own.items() if value is not None} | {
        MANAGED: "true",
        BOT_ID: spec.bot_id,
        ENTRYPOINT: spec.entrypoint,
        TYPE: spec.kind.value,
        INSTALLATION: installation,
        KIND: spec.kind.value,
        CODE_HASH: code_hash,
    }


def of_birth(birth: Birth) -> dict[str, str]:
    """Return the labels that differ by incarnation."""
    return {
        INCARNATION: str(birth.incarnation),
        SHORT_LIVES: str(birth.short_lives),
        PREVIOUS_END: birth.previous_end,
        REASON: birth.reason,
    }


def of_part(installation: str, role: str, **more: str) -> dict[str, str]:
    """Return the labels of a volume, a network or a helper."""
    return {INSTALLATION: installation, ROLE: role} | {
        PREFIX + key.replace("_", "-"): value for key, value in more.items()
    }


def filters(installation: str, bot_id: str) -> tuple[str, ...]:
    """Return what the engine is asked for to list one bot's containers."""
    return f"{INSTALLATION}={installation}", f"{BOT_ID}={bot_id}"


def decode(labels: Mapping[str, Any] | None) -> Identity | None:
    """Return what the labels say; None when they are not those of a bot's container."""
    texts = {key: value for key, value in (labels or {}).items() if isinstance(value, str)}
    bot_id = texts.get(BOT_ID, "")
    if texts.get(MANAGED) != "true" or not bot_id:
        return None
    return Identity(
        bot_id=bot_id,
        kind=_kind(texts),
        installation=texts.get(INSTALLATION),
        fingerprint=texts.get(FINGERPRINT, ""),
        code_hash=texts.get(CODE_HASH, ""),
        birth=Birth(
            incarnation=_count(texts.get(INCARNATION), 1),
            short_lives=_count(texts.get(SHORT_LIVES), 0),
            previous_end=texts.get(PREVIOUS_END, ""),
            reason=texts.get(REASON, ""),
        ),
        stop_grace=_seconds(texts.get(STOP_GRACE)),
    )


def uid(labels: Mapping[str, Any] | None) -> str:
    """Return the uid of a bot's own user; empty where no label tells one."""
    text = (labels or {}).get(UID)
    return text if isinstance(text, str) and text.isdecimal() else ""


def _kind(texts: Mapping[str, str]) -> Kind:
    """Return ours, else upstream's, else realtime, as the platform's first release had no label for it."""
    for key in (KIND, TYPE):
        if texts.get(key) in set(Kind):
            return Kind(texts[key])
    return Kind.REALTIME


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < inf else None


def _count(text: str | None, least: int) -> int:
    try:
        return max(int(text or ""), least)
    except ValueError:
        return least
