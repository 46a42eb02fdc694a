"""Kubernetes quantities (`512Mi`, `0.5`, `250m`, `1e3`), as `config.memory_limit` and `config.cpu_limit` hold them.

Parsing only: what a limit means and which default replaces an unusable one is decided elsewhere.
"""

import re
from fractions import Fraction
from typing import Final

_FORM: Final = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?")
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


def memory_bytes(value: object) -> int | None:
    """Return a memory limit in whole bytes, rounded up; None for what is no positive quantity of at most 2^63-1."""
    return _positive(value, Fraction(1))


def cpu_millis(value: object) -> int | None:
    """Return a CPU limit in thousandths of a CPU, rounded up; None for what is no positive quantity."""
    return _positive(value, Fraction(1000))


def _positive(value: object, scale: Fraction) -> int | None:
    quantity = parse_quantity(value) if isinstance(value, str) else None
    if quantity is None or quantity <= 0:
        return None
    whole = -(-quantity * scale // 1)
    return whole if whole <= _LARGEST else None
