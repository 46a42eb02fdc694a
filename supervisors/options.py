"""What one setting looks like from outside: its flag, its variables, and what text it accepts.

An `Option` annotates a field of a settings dataclass; a `Kind` turns text into a value or says in words what
it would have accepted. Nothing here knows which settings exist.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from the0_actors.actors.domain.durations import format_duration, parse_duration
from the0_actors.actors.domain.quantities import cpu_millis, format_size, size_bytes
from the0_actors.supervisors.masking import mask_url

_LONGEST = 4096
_PORT = 65535
_HIGHEST_UID = 2**31 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


class Kind(Protocol):
    """A set of texts with a meaning."""

    @property
    def allowed(self) -> str:
        """The accepted range in words, as an error shows it."""
        ...

    def parse(self, text: str) -> object:
        """Return the value; raise `ValueError` outside the range. `text` is not empty and has no outer spaces."""
        ...

    def show(self, value: object) -> str:
        """Return the value as text that `parse` accepts, secrets masked."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """Where a setting comes from. A flag wins over a variable, a variable over the default."""

    kind: Kind
    flag: str = ""
    """Long flag, or empty for settings that are read from the environment alone (secrets)."""
    env: tuple[str, ...] = ()
    """Variables with one meaning; given twice with different values is an error."""
    optional: bool = False
    """An empty flag means: without it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any line of text; `secret` hides it."""

    what: str
    secret: bool = False

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return f"{self.what}, one line of at most {_LONGEST} printable characters"

    def parse(self, text: str) -> str:
        """See `Kind`."""
        if len(text) > _LONGEST or not text.isprintable():
            raise ValueError
        return text

    def show(self, value: object) -> str:
        """See `Kind`."""
        return "***" if self.secret and value else str(value)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text of a given form."""

    what: str
    form: str
    """A regular expression for the whole text."""

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return self.what

    def parse(self, text: str) -> str:
        """See `Kind`."""
        if re.fullmatch(self.form, text, re.ASCII) is None:
            raise ValueError
        return text

    def show(self, value: object) -> str:
        """See `Kind`."""
        return str(value)


@dataclass(frozen=True, slots=True)
class YesNo:
    """A boolean in Go's words, in any case."""

    allowed: str = "true or false (also 1, 0, t, f)"

    def parse(self, text: str) -> bool:
        """See `Kind`."""
        words = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
        if text.lower() not in words:
            raise ValueError
        return words[text.lower()]

    def show(self, value: object) -> str:
        """See `Kind`."""
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Switch(YesNo):
    """A boolean whose flag stands alone: given, it is true."""


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number within bounds."""

    low: int
    high: int
    unit: str

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return f"a whole number of {self.unit} from {self.low} to {self.high}"

    def parse(self, text: str) -> int:
        """See `Kind`."""
        if _INTEGER.fullmatch(text) is None or not self.low <= int(text) <= self.high:
            raise ValueError
        return int(text)

    def show(self, value: object) -> str:
        """See `Kind`."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Duration:
    """A Go duration within bounds, in seconds."""

    low: float
    high: float

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return f"a duration such as 30s or 1m30s, from {format_duration(self.low)} to {format_duration(self.high)}"

    def parse(self, text: str) -> float:
        """See `Kind`."""
        seconds = parse_duration(text)
        if not self.low <= seconds <= self.high:
            raise ValueError
        return seconds

    def show(self, value: object) -> str:
        """See `Kind`."""
        return format_duration(float(str(value)))


@dataclass(frozen=True, slots=True)
class Size:
    """A size in bytes, from a bound on."""

    low: int

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return f"a size such as 512Mi or 2Gi, from {format_size(self.low)}"

    def parse(self, text: str) -> int:
        """See `Kind`."""
        size = size_bytes(text)
        if size is None or size < self.low:
            raise ValueError
        return size

    def show(self, value: object) -> str:
        """See `Kind`."""
        size = int(str(value))
        shown = format_size(size)
        return shown if size_bytes(shown) == size else str(size)


