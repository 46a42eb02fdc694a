"""How to reach MongoDB, and the one place where clients are made. Nothing is read from the environment here."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from the0_actors.actors.errors import InvalidSetting

Document = dict[str, Any]
_APART: Final[dict[str, Any]] = {"maxPoolSize": 2, "serverMonitoringMode": "poll"}
"""A client for the lease alone: one connection for it, one to give it back while it is renewed. It polls the servers,
which takes a thread less and half of the calls; a failover shows by the failed renewal as well."""


@dataclass(frozen=True, slots=True)
class MongoSettings:
    """Address, credentials and deadlines. The names of database and collection are the platform's."""

    uri: str = field(repr=False)
    """Connection string. Its credentials and TLS options hold unless given below; its time-outs do not."""
    database: str = "bot_runner"
    collection: str = "bots"
    username: str = ""
    password: str = field(default="", repr=False)
    auth_source: str = "admin"
    """Where the user above is defined."""
    tls_ca_file: Path | None = None
    """Certificates to trust; given, the connection is encrypted."""
    tls_certificate_key_file: Path | None = None
    """The client's own certificate and key in one PEM file; given, the connection is encrypted."""
    deadline: float = 5.0
    """Seconds for one call, with finding a server and the driver's retries in it. Short: the runtime retries itself."""
    first_deadline: float = 1.0
    """Seconds for finding a server at the first contact, so that what hinders it is told at once. One that takes
    longer is found all the same: the driver goes on looking between our tries."""
    listing_deadline: float = 30.0
    """Seconds for a read of all documents, and for making an index."""
    heartbeat: float = 2.0
    """Seconds between looks at the servers: how soon a failover or a return is seen."""


def connect(settings: MongoSettings, *, apart: bool = False) -> MongoClient[Document]:
    """Return a client that connects at its first call, so that the database may come later than we do.

    Its calls wait for no connection of another client. `apart`: few connections, for what must wait for nothing else.
    Raises `InvalidSetting` for a connection string that is none; it never shows the string, which holds a password.
    """
    if not settings.uri:
        raise InvalidSetting("mongo-uri", "", "a MongoDB connection string (MongoURI is required)")
    try:
        return MongoClient(settings.uri, **_options(settings), **(_APART if apart else {}))
    except (PyMongoError, ValueError, OSError) as error:
        what = f"a MongoDB connection string with usable options ({type(error).__name__})"
        raise InvalidSetting("mongo-uri", "(not shown)", what) from None


def _options(settings: MongoSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "connect": False,
        "appname": "the0-actors",
        "retryReads": True,
        "retryWrites": True,
        "serverSelectionTimeoutMS": int(settings.deadline * 1000),
        "connectTimeoutMS": int(settings.deadline * 1000),
        "timeoutMS": int(settings.deadline * 1000),
        "heartbeatFrequencyMS": int(settings.heartbeat * 1000),
        **_write_concern(settings.uri),
    }
    if settings.username:
        options |= {"username": settings.username, "password": settings.password, "authSource": settings.auth_source}
    if settings.tls_ca_file is not None:
        options |= {"tls": True, "tlsCAFile": str(settings.tls_ca_file)}
    if settings.tls_certificate_key_file is not None:
        options |= {"tls": True, "tlsCertificateKeyFile": str(settings.tls_certificate_key_file)}
    return options


def _write_concern(uri: str) -> dict[str, Any]:
    """Return what every write waits for, less what the connection string says itself.

    By default what a majority of the servers has in its journal: an event whose write was acknowledged is acknowledged
    to its stream, and nobody sends it again.
    """
    said = {name.lower() for name, _ in parse_qsl(uri.partition("?")[2], keep_blank_values=True)}
    wanted: dict[str, Any] = {} if "w" in said else {"w": "majority"}
    return wanted if said & {"journal", "j"} else {**wanted, "journal": True}
