"""What is secret in a setting, whichever it is: passwords and tokens in addresses, and keys.

Errs on the hiding side: all that stands before the last `@` counts as credentials, even in a URL that is
not well formed.
"""

import re
from collections.abc import Iterator

from the0_actors.actors.domain.masking import HIDDEN, Secret

_BETWEEN = re.compile(r",(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_SECRET_QUERY = re.compile(r"([?&;](?:[^=&;]*(?:pass|pwd|token|secret|key|properties)[^=&;]*)=)([^&;]*)", re.IGNORECASE)
_BARE = re.compile(r"[^\s/@:]*:[^\s@]+@")
"""Credentials before a host without a scheme."""
_TOKENS = frozenset({"nats", "tls", "ws", "wss"})
"""Schemes in which what stands alone before the `@` is a token, and no user."""


def mask_url(text: str) -> str:
    """Return a URL, or a comma list of URLs, without passwords and tokens; a user's name beside a password stays."""
    return ",".join(_mask_one(part) for part in _BETWEEN.split(text))


def mask_value(text: str) -> str:
    """Return the value of any setting, credentials hidden where it is an address with some."""
    return mask_url(text) if "://" in text or _BARE.match(text) else text


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield the secrets in the value of any setting, valid or not."""
    if not ("://" in text or _BARE.match(text)):
        return
    for part in _BETWEEN.split(text):
        scheme, separator, rest = part.partition("://")
        credentials, at, _ = (rest if separator else part).rpartition("@")
        user, colon, password = credentials.partition(":")
        if at and colon:
            yield Secret(password, user)
        elif at and scheme.lower() in _TOKENS:
            yield Secret(credentials)
        yield from (Secret(found[2]) for found in _SECRET_QUERY.finditer(part))


def _mask_one(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    credentials, at, place = rest.rpartition("@")
    if at:
        user, colon, _ = credentials.partition(":")
        rest = f"{user}:{HIDDEN}@{place}" if colon else f"{HIDDEN}@{place}"
    return scheme + separator + _SECRET_QUERY.sub(rf"\g<1>{HIDDEN}", rest)
