"""A container's body from its own inspect, so that it can be created once more without any store. Pure.

Only what `body` sets is taken: the rest of an inspect is the engine's (host name, network addresses) and must not
be carried over. The image is named by its content: once more means the same one, also when a tag has moved.
"""

from collections.abc import Mapping
from typing import Any

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.adapters.docker import labels
from the0_actors.adapters.docker.body import Body
from the0_actors.adapters.launch.plan import launch_plan

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
    return {
        "Image": inspected["Image"],
        **{key: config[key] for key in _CONFIG if config.get(key) is not None},
        "Labels": {key: value for key, value in (config.get("Labels") or {}).items() if key.startswith(_OURS)},
        "HostConfig": {key: host[key] for key in _HOST if host.get(key) is not None},
    }


def birth_env(body: Body, birth: Birth) -> Mapping[str, str]:
    """Return the environment of a new birth of a saved body, as the launch plan of its bot says."""
    identity = labels.decode(body["Labels"])
    if identity is None:
        return {}
    environment = dict(entry.partition("=")[::2] for entry in body.get("Env", ()))
    spec = LaunchSpec(
        bot_id=identity.bot_id,
        kind=identity.kind,
        runtime=body["Labels"].get(labels.RUNTIME, ""),
        entrypoint=body["Labels"].get(labels.ENTRYPOINT, ""),
        code_key="",
        code_version="",
        config_json=environment.get("BOT_CONFIG", "{}"),
    )
    return launch_plan(spec, birth).birth_env
