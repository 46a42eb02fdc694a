"""Configures structlog and the standard library's loggers for a process that is ours alone.

Only the command line calls this. An embedding application keeps its own configuration: the library merely asks
structlog for loggers. JSON lines with `time`, `level`, `msg`.
"""

import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from the0_actors.supervisors.settings import LogFormat, Logging, LogLevel

LEVELS = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARN: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}


def is_pretty(settings: Logging, stream: TextIO) -> bool:
    """Tell whether the log is for people."""
    return settings.format is LogFormat.PRETTY or (settings.format is LogFormat.AUTO and stream.isatty())


def log_what_must_be_seen(stream: TextIO) -> None:
    """Send warnings to `stream`, for people, unless a command has said what to log."""
    if not structlog.is_configured():
        configure_logging(Logging(level=LogLevel.WARN, format=LogFormat.PRETTY), stream)


def configure_logging(settings: Logging, stream: TextIO, *, colour: bool = True) -> None:
    """Send our events, and the warnings of the client libraries, to `stream`, one line each."""
    pretty = is_pretty(settings, stream)
    shared: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, _time]
    shown: list[Processor]
    if pretty:
        shown = [structlog.dev.ConsoleRenderer(colors=colour and stream.isatty(), timestamp_key="time")]
    else:
        shown = [structlog.processors.format_exc_info, _as_upstream, structlog.processors.JSONRenderer(default=str)]
    structlog.configure(
        processors=[*shared, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _route_libraries(stream, shared, shown, max(LEVELS[settings.level], logging.WARNING))


def _route_libraries(stream: TextIO, shared: list[Processor], shown: list[Processor], level: int) -> None:
    """Show what pymongo, nats, urllib3, docker, pykka and others log, from WARNING on, in the same form."""
    handler = logging.StreamHandler(stream)
    foreign = [structlog.stdlib.add_logger_name, *shared]
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=[clean, *shown]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # It warns of each retry; whoever called it tells how that ended.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def _time(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["time"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def _as_upstream(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the members as upstream does, in its order, and the rest after them."""
    level = str(event.pop("level", "info")).upper().replace("WARNING", "WARN").replace("CRITICAL", "ERROR")
    return {"time": event.pop("time"), "level": level, "msg": event.pop("event"), **event}
