"""Hides what is secret in text that people read: passwords and tokens of URLs. Contract section 11.

Errs on the hiding side: all that stands before the last `@` counts as credentials, even in a URL that is
not well formed.
"""

import re

HIDDEN = "***"
_BETWEEN = re.compile(r",(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_SECRET_QUERY = re.compile(r"([?&;](?:[^=&;]*(?:pass|pwd|token|secret|key|properties)[^=&;]*)=)[^&;]*", re.IGNORECASE)


def mask_url(text: str) -> str:
    """Return a URL, or a comma list of URLs, without passwords and tokens; a user's name beside a password stays."""
    return ",".join(_mask_one(part) for part in _BETWEEN.split(text))


def _mask_one(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    credentials, at, place = rest.rpartition("@")
    if at:
        user, colon, _ = credentials.partition(":")
        rest = f"{user}:{HIDDEN}@{place}" if colon else f"{HIDDEN}@{place}"
    return scheme + separator + _SECRET_QUERY.sub(rf"\g<1>{HIDDEN}", rest)
