"""Hides known secrets in any text, in every form in which software is known to write them. Pure.

A form that is short is a word like others: it is hidden where it stands alone, and a very short one only where it
stands as a password. Whoever wants a secret kept takes a long one.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

HIDDEN = "***"
ANYWHERE = 8
"""Characters from which on a form is hidden wherever it stands."""
ALONE = 4
"""Characters from which on it is hidden where no letter or digit is next to it."""

_IN_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^\s/@:'\"]*:)[^\s/@'\"]+@")


@dataclass(frozen=True, slots=True)
class Secret:
    """A password, key or token; with the user whose it is, if it is one's."""

    word: str = field(repr=False)
    user: str = ""


class Masker:
    """Hides secrets, and what stands as a password in any URL. `learn` and calls may come from any thread."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._secrets: frozenset[Secret] = frozenset()
        self._forms: tuple[str, ...] = ()
        self._words: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Hide these too from now on."""
        self._secrets |= frozenset(secrets)
        forms = {form for secret in self._secrets for form in forms_of(secret)}
        # The longest first: a form may contain another one.
        self._forms = tuple(sorted((form for form in forms if len(form) >= ANYWHERE), key=len, reverse=True))
        words = sorted((form for form in forms if len(form) < ANYWHERE), key=len, reverse=True)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)") if words else None

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        if self._words is not None:
            text = self._words.sub(HIDDEN, text)
        return _IN_URL.sub(rf"\g<1>{HIDDEN}@", text) if "://" in text else text


def forms_of(secret: Secret) -> Iterator[str]:
    """Yield every text in which a secret shows and which is long enough to be one."""
    words = {secret.word, unquote(secret.word)} - {""}
    users = {secret.user, unquote(secret.user)}
    for word in words:
        pairs = [f"{user}:{word}" for user in users]
        for form in {*_spellings(word), *(code for text in (word, *pairs) for code in _codes(text))}:
            if len(form) >= ALONE:
                yield form
        # Beside its user or before a host even the shortest one is known for what it is.
        yield from (f"{pair}@" for user, pair in zip(users, pairs, strict=True) if user)


def _spellings(word: str) -> Iterator[str]:
    yield word
    for coded in (_quoted(word, "/"), _quoted(word, ""), _quoted(word, " ").replace(" ", "+")):
        yield coded
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), coded)
    yield json.dumps(word)[1:-1]
    yield json.dumps(word, ensure_ascii=False)[1:-1]
    yield repr(word)[1:-1]


def _quoted(word: str, safe: str) -> str:
    return quote(word, safe, errors="surrogatepass")


def _codes(text: str) -> Iterator[str]:
    """Yield the Base64 of a text in both alphabets, with padding and without."""
    raw = text.encode("utf-8", "surrogatepass")
    for coded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        yield coded
        yield coded.rstrip("=")
