"""docker-py's client, with its plain calls over kept connections.

docker-py keeps a pool of connections for each URL and puts every call through a dozen layers, which costs several
times what the call itself does. Here a call goes to `http.client` and its answer comes back as the `Response` that
docker-py expects. What streams, uploads from an iterator, or needs TLS, SSH or a proxy takes docker-py's own way.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import docker
from requests import Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from the0_actors.adapters.docker.kept_connections import Answer, Call, KeptConnections

_PLAIN = frozenset({"params", "data", "headers", "timeout", "allow_redirects"})


class EngineClient(docker.APIClient):  # type: ignore[misc]
    """Makes one question at its construction, unless it is given the `version` of the API."""

    def __init__(self, kept: KeptConnections | None, **arguments: Any) -> None:
        """Take docker-py's arguments; without kept connections it is docker-py's client."""
        self._kept = kept
        super().__init__(**arguments)

    def request(self, method: str, url: Any, *more: Any, **given: Any) -> Response:
        """Send a request, as `requests.Session` does, without following redirects."""
        if self._kept is None or more or not _is_plain(given):
            answer: Response = super().request(method, url, *more, **given)
            return answer
        target = "/" + url.split("/", 3)[3]
        if query := _query(given.get("params") or {}):
            target += "?" + query
        headers = {"User-Agent": self.headers["User-Agent"], **(given.get("headers") or {})}
        body = given.get("data")
        body = body.encode() if isinstance(body, str) else body  # http.client would write Latin-1
        call = Call(method, target, headers, body, given.get("timeout"))
        return _response(url, self._kept.exchange(call))


def _is_plain(given: Mapping[str, Any]) -> bool:
    """Tell whether a request needs nothing of what `requests` can do beside, and its answer comes whole."""
    asks_more = any(value for name, value in given.items() if name not in _PLAIN)
    return not asks_more and isinstance(given.get("data"), str | bytes | None)


def _query(params: Mapping[str, Any]) -> str:
    """Return parameters as `requests` writes them: without those that are None, lists as one each."""
    return urlencode([(name, one) for name, given in params.items() for one in _each(given) if one is not None])


def _each(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple | set) else (value,)


def _response(url: str, answer: Answer) -> Response:
    response = Response()
    response.status_code = answer.status
    response.reason = answer.reason
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.url = url
    response.raw = BytesIO(answer.content)
    return response
