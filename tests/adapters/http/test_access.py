"""Who may ask for what, by peer and by the name that is asked."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from the0_actors.adapters.http.access import Access
from the0_actors.adapters.http.request import Request, is_whole, read_request

OPEN = Access(("10.1.0.0/16", "fd00::/8"), ("bot-runner",))


def asked(host: str | None, peer: str = "127.0.0.1", here: str = "127.0.0.1") -> Request:
    header = "" if host is None else f"Host: {host}\r\n"
    return read_request(f"GET /status HTTP/1.1\r\n{header}\r\n".encode(), peer, here)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        (None, True),
        ("localhost:8080", True),
        ("LOCALHOST", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("10.1.2.3:8080", True),  # the address that is asked
        ("10.1.2.4", False),
        ("bot-runner:8080", True),
        ("Bot-Runner", True),
        ("bot-runner.evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example", False),
        ("", False),
        ("[", False),
        ("127.0.0.1.evil.example", False),
    ],
)
def test_names_of_this_host(host: str | None, *, named: bool) -> None:
    request = asked(host, here="10.1.2.3")
    assert OPEN.named(request) is named


@pytest.mark.parametrize(
    ("peer", "sees", "local"),
    [
        ("127.0.0.1", True, True),
        ("127.8.8.8", True, True),
        ("::1", True, True),
        ("::ffff:127.0.0.1", True, True),
        ("10.1.9.9", True, False),
        ("::ffff:10.1.9.9", True, False),
        ("fd00::5", True, False),
        ("10.2.0.1", False, False),
        ("172.17.0.2", False, False),
        ("fe80::1%eth0", False, False),
    ],
)
def test_peers(peer: str, *, sees: bool, local: bool) -> None:
    request = asked("localhost", peer)
    assert OPEN.sees_status(request) is sees
    assert OPEN.local(request) is local
    assert Access().sees_status(request) is local


def test_an_absolute_target_names_the_host_too() -> None:
    request = read_request(b"GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\n\r\n", "127.0.0.1", "::1")
    assert request.path == ("status",)
    assert not OPEN.named(request)


def test_two_hosts_are_none() -> None:
    with pytest.raises(ValueError, match="more than one Host"):
        read_request(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", "127.0.0.1", "::1")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_value_error(head: bytes) -> None:
    with suppress(ValueError):
        request = read_request(head + b"\r\n\r\n", "192.0.2.1", "192.0.2.2")
        assert request.path
        assert not OPEN.local(request)


@given(st.binary(max_size=50), st.integers(1, 20), st.sampled_from([b"\r\n\r\n", b"\n\n"]))
def test_the_end_of_a_head_is_found_however_it_is_cut(head: bytes, size: int, end: bytes) -> None:
    whole = b"x" + head.replace(b"\n", b"") + end
    seen = b""
    for at in range(0, len(whole), size):
        part = whole[at : at + size]
        seen += part
        assert is_whole(seen, len(part)) is (seen == whole)
