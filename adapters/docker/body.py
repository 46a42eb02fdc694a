"""The body of the request that creates a bot's container. Pure.

It is built as plain data, not through docker-py's helpers: its fingerprint stands on containers, so it must not
change with a library. Three layers: what the desired state decides (this is fingerprinted), what differs by
incarnation, and the network, which depends on where there is room.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from the0_actors.actors.domain.launch import Birth, LaunchSpec
from the0_actors.adapters.docker import labels, names
from the0_actors.adapters.docker.options import DockerOptions
from the0_actors.adapters.launch.plan import birth_env, launch_plan

CODE = "/code"
MARKER = "/code/complete"
STATE = "/state"

Body = dict[str, Any]

_OWNER = re.compile(r"uid=\d+,gid=\d+")
_NANOS_PER_MILLI = 1_000_000


def wanted(spec: LaunchSpec, code_hash: str, installation: str, options: DockerOptions) -> Body:
    """Return the body as the desired state wants it, without anything of a birth."""
    plan = launch_plan(spec, Birth())
    body: Body = {
        "Image": options.images.get(spec.runtime, ""),
        "Entrypoint": [plan.argv[0]],
        "Cmd": list(plan.argv[1:]),
        "Env": environment(plan.env),
        "User": f"{options.uid}:{options.gid}",
        "WorkingDir": "/tmp",  # noqa: S108 - inside the container, a tmpfs of its own
        "StopSignal": "SIGTERM",
        "Labels": labels.of_spec(spec, installation, code_hash),
        "HostConfig": _limits(spec, options) | _places(spec, code_hash, installation, options),
    }
    if spec.stop_grace is not None:
        body["StopTimeout"] = round(spec.stop_grace)  # what `docker stop` by hand and the engine's own end grant
    return body


def fingerprint(spec: LaunchSpec, body: Body) -> str:
    """Return SHA-256 of a wanted body, with where its code came from, in canonical JSON."""
    whole = {"body": body, "code_key": spec.code_key, "code_version": spec.code_version, "grace": spec.stop_grace}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode("ascii")).hexdigest()


def born(body: Body, network: str, birth: Birth, more: Mapping[str, str]) -> Body:
    """Return a body that can be sent: with its network, its birth and its `more` labels."""
    new = birth_env(birth)
    kept = [entry for entry in body["Env"] if entry.partition("=")[0] not in new]
    return {
        **body,
        "Env": kept + environment(new),
        "Labels": body["Labels"] | labels.of_birth(birth) | dict(more),
        "HostConfig": {**body["HostConfig"], "NetworkMode": network},
    }


def owned(body: Body, uid: int, gid: int) -> Body:
    """Return a body whose bot runs as that user: with its folders in memory, and a label that tells the uid."""
    host = body["HostConfig"]
    tmpfs = {path: _OWNER.sub(f"uid={uid},gid={gid}", options) for path, options in host["Tmpfs"].items()}
    return {
        **body,
        "User": f"{uid}:{gid}",
        "Labels": body["Labels"] | {labels.UID: str(uid)},
        "HostConfig": {**host, "Tmpfs": tmpfs},
    }


def environment(values: Mapping[str, str]) -> list[str]:
    """Return an environment as the engine wants it, sorted by name."""
    return [f"{name}={values[name]}" for name in sorted(values)]


def _limits(spec: LaunchSpec, options: DockerOptions) -> Body:
    memory = options.memory if spec.memory_bytes is None else spec.memory_bytes
    return {
        "Memory": memory,
        "MemorySwap": memory,  # the same figure means no swap at all
        "NanoCpus": (spec.cpu_millis or 0) * _NANOS_PER_MILLI,
        "CpuShares": options.cpu_shares,
        "PidsLimit": options.pids if spec.pids is None else spec.pids,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Init": False,
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "LogConfig": {
            "Type": "json-file",
            "Config": {"max-size": options.log_size, "max-file": str(options.log_files)},
        },
    }


def _places(spec: LaunchSpec, code_hash: str, installation: str, options: DockerOptions) -> Body:
    owner = f"uid={options.uid},gid={options.gid}"
    code_labels = labels.of_part(installation, "code", code_hash=code_hash)
    state_labels = labels.of_part(installation, "state", bot_id=spec.bot_id)
    code = names.code_volume(installation, code_hash)
    state = names.state_volume(installation, spec.bot_id)
    return {
        "NetworkMode": options.network or names.network_name(installation, 1),
        "ExtraHosts": list(options.extra_hosts),
        "Tmpfs": {
            "/bot": f"rw,exec,nosuid,nodev,size={options.bot_tmpfs},mode=0755,{owner}",
            "/tmp": f"rw,nosuid,nodev,size={options.tmp_tmpfs},mode=1777,{owner}",  # noqa: S108 - as above
        },
        "Mounts": [volume(code, CODE, code_labels, read_only=True), volume(state, STATE, state_labels)],
    }


def volume(name: str, target: str, volume_labels: Mapping[str, str], *, read_only: bool = False) -> Body:
    """Return one mount. The labels are for a volume that the engine makes anew, so that it has an owner."""
    return {
        "Type": "volume",
        "Source": name,
        "Target": target,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True, "Labels": dict(volume_labels)},
    }
