"""Kubernetes quantities (`512Mi`, `0.5`, `250m`, `1e3`), as the limits in a bot's `config` hold them.

What people write beside is read too: a plain number, and units with a `B` (`256MB`, `1 GiB`). `m` stays a thousandth,
as everywhere in Kubernetes, also where someone meant a megabyte. Parsing only: what a limit means is `limits`' matter.
"""

import math
import re
from fractions import Fraction
from typing import Final

_FORM: Final = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?")
_BYTES: Final = re.compile(r"([0-9.]+) ?(?:([kKMGTPE]i?)B|B)")
_SUFFIXES: Final = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    **{letter: Fraction(10 ** (3 * power)) for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", 1)},
}
_LARGEST: Final = 2**63 - 1
_LONGEST: Final = 64


def parse_quantity(text: str) -> Fraction | None:
    """Return the exact value of a quantity, or None when the text is none. Negative and zero are quantities too."""
    found = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    number, suffix, exponent = found.groups()
    scale = Fraction(10) ** int(exponent) if exponent else _SUFFIXES.get(suffix, Fraction(1))
    return Fraction(number.removesuffix(".")) * scale


def size_bytes(value: object) -> int | None:
    """Return a size in whole bytes, rounded up; None for what is no positive size of at most 2^63-1."""
    if isinstance(value, str) and (found := _BYTES.fullmatch(value)) is not None:
        number, unit = found.groups()
        return _positive(number + {"K": "k", "ki": "Ki"}.get(unit or "", unit or ""), 1)
    return _positive(value, 1)


def cpu_millis(value: object) -> int | None:
    """Return a CPU limit in thousandths of a CPU, rounded up; None for what is no positive quantity."""
    return _positive(value, 1000)


def whole_number(value: object) -> int | None:
    """Return a count; None for what is no positive whole number, as a number or as a text."""
    quantity = _exact(value)
    return int(quantity) if quantity is not None and 0 < quantity <= _LARGEST and quantity.denominator == 1 else None


def format_size(size: int) -> str:
    """Print bytes in the largest binary unit that keeps two digits exact enough for people: `512Mi`, `22.9Gi`."""
    power = min((size.bit_length() - 1) // 10, 6) if size > 0 else 0
    unit = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")[power]
    return f"{math.floor(size * 100 / 1024**power) / 100:g}{unit}"


def _positive(value: object, scale: int) -> int | None:
    quantity = _exact(value)
    if quantity is None or quantity <= 0:
        return None
    whole = -(-quantity * scale // 1)
    return whole if whole <= _LARGEST else None


def _exact(value: object) -> Fraction | None:
    if isinstance(value, str):
        return parse_quantity(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Fraction(value)
