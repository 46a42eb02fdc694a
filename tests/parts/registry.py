"""An image registry on a loopback port that serves one image, and counts who asks for it."""

import gzip
import json
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry(ThreadingHTTPServer):
    """Serves `bot:1`; everything else is not found."""

    def __init__(self, layer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        packed = gzip.compress(layer)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Labels": {"port": str(self.server_port)}},
                "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
            }
        ).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _part("application/vnd.docker.container.image.v1+json", config),
            "layers": [_part("application/vnd.docker.image.rootfs.diff.tar.gzip", packed)],
        }
        self.blobs = {_digest(one): one for one in (config, packed)}
        self.manifest = json.dumps(manifest).encode()
        self.asked: list[str] = []

    @property
    def image(self) -> str:
        """The name under which an engine on this machine pulls it."""
        return f"127.0.0.1:{self.server_port}/bot:1"


class _Handler(BaseHTTPRequestHandler):
    @property
    def _registry(self) -> Registry:
        assert isinstance(self.server, Registry)
        return self.server

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what counts is counted below."""

    def _answer(self, *, with_body: bool) -> None:
        self._registry.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if self.path == "/v2/":
            self._send(b"{}", "application/json", with_body=with_body)
        elif self.path.startswith("/v2/bot/manifests/") and name in {"1", _digest(self._registry.manifest)}:
            self._send(self._registry.manifest, _MANIFEST, with_body=with_body)
        elif name in self._registry.blobs:
            self._send(self._registry.blobs[name], "application/octet-stream", with_body=with_body)
        else:
            error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": {"Tag": "2"}}]}
            self._send(json.dumps(error).encode(), "application/json", with_body=with_body, status=404)

    def _send(self, content: bytes, kind: str, *, with_body: bool, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", _digest(content))
        self.end_headers()
        if with_body:
            self.wfile.write(content)


@contextmanager
def registry(layer: bytes) -> Generator[Registry, None, None]:
    """Run one that serves an image of this one layer (a tar archive)."""
    with Registry(layer) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def _part(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}
