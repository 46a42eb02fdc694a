"""The code bucket, over S3.

Answers are told apart by HTTP status, never by the server's words: stores that speak S3 differ in those. 404 is
"nothing there", for a missing key and a missing bucket alike; all else that is no success is no answer at all.
"""

import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from the0_actors.actors.errors import InvalidSetting, Refused, Unavailable, Unlaunchable
from the0_actors.actors.ports.objects import ObjectVersion
from the0_actors.adapters.objects.settings import S3Settings

CONTENT_TYPE = "application/zip"

_CHUNK = 64 * 1024

_NOT_FOUND = 404

_NO_ANSWER = (MinioException, HTTPError, OSError, ET.ParseError)
"""What the client raises for an error answer, for none, and for one that is not S3."""


class S3Objects:
    """`CodeObjects` over a store that speaks S3. May be used from several threads."""

    def __init__(self, settings: S3Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Raise `InvalidSetting` for an endpoint or bucket that cannot be right. Nothing is sent yet."""
        self._settings = settings
        self._monotonic = monotonic
        self._bucket = settings.bucket
        host, secure = settings.address
        try:
            self._client = Minio(
                host,
                settings.access_key,
                settings.secret_key,
                secure=secure,
                region=settings.region,
                http_client=_pool(settings),
            )
        except ValueError as error:
            raise InvalidSetting("MINIO_ENDPOINT", settings.endpoint, f"host:port ({error})") from error

    def stat(self, key: str) -> ObjectVersion | None:
        """Return what is behind the key, or None. Raises `Unavailable`; `Unlaunchable` for a key that cannot be one."""
        with translated(key):
            try:
                found = self._client.stat_object(self._bucket, key)
            except MinioException as error:
                if _status(error) == _NOT_FOUND:
                    return None
                raise
            return ObjectVersion(etag=found.etag or "", size=found.size or 0)

    def fetch(self, key: str, into: Path, limit: int) -> ObjectVersion | None:
        """Write the object to a file. On any error there is no file.

        Raises `Unlaunchable` above `limit` bytes, `Unavailable` when it did not come whole and in time.
        """
        with translated(key):
            try:
                response = self._client.get_object(self._bucket, key)
            except MinioException as error:
                if _status(error) == _NOT_FOUND:
                    return None
                raise
            try:
                size = self._save(response, into, limit)
            except BaseException:
                into.unlink(missing_ok=True)
                response.close()  # not drained: this connection cannot be used again
                raise
            finally:
                response.release_conn()
            return ObjectVersion(etag=response.headers.get("etag", "").strip('"'), size=size)

    def put(self, key: str, source: Path) -> ObjectVersion:
        """Store an archive. Raises `Refused` when the store said no, `Unavailable`."""
        with translated(key, refusable=True):
            self.ensure_bucket()
            result = self._client.fput_object(self._bucket, key, str(source), content_type=CONTENT_TYPE)
            return ObjectVersion(etag=(result.etag or "").strip('"'), size=source.stat().st_size)

    def ping(self) -> None:
        """Raise `Unavailable` unless the store answers with these credentials; `Refused` when there is no bucket."""
        with translated(self._bucket):
            found = self._client.bucket_exists(self._bucket)
        if not found:
            raise Refused(f"there is no bucket {self._bucket!r}; the platform makes it, and so does the first `deploy`")

    def ensure_bucket(self) -> None:
        """Have the bucket. Raises `Refused`, `Unavailable`."""
        with translated(self._bucket, refusable=True):
            if not self._client.bucket_exists(self._bucket):
                self._make_bucket()

    def _save(self, response: urllib3.BaseHTTPResponse, into: Path, limit: int) -> int:
        announced = response.headers.get("content-length")
        if announced is not None and int(announced) > limit:
            raise Unlaunchable(f"the code archive has {announced} bytes; at most {limit} are accepted")
        until = self._monotonic() + self._settings.transfer_timeout
        size = 0
        with into.open("wb") as file:
            for chunk in response.stream(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise Unlaunchable(f"the code archive has more than {limit} bytes")
                if self._monotonic() > until:
                    raise Unavailable("objects", f"no whole object within {self._settings.transfer_timeout:g} s")
                file.write(chunk)
        if announced is not None and size != int(announced):
            raise Unavailable("objects", f"{size} of {announced} bytes came")
        return size

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error:
            # Somebody else may have made it in between; if not, this says why.
            if not self._client.bucket_exists(self._bucket):
                raise


def _pool(settings: S3Settings) -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout),
        maxsize=10,
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(settings.ca) if settings.ca is not None else None,
        retries=urllib3.Retry(total=2, redirect=0, backoff_factor=0.1, status_forcelist=(502, 503, 504)),
    )


@contextmanager
def translated(key: str, *, refusable: bool = False) -> Generator[None, None, None]:
    """Run client calls. Raises `Unavailable`, `Unlaunchable` for what is no key, `Refused` where the caller can be."""
    try:
        yield
    except _NO_ANSWER as error:
        status = _status(error)
        reason = f"{_say(error)} ({key})"
        if refusable and status is not None and 400 <= status < 500:  # noqa: PLR2004
            raise Refused(f"objects: {reason}") from error
        raise Unavailable("objects", reason) from error
    except ValueError as error:
        # Raised before anything is sent, for an empty key or one with `.` and `..` in it.
        raise Unlaunchable(f"not an object key: {key!r}") from error


def _status(error: Exception) -> int | None:
    """Return the HTTP status behind an error of the client, or None when there was no answer."""
    if isinstance(error, S3Error):
        return int(error.response.status)
    if isinstance(error, ServerError):
        return error.status_code
    if isinstance(error, InvalidResponseError):
        return int(error.args[0].partition("Response code: ")[2].partition(",")[0])
    return None


def _say(error: Exception) -> str:
    """Put an error into one line, without the body of an answer, which may be anything."""
    if isinstance(error, S3Error):
        return f"{error.response.status} {error.code}"
    status = _status(error)
    if status is not None:
        return f"status {status}"
    if isinstance(error, urllib3.exceptions.MaxRetryError):
        error = error.reason or error  # its own words are those of the reason, and the address twice
    return " ".join(str(error).split()) or type(error).__name__