@dataclass(frozen=True, slots=True)
class Uids:
    """A range of user ids, or the word `shared`, which is the empty range."""

    allowed: str = f"shared, or a range of user ids such as 200000-265535, up to {_HIGHEST_UID}"

    def parse(self, text: str) -> range:
        """See `Kind`."""
        if text.lower() == "shared":
            return range(0)
        low, _, high = text.partition("-")
        if not (low.isdecimal() and high.isdecimal() and text.isascii()):
            raise ValueError
        if not 0 < int(low) <= int(high) <= _HIGHEST_UID:
            raise ValueError
        return range(int(low), int(high) + 1)

    def show(self, value: object) -> str:
        """See `Kind`."""
        return f"{value.start}-{value.stop - 1}" if isinstance(value, range) and value else "shared"


@dataclass(frozen=True, slots=True)
class Cpus:
    """A share of CPUs, in thousandths."""

    allowed: str = "a number of CPUs such as 0.5 or 2"

    def parse(self, text: str) -> int:
        """See `Kind`."""
        millis = cpu_millis(text)
        if millis is None:
            raise ValueError
        return millis

    def show(self, value: object) -> str:
        """See `Kind`."""
        return f"{int(str(value)) / 1000:.3f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of an enumeration's words, in any case."""

    words: type[StrEnum]
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return "one of " + ", ".join(self.words)

    def parse(self, text: str) -> StrEnum:
        """See `Kind`."""
        word = text.lower()
        return self.words(dict(self.synonyms).get(word, word))

    def show(self, value: object) -> str:
        """See `Kind`."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Url:
    """One URL, or with `many` a comma list; a bare `host:port` takes the first scheme. May carry credentials."""

    schemes: tuple[str, ...]
    many: bool = False
    bare: bool = False

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        one = " or ".join(f"{scheme}://…" for scheme in self.schemes)
        return ("a comma list of " if self.many else "a URL: ") + one

    def parse(self, text: str) -> str:
        """See `Kind`."""
        if len(text) > _LONGEST or not text.isprintable() or " " in text:
            raise ValueError
        return ",".join(self._one(part) for part in (text.split(",") if self.many else [text]))

    def _one(self, text: str) -> str:
        whole = f"{self.schemes[0]}://{text}" if self.bare and "://" not in text else text
        parts = urlsplit(whole)
        hosts = parts.netloc.rpartition("@")[2]
        if parts.scheme not in self.schemes or not (hosts or parts.scheme == "unix"):
            raise ValueError
        return whole

    def show(self, value: object) -> str:
        """See `Kind`."""
        return mask_url(str(value))


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HostPort:
    """`host:port`, or `:port` for all interfaces when `listen`."""

    listen: bool = False

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        if self.listen:
            return "host:port, or :port for all interfaces; port 0 takes a free one"
        return "host:port without a scheme (TLS is a setting of its own)"

    def parse(self, text: str) -> Address | str:
        """See `Kind`."""
        host, colon, port = text.rpartition(":")
        lowest = 0 if self.listen else 1
        if not colon or _INTEGER.fullmatch(port) is None or not lowest <= int(port) <= _PORT:
            raise ValueError
        if not (self.listen and not host) and _HOST.fullmatch(host) is None:
            raise ValueError
        return Address(host.strip("[]") or "0.0.0.0", int(port)) if self.listen else text  # noqa: S104 what :port asks for

    def show(self, value: object) -> str:
        """See `Kind`."""
        return str(value)


@dataclass(frozen=True, slots=True)
class File:
    """An existing file, or with `folder` a folder that may still be absent."""

    folder: bool = False

    @property
    def allowed(self) -> str:
        """See `Kind`."""
        return "a folder (made when absent)" if self.folder else "an existing file"

    def parse(self, text: str) -> Path:
        """See `Kind`."""
        if len(text) > _LONGEST or "\0" in text:
            raise ValueError
        try:
            path = Path(text).expanduser().absolute()
            fits = (path.is_dir() or not path.exists()) if self.folder else path.is_file()
        except (OSError, RuntimeError) as error:
            raise ValueError from error
        if not fits:
            raise ValueError
        return path

    def show(self, value: object) -> str:
        """See `Kind`."""
        return "" if value is None else str(value)
