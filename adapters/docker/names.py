"""Names of the things that an installation has in an engine. Pure.

One bot has one name, and two bots never share one: an id that is short and plain stands in it as it is, any other
id becomes a readable rest and a hash, set off by a dot, which plain ids do not have.
"""

import re
from hashlib import sha256

from the0_actors.actors.domain.launch import Kind

LIMIT = 63
"""Characters in a name: what also fits a host name."""

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ODD = re.compile(r"[^a-z0-9]+")
_HASH = 20
"""Hex digits: 80 bits, so that no two ids of any fleet meet."""


def container_name(installation: str, kind: Kind, bot_id: str) -> str:
    """Return the name of a bot's container."""
    return _fit(f"the0-{installation}-{kind.value[0]}-", bot_id)


def state_volume(installation: str, bot_id: str) -> str:
    """Return the name of the volume that keeps a bot's `/state`."""
    return _fit(state_prefix(installation), bot_id)


def state_prefix(installation: str) -> str:
    """Return what the names of all state volumes begin with."""
    return f"the0-{installation}-state-"


def code_volume(installation: str, code_hash: str) -> str:
    """Return the name of the volume that holds code of that content (32 hex digits of it; the label has all)."""
    return f"the0-{installation}-code-{code_hash[:32]}"


def filler_name(installation: str, code_hash: str) -> str:
    """Return the name of the helper that fills a code volume: one name, so that the engine lets one fill at a time."""
    return f"the0-{installation}-fill-{code_hash[:32]}"


def network_name(installation: str, number: int) -> str:
    """Return the name of the installation's network with that number, from 1."""
    return f"the0-{installation}-net-{number}"


def lock_name(installation: str, kind: Kind) -> str:
    """Return the name of the container that is the lock on a kind of bots."""
    return f"the0-{installation}-lock-{kind.value[0]}"


def _fit(prefix: str, bot_id: str) -> str:
    room = LIMIT - len(prefix)
    if len(bot_id) <= room and _PLAIN.fullmatch(bot_id):
        return prefix + bot_id
    digest = sha256(bot_id.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    slug = _ODD.sub("-", bot_id.lower())[: max(room - _HASH - 1, 0)].strip("-")
    return f"{prefix}{slug or 'x'}.{digest}"
