"""Servers that ask who we are, and over TLS."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.nats.conftest import Feeds, Heard, Servers, event
from tests.parts.nats import SUBJECTS
from tests.parts.processes import free_port
from tests.parts.waiting import until

from the0_actors.actors.errors import InvalidSetting
from the0_actors.adapters.nats.feed import NatsFeed
from the0_actors.adapters.nats.settings import NatsSettings

pytestmark = pytest.mark.nats


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, a server's and a client's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca = [str(folder / "ca.key"), str(folder / "ca.pem")]
    openssl("req", "-x509", *key, "-keyout", ca[0], "-out", ca[1], "-days", "2", "-subj", "/CN=test authority")
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for name in ("server", "client"):
        files = {end: str(folder / f"{name}.{end}") for end in ("key", "csr", "pem")}
        openssl("req", *key, "-keyout", files["key"], "-out", files["csr"], "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", files["csr"], "-CA", ca[1], "-CAkey", ca[0], "-CAcreateserial",
                "-out", files["pem"], "-days", "2", "-extfile", str(extensions))  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("arguments", "url", "settings"),
    [
        (("--user", "u", "--pass", "p"), "nats://127.0.0.1:{}", {"user": "u", "password": "p"}),
        (("--user", "u", "--pass", "p"), "nats://u:p@127.0.0.1:{}", {}),
        (("--auth", "s3cr3t"), "nats://127.0.0.1:{}", {"token": "s3cr3t"}),
    ],
)
def test_credentials(
    tmp_path: Path,
    servers: Servers,
    feeds: Feeds,
    heard: Heard,
    arguments: tuple[str, ...],
    url: str,
    settings: dict[str, str],
) -> None:
    server = servers(tmp_path, *arguments)
    feeds.open(url.format(server.port), heard, **settings)  # type: ignore[arg-type]
    heard.await_core()
    server.run(lambda client: client.publish(*event("created", "a")), **(settings or {"user": "u", "password": "p"}))
    heard.await_ids("a")


def test_wrong_credentials_are_said_without_telling_them(
    tmp_path: Path, servers: Servers, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, "--user", "u", "--pass", "p")
    feeds.open(f"nats://u:wr0ng@127.0.0.1:{server.port}", heard)
    until(lambda: "Authorization" in heard.state.note, f"refusal, is {heard.states}")
    assert not any("wr0ng" in state.note for state in heard.states)


def over_tls(certificates: Path, *arguments: str) -> tuple[str, ...]:
    return (
        "--tls", "--tlscert", str(certificates / "server.pem"), "--tlskey", str(certificates / "server.key"),
        *arguments,
    )  # fmt: skip


def test_tls_with_an_authority_of_ones_own(
    tmp_path: Path, servers: Servers, certificates: Path, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, *over_tls(certificates))
    feeds.open(f"tls://127.0.0.1:{server.port}", heard, tls_ca=certificates / "ca.pem")
    heard.await_core()


def test_tls_with_a_stranger_is_refused(
    tmp_path: Path, servers: Servers, certificates: Path, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, *over_tls(certificates))
    feeds.open(f"tls://127.0.0.1:{server.port}", heard)
    until(lambda: "certificate" in heard.state.note, f"refusal, is {heard.states}")


def test_tls_with_a_client_certificate(
    tmp_path: Path, servers: Servers, certificates: Path, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, *over_tls(certificates, "--tlsverify", "--tlscacert", str(certificates / "ca.pem")))
    files: dict[str, Any] = {"tls_ca": certificates / "ca.pem", "tls_cert": certificates / "client.pem"}
    feeds.open(f"tls://127.0.0.1:{server.port}", heard, tls_key=certificates / "client.key", **files)
    heard.await_core()


def test_a_server_without_tls_gets_no_password_when_tls_was_asked_for(
    tmp_path: Path, servers: Servers, certificates: Path, feeds: Feeds, heard: Heard
) -> None:
    server = servers(tmp_path, "--user", "u", "--pass", "p")
    feeds.open(f"tls://u:p@127.0.0.1:{server.port}", heard, tls_ca=certificates / "ca.pem")
    until(lambda: "TLS" in heard.state.note, f"refusal, is {heard.states}")
    assert not any(state.connected for state in heard.states)


def test_a_tls_file_that_is_none_is_an_error_at_once(tmp_path: Path) -> None:
    import random

    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(InvalidSetting, match="NATS TLS"):
        NatsFeed(NatsSettings(f"tls://127.0.0.1:{free_port()}", "a", tls_ca=tmp_path / "ca.pem"), random.Random(1))


def test_settings_do_not_show_secrets() -> None:
    shown = repr(NatsSettings("nats://u:s3cr3t@host", "a", password="s3cr3t", token="s3cr3t"))
    assert "s3cr3t" not in shown


@pytest.mark.parametrize("allowed", [True, False])
def test_a_server_that_allows_single_subjects_alone(
    tmp_path: Path, servers: Servers, feeds: Feeds, heard: Heard, *, allowed: bool
) -> None:
    subjects = ["_INBOX.>", *(SUBJECTS[:3] if allowed else [])]
    permissions = f"{{ publish: '>', subscribe: {subjects} }}"
    users = f"[{{user: u, password: p, permissions: {permissions}}}, {{user: api, password: p}}]"
    (tmp_path / "nats.conf").write_text(f"authorization {{ users: {users} }}\n")
    server = servers(tmp_path, "-c", str(tmp_path / "nats.conf"))
    feeds.open(server.url, heard, user="u", password="p")
    if allowed:
        heard.await_core()
        server.run(lambda client: client.publish(*event("created", "a")), user="api", password="p")
        heard.await_ids("a")
    else:
        until(lambda: "permissions violation" in heard.state.note, f"refusal, is {heard.states}")
        assert not any(state.connected for state in heard.states)
