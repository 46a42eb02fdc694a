"""How the three servers are started: on loopback alone, with credentials, everything under the data folder."""

import http.client
import json
import shutil
import socket
import sys
from pathlib import Path

from the0_actors.adapters.embedded.child import Recipe
from the0_actors.adapters.embedded.memory import Memory
from the0_actors.adapters.embedded.trouble import not_installed

HOST = "127.0.0.1"
PROGRAMS = {"mongo": "secantusd-py", "nats": "nats-server", "s3": "weed"}

_PATIENCE = 1.0
"""Seconds that one look at a server may take."""

_SERVER_ERROR = 500


def mongo(folder: Path, memory: Memory, *, auth: bool = True) -> Recipe:
    """Return how to start the database; without `auth` only to give it its first user."""
    port = memory.ports["mongo"]
    config = folder / "mongo.toml"
    config.touch()  # else the server looks for one in the user's home
    command = [
        program("mongo"), "--config", str(config), "--host", HOST, "--port", str(port),
        "--storage-path", str(folder / "mongo"), "--cache-size", "256M",
        "--sync-on-commit",  # without it, a killed server forgets writes that it has acknowledged
    ]  # fmt: skip
    return Recipe("mongo", (*command, *(["--auth"] if auth else [])), (port,), lambda: _accepts(port))


def nats(folder: Path, memory: Memory) -> Recipe:
    """Return how to start NATS with JetStream. Its password stands in a file, not among the arguments."""
    port = memory.ports["nats"]
    config = folder / "nats.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"listen: {json.dumps(f'{HOST}:{port}')}\n"
        # Without `always`, a killed server forgets events that it has acknowledged.
        f"jetstream {{ store_dir: {json.dumps(str(folder / 'nats'))}, sync_interval: always }}\n"
        f"authorization {{ user: {json.dumps(memory.user)}, password: {json.dumps(memory.passwords['nats'])} }}\n"
    )
    return Recipe("nats", (program("nats"), "-c", str(config)), (port,), lambda: _greets(port))


def s3(folder: Path, memory: Memory) -> Recipe:
    """Return how to start the object store: all its parts in one process."""
    ports = memory.ports
    parts = ("master", "volume", "filer", "admin", "s3")
    command = [
        program("s3"), "mini", f"-dir={folder / 's3'}", f"-ip={HOST}", f"-ip.bind={HOST}",
        "-master.telemetry=false", "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-filer.localSocket={folder / 'run' / 'filer.sock'}", f"-s3.localSocket={folder / 'run' / 's3.sock'}",
        *(f"-{part}.port={ports[part]}" for part in parts),
        *(f"-{part}.port.grpc={ports[f'{part}.grpc']}" for part in parts),
    ]  # fmt: skip
    keys = {"AWS_ACCESS_KEY_ID": memory.user, "AWS_SECRET_ACCESS_KEY": memory.passwords["s3"]}
    needed = tuple(port for name, port in ports.items() if name not in {"mongo", "nats"})
    return Recipe("s3", tuple(command), needed, lambda: _replies(ports["s3"]), keys)


def program(server: str) -> str:
    """Return the path of a server's program, which the extra brings: beside our interpreter, or on the path.

    Raises `CannotEmbed` when it is not there.
    """
    name = PROGRAMS[server]
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise not_installed(name)
    return found


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), _PATIENCE):
            return True
    except OSError:
        return False


def _greets(port: int) -> bool:
    """Tell whether NATS says who it is, which it does unasked."""
    try:
        with socket.create_connection((HOST, port), _PATIENCE) as connection:
            return connection.recv(5) == b"INFO "
    except OSError:
        return False


def _replies(port: int) -> bool:
    """Tell whether the S3 gateway answers; to a stranger it answers with a refusal."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < _SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
