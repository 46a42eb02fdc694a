"""The first user of a database of our own. Used by the embedded default alone; a platform's database has its users."""

import pymongo
from pymongo.errors import PyMongoError

from the0_actors.actors.errors import Unavailable

_TIMEOUT = 10.0
"""Seconds that the server may take."""


def make_user(uri: str, name: str, password: str) -> None:
    """Make a user with all rights in a database that asks for none yet. Raises `Unavailable`."""
    try:
        with pymongo.timeout(_TIMEOUT), pymongo.MongoClient[dict[str, object]](uri) as client:
            client.admin.command("createUser", name, pwd=password, roles=[{"role": "root", "db": "admin"}])
    except PyMongoError as error:
        raise Unavailable("mongodb", f"the first user could not be made: {type(error).__name__}") from error
