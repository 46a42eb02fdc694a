"""One request to the health, status and control server: routes, access and answers.

Knows the runtime through `Site` alone; threads, bounds and the socket's life are the server's business.
"""

import ipaddress
import select
import socket
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import BoundedSemaphore, Event
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from the0_actors.actors.errors import The0ActorsError
from the0_actors.actors.ports.status import Command, RuntimeControl, RuntimeStatus
from the0_actors.adapters.http.codec import (
    COMMAND_HEADER,
    decode_ids,
    encode_bot,
    encode_ids,
    encode_runs,
    encode_status,
)

LogSource = Callable[[str, int, bool], Iterator[bytes] | None]
"""`logs(bot_id, tail, follow)`: chunks of output, or None when there is no such bot.

While following, an empty chunk every few seconds lets the server notice that the reader has gone.
"""

TAIL = 200
RUNS = 20
_TAIL_MAX = 100_000
_RUNS_MAX = 1000
_IDS_MAX = 8 * 2**20
_STREAM_SECONDS = 60.0
_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """What a handler serves."""

    control: RuntimeControl
    logs: LogSource | None
    followers: BoundedSemaphore
    closing: Event
    head_read: Callable[[socket.socket], None]
    """Called once the request's head is complete."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request and closes, as HTTP/1.0 does."""

    timeout = 5
    """Seconds for each read and write."""
    server_version = "the0-actors"
    sys_version = ""
    site: Site

    def do_GET(self) -> None:
        """Answer a probe, the status document, a bot's log, or a schedule's records."""
        self._guarded(self._get)

    do_HEAD = do_GET  # noqa: N815 the base class names it

    def do_POST(self) -> None:
        """Take a command for a bot."""
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it
        """Stay silent: probes every few seconds would fill the log."""

    def _guarded(self, answer: Callable[[list[str], dict[str, str]], None]) -> None:
        self.site.head_read(self.connection)
        target = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(target.query).items()}
        try:
            answer([unquote(part) for part in target.path.strip("/").split("/")], query)
        except The0ActorsError as error:
            self._text(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except OSError:
            self.close_connection = True
        except Exception:  # noqa: BLE001 a fault of one answer ends that answer alone
            _log.exception("http_request_failed", path=target.path)
            self._text(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; the log has the details")

    def _get(self, path: list[str], query: dict[str, str]) -> None:
        match path:
            case ["healthz"]:
                self._probe("unhealthy", good=self.site.control.alive())
            case ["readyz"]:
                self._probe("not ready", good=self.site.control.ready())
            case ["status"]:
                self._status(query.get("bot"))
            case ["bots", bot_id, "logs"]:
                self._logs(bot_id, query)
            case ["bots", bot_id, "runs"]:
                self._runs(bot_id, query)
            case _:
                served = "/healthz, /readyz, /status, /bots/ID/logs, /bots/ID/runs"
                self._text(HTTPStatus.NOT_FOUND, f"not found; there are {served}")

    def _post(self, path: list[str], _: dict[str, str]) -> None:
        match path:
            case ["confirm-stops"]:
                if self._may_command():
                    self._confirm_stops()
            case ["bots", bot_id, word] if word in set(Command):
                if not self._may_command():
                    return
                if self.site.control.command(bot_id, Command(word)):
                    self._text(HTTPStatus.ACCEPTED, "accepted")
                else:
                    self._text(HTTPStatus.NOT_FOUND, "no such bot")
            case _:
                served = "/bots/ID/restart, resume and stop, and /confirm-stops"
                self._text(HTTPStatus.NOT_FOUND, f"not found; there are {served}")

    def _may_command(self) -> bool:
        if not self._local():
            self._text(HTTPStatus.FORBIDDEN, "commands are taken from this host alone")
        elif COMMAND_HEADER not in self.headers:
            self._text(HTTPStatus.FORBIDDEN, f"a command needs the header {COMMAND_HEADER}")
        else:
            return True
        return False

    def _confirm_stops(self) -> None:
        """Confirm the stops of the bots whose ids are in the body, a list, as far as they are held; answer which."""
        length = _number(self.headers.get("Content-Length", ""), 1, _IDS_MAX)
        try:
            bots = None if length is None else decode_ids(self.rfile.read(length))
        except ValueError:
            bots = None
        if bots is None:
            self._text(HTTPStatus.BAD_REQUEST, f"expected a JSON list of bots' ids, at most {_IDS_MAX} bytes")
        else:
            self._send(HTTPStatus.OK, "application/json", encode_ids(self.site.control.confirm_stops(bots)))

    def _probe(self, bad: str, *, good: bool) -> None:
        self._send(HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"ok" if good else bad.encode())

    def _status(self, bot_id: str | None) -> None:
        status = self.site.control.status()
        status = status if self._local() else _without_output(status)
        if bot_id is None:
            self._send(HTTPStatus.OK, "application/json", encode_status(status))
            return
        bot = next((bot for bot in status.bots if bot.bot_id == bot_id), None)
        if bot is None:
            self._text(HTTPStatus.NOT_FOUND, "no such bot")
        else:
            self._send(HTTPStatus.OK, "application/json", encode_bot(bot))

    def _runs(self, bot_id: str, query: dict[str, str]) -> None:
        if not self._local():
            self._text(HTTPStatus.FORBIDDEN, "records hold what bots printed, and are shown to this host alone")
        elif (limit := _number(query.get("limit", str(RUNS)), 1, _RUNS_MAX)) is None:
            self._text(HTTPStatus.BAD_REQUEST, f"limit: expected 1 to {_RUNS_MAX} records")
        elif (records := self.site.control.runs(bot_id, limit)) is None:
            self._text(HTTPStatus.NOT_FOUND, "no such schedule")
        else:
            self._send(HTTPStatus.OK, "application/json", encode_runs(records))

    def _logs(self, bot_id: str, query: dict[str, str]) -> None:
        tail, follow = _number(query.get("tail", str(TAIL)), 0, _TAIL_MAX), query.get("follow") in {"1", "true"}
        if not self._local():
            self._text(HTTPStatus.FORBIDDEN, "bot logs are shown to this host alone")
        elif tail is None:
            self._text(HTTPStatus.BAD_REQUEST, f"tail: expected 0 to {_TAIL_MAX} lines")
        elif follow and not self.site.followers.acquire(blocking=False):
            self._text(HTTPStatus.SERVICE_UNAVAILABLE, "too many followers")
        else:
            try:
                self._stream(bot_id, tail, follow=follow)
            finally:
                if follow:
                    self.site.followers.release()

    def _stream(self, bot_id: str, tail: int, *, follow: bool) -> None:
        chunks = None if self.site.logs is None else self.site.logs(bot_id, tail, follow)
        if chunks is None:
            self._text(HTTPStatus.NOT_FOUND, "no such bot")
            return
        self._head(HTTPStatus.OK, _TEXT, None)
        self.connection.settimeout(_STREAM_SECONDS)
        try:
            for chunk in chunks:
                if self.site.closing.is_set() or (not chunk and self._reader_left()):
                    return
                self.wfile.write(chunk)
        finally:
            if isinstance(chunks, Generator):
                chunks.close()

    def _reader_left(self) -> bool:
        poller = select.poll()
        poller.register(self.connection, select.POLLIN | select.POLLHUP)
        return bool(poller.poll(0)) and not self.connection.recv(1, socket.MSG_PEEK)

    def _local(self) -> bool:
        """Tell whether the peer is this host, and asked for it by a name that no web page can own."""
        named = self.headers.get("Host")
        return _is_loopback(self.client_address[0]) and (named is None or _is_loopback(_host_of(named)))

    def _text(self, status: HTTPStatus, line: str) -> None:
        self._send(status, _TEXT, line.encode() + b"\n")

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self._head(status, kind, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def _number(text: str, least: int, most: int) -> int | None:
    """Read a number of the query; None when it is none, or out of its range."""
    number = int(text[:9]) if text.isascii() and text.isdigit() else -1
    return number if least <= number <= most else None


def _without_output(status: RuntimeStatus) -> RuntimeStatus:
    """Leave out what bots printed: it may hold their secrets."""
    return replace(status, bots=tuple(replace(bot, log_tail="") for bot in status.bots))


def _host_of(header: str) -> str:
    return (urlsplit(f"//{header}").hostname or "") if header.isprintable() else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
