"""Images: looked for, and pulled only when absent, once for all who ask at the same time.

One that was seen is believed to be there until the engine says otherwise: `forget` is told so by who made the call.
"""

from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus

import structlog
from docker import auth
from docker.utils import parse_repository_tag
from requests import Response

from the0_actors.actors.errors import Gone, Refused, Unavailable
from the0_actors.adapters.docker.connection import Connection, documents
from the0_actors.adapters.docker.failures import PART, one_line, translated
from the0_actors.adapters.docker.flight import Flights
from the0_actors.adapters.docker.options import Timeouts

_log = structlog.get_logger(__name__)


class Images:
    """The images of one engine."""

    def __init__(self, connection: Connection, timeouts: Timeouts, now: Callable[[], float]) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._now = now
        self._flights = Flights()
        self._seen: set[str] = set()

    def ensure(self, image: str) -> None:
        """Have an image. Raises `Refused` when there is none of that name, `Unavailable` when nobody can tell."""
        if image not in self._seen:
            self._flights.run(image, lambda: self._pull_if_absent(image), self._timeouts.pull)

    def forget(self, image: str) -> None:
        """Look again before it is believed to be there."""
        self._seen.discard(image)

    def _present(self, image: str) -> bool:
        try:
            with translated(f"look for image {image}"):
                self._connection.quick.inspect_image(image)
        except Gone:
            return False
        return True

    def _pull_if_absent(self, image: str) -> None:
        if not self._present(image):
            self._pull(image)
        self._seen.add(image)

    def _pull(self, image: str) -> None:
        _log.info("image_pull", image=image)
        try:
            with translated(f"pull image {image}"), closing(self._request(image)) as answer:
                self._follow(image, answer)
        except Gone as error:
            raise Refused(f"image {image} does not exist: {error}") from error
        if not self._present(image):
            raise Unavailable(PART, f"image {image} is absent after its pull")

    def _request(self, image: str) -> Response:
        repository, tag = parse_repository_tag(image)
        registry, _ = auth.resolve_repository_name(repository)
        credentials = auth.get_config_header(self._connection.quick, registry)
        return self._connection.stream(
            "POST",
            "/images/create",
            silence=self._timeouts.pull_silence,
            params={"fromImage": repository, "tag": tag or "latest"},
            headers={"X-Registry-Auth": credentials} if credentials else {},
        )

    def _follow(self, image: str, answer: Response) -> None:
        """Read a pull's progress to its end; the request returns 200 before the outcome is known."""
        deadline = self._now() + self._timeouts.pull
        for news in documents(answer):
            if "error" in news:
                raise _failed(image, news)
            if self._now() > deadline:
                raise Unavailable(PART, f"pull of image {image} took longer than {self._timeouts.pull:.0f} s")


def _failed(image: str, news: dict[str, object]) -> Exception:
    words = one_line(f"pull image {image}: {news['error']}")
    detail = news.get("errorDetail")
    code = detail.get("code") if isinstance(detail, dict) else None
    return Refused(words) if code == HTTPStatus.NOT_FOUND else Unavailable(PART, words)
