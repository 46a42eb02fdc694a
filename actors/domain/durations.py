"""Durations in Go's notation, as the platform's flags and variables write them. Contract section 10.

Reads and prints seconds; knows nothing of ranges, which belong to each setting.
"""

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"([+-]?)((?:{_PART.pattern})+)", re.ASCII)
_LONGEST = 64


def parse_duration(text: str) -> float:
    """Return seconds of `1h30m`, `250ms`, `-1.5s`, `0`; raise `ValueError` for anything else."""
    if text in {"0", "+0", "-0"}:
        return 0.0
    found = _WHOLE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"not a duration: {text[:_LONGEST]!r}")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(found[2]))
    return -seconds if found[1] == "-" else seconds


def format_duration(seconds: float) -> str:
    """Return the shortest exact notation down to milliseconds: `1h30m`, `30s`, `250ms`, `0s`."""
    sign, left = ("-", -seconds) if seconds < 0 else ("", seconds)
    millis = round(left * 1000)
    parts: list[str] = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, millis = divmod(millis, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts) if parts else "0s"
