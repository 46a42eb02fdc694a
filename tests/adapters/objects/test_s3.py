"""The code bucket on a real S3 server, and answers that no good server gives, from a bad one."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.parts.s3 import S3

from the0_actors.actors.errors import InvalidSetting, Refused, Unavailable, Unlaunchable
from the0_actors.adapters.objects.s3 import S3Objects
from the0_actors.adapters.objects.settings import S3Settings

KEY = "user1/sma/1.2.0"


def objects(s3: S3, bucket: str = "custom-bots", **settings: object) -> S3Objects:
    return S3Objects(replace(s3.settings, bucket=bucket, **settings))  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    source = tmp_path / "code.zip"
    source.write_bytes(bytes(range(256)) * 400)
    return source


@pytest.mark.s3
def test_cod_01_what_was_put_is_fetched(s3: S3, archive: Path, tmp_path: Path) -> None:
    store = objects(s3, "fresh-bucket")
    stored = store.put(KEY, archive)
    assert stored.size == archive.stat().st_size
    assert store.stat(KEY) == stored
    into = tmp_path / "fetched"
    assert store.fetch(KEY, into, limit=stored.size) == stored
    assert into.read_bytes() == archive.read_bytes()


@pytest.mark.s3
def test_another_content_is_another_version(s3: S3, archive: Path) -> None:
    store = objects(s3)
    first = store.put(KEY, archive)
    archive.write_bytes(b"other")
    assert store.put(KEY, archive) != first
    assert store.stat(KEY) != first


@pytest.mark.s3
def test_cod_02_p67_a_missing_key_and_a_missing_bucket_are_nothing_there(s3: S3, archive: Path, tmp_path: Path) -> None:
    objects(s3).put(KEY, archive)
    for store in (objects(s3), objects(s3, "no-such-bucket")):
        assert store.stat("no/such/key") is None
        assert store.fetch("no/such/key", tmp_path / "x", 10) is None
    assert not (tmp_path / "x").exists()


@pytest.mark.s3
def test_an_object_over_the_limit_is_unlaunchable_and_leaves_no_file(s3: S3, archive: Path, tmp_path: Path) -> None:
    store = objects(s3)
    store.put(KEY, archive)
    with pytest.raises(Unlaunchable, match="bytes"):
        store.fetch(KEY, tmp_path / "x", archive.stat().st_size - 1)
    assert not (tmp_path / "x").exists()


@pytest.mark.s3
def test_wrong_keys_are_unavailable_and_a_put_is_refused(s3: S3, archive: Path) -> None:
    store = objects(s3, secret_key="wrong-secret")
    with pytest.raises(Unavailable, match="403"):
        store.ping()
    with pytest.raises(Unavailable, match="403"):
        store.stat(KEY)
    with pytest.raises(Refused, match="403"):
        store.put(KEY, archive)


@pytest.mark.s3
def test_a_store_that_cannot_write_the_file_says_so(s3: S3, archive: Path, tmp_path: Path) -> None:
    store = objects(s3)
    store.put(KEY, archive)
    with pytest.raises(Unavailable, match="No such file"):
        store.fetch(KEY, tmp_path / "no" / "such" / "folder", 10**9)


@pytest.mark.s3
def test_a_missing_bucket_is_named_until_it_is_made(s3: S3) -> None:
    store = objects(s3, "not-made-yet")
    with pytest.raises(Refused, match="no bucket 'not-made-yet'"):
        store.ping()
    store.ensure_bucket()
    store.ping()


@pytest.mark.s3
def test_a_whole_transfer_has_a_deadline(s3: S3, archive: Path, tmp_path: Path) -> None:
    objects(s3).put(KEY, archive)
    ticks = iter(range(0, 10**6, 400))
    store = S3Objects(s3.settings, monotonic=lambda: float(next(ticks)))
    with pytest.raises(Unavailable, match="300 s"):
        store.fetch(KEY, tmp_path / "x", 10**9)


@pytest.mark.s3
@pytest.mark.parametrize("key", ["", "../x", "a/./b"])
def test_a_key_that_cannot_be_one_is_unlaunchable(s3: S3, key: str) -> None:
    with pytest.raises(Unlaunchable, match="object key"):
        objects(s3).stat(key)


def test_nobody_there_is_unavailable() -> None:
    store = S3Objects(S3Settings("127.0.0.1:1", "a", "b"))
    with pytest.raises(Unavailable, match="refused"):
        store.stat(KEY)


@pytest.mark.parametrize("endpoint", ["", "ftp://host", "host/path", "user:secret@host", "ho st:1", "host:x"])
def test_an_endpoint_that_is_none_is_an_error_at_once(endpoint: str) -> None:
    with pytest.raises(InvalidSetting, match="MINIO_ENDPOINT"):
        S3Objects(S3Settings(endpoint, "a", "b"))


@pytest.mark.parametrize(
    ("endpoint", "secure", "address"),
    [
        ("minio:9000", False, ("minio:9000", False)),
        ("minio:9000", True, ("minio:9000", True)),
        ("http://minio:9000/", True, ("minio:9000", False)),
        ("https://minio", False, ("minio", True)),
    ],
)
def test_a_scheme_decides_about_tls(endpoint: str, secure: bool, address: tuple[str, bool]) -> None:
    assert S3Settings(endpoint, "a", "b", secure=secure).address == address


def test_settings_do_not_show_the_secret() -> None:
    assert "s3cr3t" not in repr(S3Settings("host", "a", "s3cr3t"))


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Generator[S3Objects, None, None]:
    """A store that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_PUT = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings = S3Settings(f"127.0.0.1:{server.server_port}", "a", "b", region="us-east-1", read_timeout=2.0)
        yield S3Objects(settings)
        server.shutdown()
        thread.join()


XML = {"content-type": "application/xml"}


def error_body(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>m</Message><Resource>/</Resource></Error>".encode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (XML, error_body("NoSuchKey")),
        (XML, error_body("NotFound")),
        (XML, error_body("NoSuchBucket")),
        ({"content-type": "text/plain"}, b"not found"),
        ({}, b""),
    ],
)
def test_p67_404_is_nothing_there_in_whatever_words(headers: dict[str, str], body: bytes, tmp_path: Path) -> None:
    with answering(404, headers, body) as store:
        assert store.stat(KEY) is None
        assert store.fetch(KEY, tmp_path / "x", 10) is None


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (403, XML, error_body("NoSuchKey")),
        (403, {}, b""),
        (400, XML, b"<not xml"),
        (500, {"content-type": "text/html"}, b"<html>secret page</html>"),
        (503, XML, error_body("SlowDown")),
        (301, {"location": "http://127.0.0.1:1/"}, b""),
    ],
)
def test_p67_anything_else_is_no_answer(status: int, headers: dict[str, str], body: bytes, tmp_path: Path) -> None:
    with answering(status, headers, body) as store:
        with pytest.raises(Unavailable):
            store.stat(KEY)
        with pytest.raises(Unavailable) as raised:
            store.fetch(KEY, tmp_path / "x", 10)
        assert "secret page" not in str(raised.value)


def test_a_truncated_object_is_unavailable_and_leaves_no_file(tmp_path: Path) -> None:
    headers = {"content-length": "100", "etag": '"e"', "connection": "close"}
    with answering(200, headers, b"short") as store, pytest.raises(Unavailable):
        store.fetch(KEY, tmp_path / "x", 1000)
    assert not (tmp_path / "x").exists()
