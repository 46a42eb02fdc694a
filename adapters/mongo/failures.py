"""Turn whatever the driver raises into `Unavailable`, in one line that holds neither secrets nor documents."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import pymongo
from bson.errors import BSONError
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from the0_actors.actors.errors import Unavailable

_KNOWN: Final = {
    13: "the user may not do this (not authorised)",
    18: "authentication failed: wrong user or password",
    50: "the server ran out of time",
    286: "the change stream's resume point is lost",
    8000: "authentication failed: wrong user or password",
}


@contextmanager
def bounded(seconds: float) -> Generator[None, None, None]:
    """Run a block of driver calls within so many seconds; whatever they raise becomes `Unavailable("mongodb", …)`."""
    try:
        with pymongo.timeout(seconds):
            yield
    except PyMongoError as error:
        raise Unavailable("mongodb", describe(error)) from error
    except BSONError as error:
        raise Unavailable("mongodb", f"the server's answer cannot be read ({type(error).__name__})") from error


def describe(error: PyMongoError) -> str:
    """Say in one line what went wrong.

    A server's own message is left out, since it may quote a document; its code says enough. A connection's message
    names host, port and the system's reason.
    """
    if isinstance(error, OperationFailure):
        name = (error.details or {}).get("codeName") or type(error).__name__
        return _KNOWN.get(error.code or 0, f"the server refused: {name} ({error.code})")
    if isinstance(error, ServerSelectionTimeoutError):
        return f"no server answered ({_first_line(error)})"
    if isinstance(error, ConnectionFailure | ConfigurationError):
        return f"{type(error).__name__} ({_first_line(error)})"
    return type(error).__name__


def _first_line(error: PyMongoError) -> str:
    text = str(error).split(", full error:")[0].split(", Timeout:")[0].split(" (configured timeouts")[0]
    return " ".join(text.split())[:200]
