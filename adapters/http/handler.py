"""What is answered to a request to the health, status and control server: routes, access and answers.

Knows the runtime through `RuntimeControl` alone, and nothing of sockets and threads.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from threading import BoundedSemaphore

import structlog

from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.ports.status import Command, RuntimeControl, RuntimeStatus
from the0_actors.adapters.http.access import Access
from the0_actors.adapters.http.codec import (
    COMMAND_HEADER,
    Mask,
    decode_ids,
    encode_bot,
    encode_ids,
    encode_runs,
    encode_status,
)
from the0_actors.adapters.http.request import Request

LogSource = Callable[[str, int, bool], Iterator[bytes] | None]
"""`logs(bot_id, tail, follow)`: chunks of output, or None when there is no such bot.

While following, an empty chunk every few seconds lets the server notice that the reader has gone.
"""

TAIL = 200
RUNS = 20
FOLLOWERS = 8
"""Readers that follow a log at one time."""
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
_TAIL_MAX = 100_000
_RUNS_MAX = 1000
_IDS_MAX = 8 * 2**20
_PROBES = ("GET", "HEAD", "POST", "PUT", "DELETE")
"""Upstream answers any method on its probes; these are what health checks are known to send."""
_READS = ("GET", "HEAD")
_ACTS = ("POST",)
_SERVED = (
    "/healthz, /readyz, /status, /bots/ID/logs, /bots/ID/runs; and to POST: "
    "/bots/ID/restart, resume and stop, /confirm-stops"
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: HTTPStatus
    body: bytes | Iterator[bytes] = b""
    """Chunks are sent as they come, until the reader leaves."""
    kind: str = TEXT
    allow: tuple[str, ...] = ()
    """The methods there are, when the one that was used is none of them."""
    done: Callable[[], object] = bool
    """Called once nothing more is sent."""


def text(status: HTTPStatus, line: str) -> Answer:
    """Return an answer of one line."""
    return Answer(status, line.encode() + b"\n")


class Site:
    """All that is served. Callable from any thread."""

    def __init__(self, control: RuntimeControl, logs: LogSource | None, access: Access, mask: Mask) -> None:
        self._control = control
        self._logs = logs
        self._access = access
        self._mask = mask
        self._followers = BoundedSemaphore(FOLLOWERS)

    @staticmethod
    def is_quick(request: Request) -> bool:
        """Tell whether the answer takes no time, so that no thread is needed: a probe's, or a refusal of a path."""
        return request.path[0] not in {"status", "bots", "confirm-stops"}

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, whatever it is. Does not raise."""
        methods, make = self._route(request)
        if request.method not in methods:
            answer = text(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not taken here, {', '.join(methods)} is")
            return replace(answer, allow=methods)
        try:
            return make()
        except The0ActorsError as error:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, self._mask(str(error)))
        except Exception:  # noqa: BLE001 a fault of one answer ends that answer alone
            _log.exception("http_request_failed", path="/".join(request.path))
            return text(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; the log has the details")

    def _route(self, request: Request) -> tuple[tuple[str, ...], Callable[[], Answer]]:
        """Return the methods of a path, and what makes its answer."""
        match request.path:
            case ("healthz",):
                return _PROBES, lambda: _probe("unhealthy", good=self._control.alive())
            case ("readyz",):
                return _PROBES, lambda: _probe("not ready", good=self._control.ready())
            case ("status",):
                return _READS, partial(self._status, request)
            case ("confirm-stops",):
                return _ACTS, partial(self._confirm_stops, request)
            case ("bots", bot_id, "logs"):
                return _READS, partial(self._log_of, request, bot_id)
            case ("bots", bot_id, "runs"):
                return _READS, partial(self._runs, request, bot_id)
            case ("bots", bot_id, word) if word in set(Command):
                return _ACTS, partial(self._command, request, bot_id, Command(word))
            case _:
                return (request.method,), lambda: text(HTTPStatus.NOT_FOUND, f"not found; there are {_SERVED}")

    def _status(self, request: Request) -> Answer:
        if not self._access.sees_status(request):
            return self._forbidden(request, "the status is shown to this host and to the networks of --status-from")
        status = self._control.status()
        status = status if self._access.local(request) else _without_output(status)
        bot_id = request.query.get("bot")
        if bot_id is None:
            return Answer(HTTPStatus.OK, encode_status(status, self._mask), JSON)
        bot = next((bot for bot in status.bots if bot.bot_id == bot_id), None)
        if bot is None:
            return text(HTTPStatus.NOT_FOUND, "no such bot")
        return Answer(HTTPStatus.OK, encode_bot(bot, self._mask), JSON)

    def _command(self, request: Request, bot_id: str, command: Command) -> Answer:
        if (refusal := self._no_command(request)) is not None:
            return refusal
        if self._control.command(bot_id, command):
            return text(HTTPStatus.ACCEPTED, "accepted")
        return text(HTTPStatus.NOT_FOUND, "no such bot")

    def _confirm_stops(self, request: Request) -> Answer:
        """Confirm the stops of the bots whose ids are in the body, a list, as far as they are held; answer which."""
        if (refusal := self._no_command(request)) is not None:
            return refusal
        length = _number(request.headers.get("content-length", ""), 1, _IDS_MAX)
        try:
            bots = None if length is None else decode_ids(request.body(length))
        except (ValueError, OSError):  # no such list, or it did not come
            bots = None
        if bots is None:
            return text(HTTPStatus.BAD_REQUEST, f"expected a JSON list of bots' ids, at most {_IDS_MAX} bytes")
        return Answer(HTTPStatus.OK, encode_ids(self._control.confirm_stops(bots)), JSON)

    def _no_command(self, request: Request) -> Answer | None:
        """Return why a request may not command; None when it may."""
        if not self._access.local(request):
            return self._forbidden(request, "commands are taken from this host alone")
        if COMMAND_HEADER.lower() not in request.headers:
            return text(HTTPStatus.FORBIDDEN, f"a command needs the header {COMMAND_HEADER}")
        return None

    def _runs(self, request: Request, bot_id: str) -> Answer:
        if not self._access.local(request):
            return self._forbidden(request, "records hold what bots printed, and are shown to this host alone")
        if (limit := _number(request.query.get("limit", str(RUNS)), 1, _RUNS_MAX)) is None:
            return text(HTTPStatus.BAD_REQUEST, f"limit: expected 1 to {_RUNS_MAX} records")
        if (records := self._control.runs(bot_id, limit)) is None:
            return text(HTTPStatus.NOT_FOUND, "no such schedule")
        return Answer(HTTPStatus.OK, encode_runs(records, self._mask), JSON)

    def _log_of(self, request: Request, bot_id: str) -> Answer:
        if not self._access.local(request):
            return self._forbidden(request, "bot logs are shown to this host alone")
        tail = _number(request.query.get("tail", str(TAIL)), 0, _TAIL_MAX)
        follow = request.query.get("follow") in {"1", "true"}
        if tail is None:
            return text(HTTPStatus.BAD_REQUEST, f"tail: expected 0 to {_TAIL_MAX} lines")
        if follow and not self._followers.acquire(blocking=False):
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "too many followers")
        done: Callable[[], object] = self._followers.release if follow else bool
        try:
            chunks = None if self._logs is None else self._logs(bot_id, tail, follow)
        except BaseException:
            done()
            raise
        if chunks is None:
            return replace(text(HTTPStatus.NOT_FOUND, "no such bot"), done=done)
        return Answer(HTTPStatus.OK, chunks, done=done)

    def _forbidden(self, request: Request, rule: str) -> Answer:
        named = self._access.named(request)
        return text(HTTPStatus.FORBIDDEN, rule if named else f"{rule}, asked for by a name of it; see --status-host")


def _probe(bad: str, *, good: bool) -> Answer:
    return Answer(HTTPStatus.OK, b"ok") if good else Answer(HTTPStatus.SERVICE_UNAVAILABLE, bad.encode())


def _number(digits: str, least: int, most: int) -> int | None:
    """Read a number of the query; None when it is none, or out of its range."""
    number = int(digits[:9]) if digits.isascii() and digits.isdigit() else -1
    return number if least <= number <= most else None


def _without_output(status: RuntimeStatus) -> RuntimeStatus:
    """Leave out what bots printed: it may hold their secrets."""
    return replace(status, bots=tuple(replace(bot, log_tail="") for bot in status.bots))
