"""Asks a running runtime over HTTP: what the command line uses. Every call has a deadline, except following a log."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from the0_actors.actors.domain.runs import RunRecord
from the0_actors.actors.errors import NotActive, Refused, Unavailable
from the0_actors.actors.ports.status import Command, RuntimeStatus
from the0_actors.adapters.http.codec import COMMAND_HEADER, decode_ids, decode_runs, decode_status, encode_ids

_CHUNK = 65536
_PATIENCE = 30.0
"""Seconds for what the runtime has to ask its database for."""
T = TypeVar("T")


class StatusClient:
    """One runtime's address. Raises `Unavailable` when nobody answers, `Refused` when the answer is no."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        self._url = (url if "://" in url else f"http://{url}").rstrip("/")
        self._timeout = timeout
        # Straight to the address: a proxy of the environment would make us a stranger to a runtime on this host.
        self._open = build_opener(ProxyHandler({})).open

    def status(self) -> RuntimeStatus:
        """Return the present status."""
        request = Request(f"{self._url}/status")  # noqa: S310 checked by _ask
        return self._read(self._ask(request, self._timeout), decode_status)

    def command(self, bot_id: str, command: Command) -> bool:
        """Pass a command to a bot; False when there is no such bot. Raises `NotActive` when it cannot be done now."""
        address = f"{self._url}/bots/{quote(bot_id, safe='')}/{command}"
        request = Request(address, data=b"", headers={COMMAND_HEADER: "1"}, method="POST")  # noqa: S310 as above
        try:
            return self._found(request, self._timeout) is not None
        except _NotNow as error:
            raise NotActive(str(error)) from None

    def confirm_stops(self, bots: Iterable[str]) -> frozenset[str]:
        """Have those of the bots stop whose stop is held; return them."""
        address, headers = f"{self._url}/confirm-stops", {COMMAND_HEADER: "1"}
        request = Request(address, data=encode_ids(bots), headers=headers, method="POST")  # noqa: S310 as above
        return self._read(self._ask(request, self._timeout), decode_ids)

    def runs(self, bot_id: str, limit: int) -> tuple[RunRecord, ...] | None:
        """Return a schedule's latest records, the newest first; None when there is no such schedule."""
        request = Request(f"{self._url}/bots/{quote(bot_id, safe='')}/runs?limit={limit}")  # noqa: S310 as above
        answer = self._found(request, _PATIENCE)
        return None if answer is None else self._read(answer, decode_runs)

    def logs(self, bot_id: str, tail: int, *, follow: bool) -> Iterator[bytes] | None:
        """Return a bot's output in chunks; None when there is no such bot."""
        query = urlencode({"tail": tail, "follow": int(follow)})
        request = Request(f"{self._url}/bots/{quote(bot_id, safe='')}/logs?{query}")  # noqa: S310 as above
        answer = self._found(request, None if follow else self._timeout)
        return None if answer is None else self._chunks(answer)

    def _read(self, answer: HTTPResponse, decode: Callable[[bytes], T]) -> T:
        with closing(answer):
            try:
                return decode(answer.read())
            except (ValueError, OSError, HTTPException) as error:
                raise self._silent(f"what answers is no runtime of this version ({error})") from error

    def _chunks(self, answer: HTTPResponse) -> Iterator[bytes]:
        with closing(answer):
            try:
                while chunk := answer.read1(_CHUNK):
                    yield chunk
            except (OSError, HTTPException) as error:
                raise self._silent(f"the stream broke ({error})") from error

    def _found(self, request: Request, timeout: float | None) -> HTTPResponse | None:
        try:
            return self._ask(request, timeout)
        except _Missing:
            return None

    def _ask(self, request: Request, timeout: float | None) -> HTTPResponse:
        if request.type not in {"http", "https"}:
            raise Refused(f"{self._url}: expected an address such as http://127.0.0.1:8080")
        try:
            answer: HTTPResponse = self._open(request, timeout=timeout)
        except HTTPError as error:
            with closing(error):
                reason = error.read(1000).decode(errors="replace").strip()
            raise _KINDS.get(error.code, Refused)(f"{self._url}: {reason}") from None
        except URLError as error:
            raise self._silent(str(error.reason)) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._silent(str(error) or type(error).__name__) from error
        return answer

    def _silent(self, reason: str) -> Unavailable:
        advice = "start one with `the0-actors run`, or give its address with --url"
        return Unavailable("runtime", f"no runtime answers on {self._url}: {reason}; {advice}")


class _Missing(Refused):
    """The server said that there is no such thing."""


class _NotNow(Refused):
    """The server said that it cannot do so now."""


_KINDS: Mapping[int, type[Refused]] = {HTTPStatus.NOT_FOUND: _Missing, HTTPStatus.SERVICE_UNAVAILABLE: _NotNow}
"""What other statuses than these say is a plain refusal."""
