"""What is said before a start of what bots will reach."""

import os

import pytest

from the0_actors.adapters.docker.egress import hindrance
from the0_actors.supervisors.egress import hindrance_to_guard
from the0_actors.supervisors.settings_reader import read_settings

HOME = {"HOME": "/home/me"}


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"--mode": "process"}, ""),
        ({"--bot-egress": "open", "--docker-host": "tcp://elsewhere:2375"}, ""),
        (
            {"--docker-network": "mine", "--docker-host": "unix:///var/run/docker.sock"},
            "the rules are for networks of our own, and --docker-network names another",
        ),
        (
            {"--docker-host": "tcp://elsewhere:2375"},
            "the Docker Engine is not reached through a socket of this host",
        ),
    ],
)
def test_a_reason_is_given_where_the_operator_expects_a_guard(flags: dict[str, str], reason: str) -> None:
    assert hindrance_to_guard(read_settings(flags, HOME, "run")) == reason


def test_it_takes_root_and_a_firewall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert hindrance(local=True) == "this is not root"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    assert hindrance(local=True) == "iptables is not installed"
