"""What must not grow, read from outside: the kernel's word about a process, the engine's about what it keeps."""

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import docker

GAUGES = ("memory MiB", "threads", "descriptors", "timers", "containers", "volumes", "networks", "disk MiB")


@dataclass(frozen=True)
class Sample:
    """One reading of every gauge, in the order of `GAUGES`."""

    at: float
    """Seconds since the beginning."""
    values: tuple[float, ...]


def read(at: float, pid: int, address: str, client: docker.APIClient, data: Path) -> Sample:
    """Read all gauges of a runtime and of its engine; `data` is what the runtime keeps on the disk."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
    with urllib.request.urlopen(f"{address}/status", timeout=10) as answer:
        timers = json.load(answer)["timers"]
    return Sample(
        at,
        (
            float(status["VmRSS"].split()[0]) / 1024,
            float(status["Threads"]),
            float(sum(1 for _ in (process / "fd").iterdir())),
            float(timers),
            float(len(client.containers(all=True))),
            float(len(client.volumes()["Volumes"] or [])),
            float(len(client.networks())),
            sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 2**20 if data.exists() else 0.0,
        ),
    )


def drift(samples: list[Sample], gauge: int) -> float:
    """Return by which share the last quarter's mean is above the second quarter's: the first one is warming up."""
    quarter = len(samples) // 4
    before = _mean(samples[quarter : 2 * quarter], gauge)
    after = _mean(samples[-quarter:], gauge)
    return 0.0 if before == after else (after - before) / max(before, 1.0)


def _mean(samples: list[Sample], gauge: int) -> float:
    return sum(sample.values[gauge] for sample in samples) / max(len(samples), 1)
