"""Translation of what docker-py raises into the vocabulary of `actors/errors.py`.

The HTTP status decides, never the text: the engine words one failure in many ways. Where a status has two
meanings the caller looks at the container to find out which it was.
"""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException

from docker.errors import APIError, DockerException
from requests import RequestException
from urllib3.exceptions import HTTPError

from the0_actors.actors.errors import Gone, Refused, The0ActorsError, Unavailable

PART = "docker"
_LINE = 400

_NOTHING_FOLLOWS = (
    *(OSError, HTTPException, RequestException, HTTPError, DockerException),  # no answer
    *(ValueError, LookupError, TypeError),  # one that is no JSON, or not as documented
)


class Conflict(Refused):
    """The engine answered 409. A caller that knows a milder meaning catches it; to others it is a refusal."""


class EngineFault(Unavailable):
    """The engine answered 5xx. A caller that can look catches it; to others the outcome is unknown."""


@contextmanager
def translated(action: str) -> Generator[None, None, None]:
    """Run client calls. Raises `Gone` for 404, `Conflict`, `EngineFault`, `Refused` for other 4xx, `Unavailable`."""
    try:
        yield
    except APIError as error:
        raise _from_answer(action, error) from error
    except _NOTHING_FOLLOWS as error:
        raise Unavailable(PART, one_line(f"{action}: {error}")) from error


def one_line(text: object) -> str:
    """Return text as one line of bounded length."""
    return " ".join(str(text).split())[:_LINE]


def _from_answer(action: str, error: APIError) -> The0ActorsError:
    status = error.response.status_code if error.response is not None else 0
    words = one_line(f"{action}: {error.explanation or error}")
    if status == HTTPStatus.NOT_FOUND:
        return Gone(words)
    if status == HTTPStatus.CONFLICT:
        return Conflict(words)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return EngineFault(PART, words)
    if status in {0, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return Unavailable(PART, words)
    return Refused(words)
