"""The connection to the engine: docker-py's low-level clients, made when first needed.

A client has one timeout for all its calls, so there is one client per timeout class; all share the connections that
are kept open. It adds requests that docker-py lacks. It decides nothing and translates no errors, except while
connecting: see `failures`.
"""

import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any, Self

import docker
from docker.errors import create_api_error_from_http_exception
from docker.utils import kwargs_from_env
from requests import HTTPError, Response

from the0_actors.adapters.docker.client import EngineClient
from the0_actors.adapters.docker.failures import translated
from the0_actors.adapters.docker.kept_connections import KeptConnections, way
from the0_actors.adapters.docker.options import Timeouts

DEFAULT_HOST = "unix:///var/run/docker.sock"

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the engine is and how to reach it."""

    host: str = DEFAULT_HOST
    """`unix://…`, `tcp://…` or `ssh://…`, as in `DOCKER_HOST`."""
    tls_verify: bool = False
    cert_path: str = ""
    """Folder with `ca.pem`, `cert.pem` and `key.pem`; empty means no TLS unless `tls_verify`."""
    connections: int = 64
    """Kept open at most; at least the number of threads that call."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`, as Docker's own client does."""
        return cls(
            host=environment.get("DOCKER_HOST") or DEFAULT_HOST,
            tls_verify=bool(environment.get("DOCKER_TLS_VERIFY")),
            cert_path=environment.get("DOCKER_CERT_PATH", ""),
        )

    @property
    def encrypted(self) -> bool:
        """Whether the engine is reached over TLS."""
        return self.tls_verify or bool(self.cert_path)

    def arguments(self) -> dict[str, Any]:
        """Return what `docker.APIClient` takes. Reads the certificates."""
        environment = {"DOCKER_HOST": self.host, "DOCKER_CERT_PATH": self.cert_path}
        if self.tls_verify:
            environment["DOCKER_TLS_VERIFY"] = "1"
        return {**kwargs_from_env(environment), "max_pool_size": self.connections}


class Connection:
    """Clients for many threads at once. Making one costs a question to the engine, so none is made early."""

    def __init__(self, settings: ClientSettings, timeouts: Timeouts) -> None:
        self._settings = settings
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._clients: dict[int, docker.APIClient] = {}
        self._version: str | None = None
        """Of the API, as the engine said when it was asked first, for the timeouts that are used later."""
        connect = None if settings.encrypted else way(settings.host)
        self._kept = KeptConnections(connect, settings.connections) if connect else None

    @property
    def quick(self) -> docker.APIClient:
        """The client for calls that only read or signal. Raises `Unavailable`."""
        return self._client(ceil(self._timeouts.quick))

    @property
    def slow(self) -> docker.APIClient:
        """The client for calls that make, start or remove. Raises `Unavailable`."""
        return self._client(ceil(self._timeouts.slow))

    def has_path(self, container_id: str, path: str) -> bool:
        """Tell whether a file is in a container (and the container there), running or not.

        Waits for what is being written into the container.
        """
        client = self.slow
        url = f"{_api(client)}/containers/{container_id}/archive"
        answer = client.head(url, params={"path": path}, timeout=self._timeouts.slow)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        _raise_for_status(answer)
        return True

    def entry(self, container_id: str, path: str) -> tarfile.TarInfo | None:
        """Return what a container has at a path, as the engine archives it; None when there is nothing.

        A folder's content is not read.
        """
        client = self.slow
        url = f"{_api(client)}/containers/{container_id}/archive"
        plain = {"Accept-Encoding": "identity"}
        with client.get(url, params={"path": path}, headers=plain, timeout=self._timeouts.slow, stream=True) as answer:
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            _raise_for_status(answer)
            try:
                with tarfile.open(fileobj=answer.raw, mode="r|") as archive:
                    return archive.next()
            except tarfile.TarError as error:
                raise ValueError(f"no archive of {path}: {error}") from error

    @property
    def local(self) -> bool:
        """Whether the engine is reached through a socket of this host, so that its disk may be this host's."""
        return self._settings.host.startswith("unix://")

    def volume_usage(self) -> dict[str, int]:
        """Return the bytes of every volume by the engine's own measurement; -1 where it cannot tell."""
        client = self.slow
        answer = client.get(f"{_api(client)}/system/df", params={"type": "volume"}, timeout=self._timeouts.slow)
        _raise_for_status(answer)
        return {str(item["Name"]): int(item["UsageData"]["Size"]) for item in answer.json()["Volumes"] or ()}

    def stream(self, method: str, path: str, *, silence: float | None, **request: Any) -> Response:
        """Send a request whose answer goes on; `silence` seconds may pass between two parts of it."""
        client = self.quick
        timeout = (self._timeouts.quick, silence)
        answer: Response = client.request(method, _api(client) + path, stream=True, timeout=timeout, **request)
        _raise_for_status(answer)
        return answer

    def close(self) -> None:
        """Close all connections that are idle."""
        with self._lock:
            clients, self._clients, self._version = list(self._clients.values()), {}, None
        for client in clients:
            client.close()
        if self._kept is not None:
            self._kept.close()

    def _client(self, timeout: int) -> docker.APIClient:
        with self._lock:
            client = self._clients.get(timeout)
        if client is None:
            # Outside the lock, so that threads do not queue up for an engine that does not answer.
            with translated(f"connect to {self._settings.host}"):
                arguments = self._settings.arguments()
                made = EngineClient(self._kept, timeout=timeout, version=self._version, **arguments)
            with self._lock:
                self._version = made.api_version
                client = self._clients.setdefault(timeout, made)
            if client is not made:
                made.close()
        return client


def documents(answer: Response) -> Iterator[Any]:
    """Yield the JSON documents of a streamed answer, each as it comes. Raises `ValueError` for what is none."""
    for line in answer.iter_lines(chunk_size=_CHUNK):
        if line:
            yield json.loads(line)


def _api(client: docker.APIClient) -> str:
    return f"{client.base_url}/v{client.api_version}"


def _raise_for_status(answer: Response) -> None:
    try:
        answer.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)
