"""A container's body from its own inspect, so that it can be created once more without any store. Pure.

Only what `body` sets is taken: the rest of an inspect is the engine's (host name, network addresses) and must not
be carried over. The image is named by its content: once more means the same one, also when a tag has moved.
"""

from collections.abc import Mapping
from sys import intern
from typing import Any

from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.body import Body

_CONFIG = ("Entrypoint", "Cmd", "Env", "User", "WorkingDir", "StopSignal", "StopTimeout")
_HOST = (
    "Memory",
    "MemorySwap",
    "NanoCpus",
    "CpuShares",
    "PidsLimit",
    "ReadonlyRootfs",
    "CapDrop",
    "SecurityOpt",
    "Init",
    "RestartPolicy",
    "AutoRemove",
    "LogConfig",
    "NetworkMode",
    "ExtraHosts",
    "Tmpfs",
    "Mounts",
)
_OURS = ("runtime.", labels.PREFIX)


def saved(inspected: Mapping[str, Any]) -> Body:
    """Return the body that made a container, from `GET /containers/{id}/json`."""
    config, host = inspected["Config"], inspected["HostConfig"]
    kept = {key: config[key] for key in _CONFIG if config.get(key) is not None}
    # The launcher's text is the same for thousands of bots, and a look may be kept.
    kept["Cmd"] = [intern(part) for part in kept.get("Cmd", ())]
    return {
        "Image": inspected["Image"],
        **kept,
        "Labels": {key: value for key, value in (config.get("Labels") or {}).items() if key.startswith(_OURS)},
        "HostConfig": {key: host[key] for key in _HOST if host.get(key) is not None},
    }
