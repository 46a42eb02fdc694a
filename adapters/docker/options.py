"""What can be chosen about the containers that this adapter makes, with the defaults.

It reads no environment: the settings of the runtime fill these values in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MIB = 1 << 20

IMAGES: Mapping[str, str] = MappingProxyType({"python3.11": "python:3.11-slim", "nodejs20": "node:20-slim"})
"""Runtime id to image. Node's is the glibc one, since bots bring native modules that were built against glibc."""


UIDS = range(1_879_048_192, 2_147_352_576)
"""No distribution gives these to anybody, and there are so many that two bots hardly ever meet."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take, in seconds: longer than what the engine itself may need for it."""

    quick: float = 30.0
    """Inspect, list, signal, and opening a stream."""
    slow: float = 180.0
    """Create, start, remove, and moving files."""
    pull: float = 1800.0
    """One image from the registry, as a whole."""
    pull_silence: float = 120.0
    """Between two signs of life of a pull."""


@dataclass(frozen=True, slots=True)
class DockerOptions:
    """Limits, images and network of the bots' containers. Sizes are in bytes."""

    images: Mapping[str, str] = field(default_factory=lambda: IMAGES)
    """Runtime id to image; the runtimes that are not in here cannot be run."""
    memory: int = 512 * MIB
    """For bots whose configuration names no limit. The tmpfs folders count against it."""
    cpu_shares: int = 512
    """Weight against other containers when CPU is short; no cap."""
    pids: int = 512
    """Processes and threads in one container."""
    bot_tmpfs: int = 256 * MIB
    """Size of `/bot`."""
    tmp_tmpfs: int = 64 * MIB
    """Size of `/tmp`."""
    log_size: str = "10m"
    """A container's log file is rotated at this size."""
    log_files: int = 3
    """How many of them are kept."""
    network: str = ""
    """An existing network for the bots; empty means networks of this installation's own."""
    guarded: bool = True
    """On networks of its own: bots reach neither the host nor link-local addresses, where the rules can be set."""
    network_ports: int = 900
    """Containers per own network: a Linux bridge has room for 1023, and some is left for hands."""
    uid: int = 1000
    """The user that bots share where they have none of their own; part of the fingerprint."""
    gid: int = 1000
    uids: range = UIDS
    """One user for each bot out of these (its group has the same number); empty: all share `uid`."""
    helper_image: str = "the0-actors-helper:3"
    """Name under which the image of helper containers is made; the number tells what is in it."""
    extra_hosts: tuple[str, ...] = ("host.docker.internal:host-gateway",)
    helper_age: float = 60.0
    """Seconds after which a helper container counts as a dead runtime's. Fillings take a few."""
    filler_age: float = 3.0
    """Seconds after which a helper that fills the code we need is taken for a dead runtime's."""
    timeouts: Timeouts = Timeouts()
