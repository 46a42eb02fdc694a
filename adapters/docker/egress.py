"""What bots must not reach: the host's own addresses, and link-local ones, where clouds answer with credentials.

Packets from the bots' bridges pass two chains of ours, which reject what starts a connection to the host or to a
link-local address, DNS apart, and leave all else to the rules that follow. The chains are the same for every
installation of this host; what enters them is one jump for each bridge, and the next jump that is made takes those
away whose bridge is gone. Rules are set only where this process may: as root, with the engine on this host. That is
known before a start, and said then (`hindrance`); what fails all the same is logged here.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

FORWARDED: Final = "THE0-BOTS-OUT"
"""Chain for what bots send through the host."""
RECEIVED: Final = "THE0-BOTS-HOST"
"""Chain for what bots send to the host."""

_TOOLS: Final = ("iptables", "ip6tables")
_LINK_LOCAL: Final = {"iptables": ("169.254.0.0/16",), "ip6tables": ("fe80::/10", "fd00:ec2::254/128")}
_ANSWERS: Final = ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "RETURN")
_INTERFACES: Final = Path("/sys/class/net")
_PATIENCE: Final = 10


def hindrance(*, local: bool) -> str:
    """Return why no rules can be set here; empty when they can."""
    if not local:
        return "the Docker Engine is not reached through a socket of this host"
    if os.geteuid() != 0:
        return "this is not root"
    return "" if shutil.which("iptables") else "iptables is not installed"


def bridge_of(network_id: str) -> str:
    """Return the interface that the engine makes for a network."""
    return f"br-{network_id[:12]}"


class Egress:
    """The rules for one installation's bridges. Calls block; what fails is logged, once for each reason."""

    def __init__(self, *, local: bool, wanted: bool) -> None:
        self._local = local
        self._wanted = wanted
        self._told: set[str] = set()

    def guard(self, network_id: str) -> None:
        """Have the rules for a network. Idempotent; never raises, since bots are to run all the same."""
        bridge = bridge_of(network_id)
        if self._possible:
            if (_INTERFACES / bridge).exists():
                self._with_each_tool(_guard, bridge)
            else:
                self._tell(f"{bridge} is not an interface of this host")

    def release(self, network_id: str) -> None:
        """Take the rules of a network away, and the chains with the last of them. Idempotent; never raises."""
        if self._possible:
            self._with_each_tool(_release, bridge_of(network_id))

    @property
    def _possible(self) -> bool:
        return self._wanted and not hindrance(local=self._local)

    def _with_each_tool(self, act: Callable[[str, str], None], bridge: str) -> None:
        try:
            for tool in _TOOLS:
                if tool == _TOOLS[0] or _usable(tool):
                    act(tool, bridge)
        except (OSError, subprocess.SubprocessError) as error:
            self._tell(_words(error))

    def _tell(self, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            log.warning("egress_not_guarded", reason=reason)


def _guard(tool: str, bridge: str) -> None:
    # All at once, so that no chain is ever there by half.
    lines = [
        line
        for chain, rules in _chains(tool)
        for line in (f":{chain} -", *(f"-A {chain} {' '.join(one)}" for one in rules))
    ]
    _run(f"{tool}-restore", "--noflush", told="\n".join(("*filter", *lines, "COMMIT", "")))
    for parent, chain in _parents(tool):
        for gone in [one for one in _jumps(tool, parent, chain) if not (_INTERFACES / one).exists()]:
            _quietly(tool, "-D", parent, "-i", gone, "-j", chain)
        if not _quietly(tool, "-C", parent, "-i", bridge, "-j", chain):
            _run(tool, "-I", parent, "1", "-i", bridge, "-j", chain)


def _release(tool: str, bridge: str) -> None:
    for parent, chain in _parents(tool):
        left = 0
        for one in _jumps(tool, parent, chain):
            if one == bridge or not (_INTERFACES / one).exists():
                _quietly(tool, "-D", parent, "-i", one, "-j", chain)
            else:
                left += 1
        if not left:
            _quietly(tool, "-F", chain)
            _quietly(tool, "-X", chain)


def _chains(tool: str) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield each chain with its rules."""
    names = [("-p", protocol, "--dport", "53") for protocol in ("udp", "tcp")]
    lets_names = [(*one, "-j", "RETURN") for one in names]
    # Without its neighbours' addresses no host can be spoken to over IPv6.
    neighbours = [("-p", "ipv6-icmp", "-j", "RETURN")] if tool == "ip6tables" else []
    rejects = [("-d", place, "-j", "REJECT") for place in _LINK_LOCAL[tool]]
    yield FORWARDED, [_ANSWERS, *lets_names, *neighbours, *rejects]
    yield RECEIVED, [_ANSWERS, *lets_names, *neighbours, ("-j", "REJECT")]


def _parents(tool: str) -> tuple[tuple[str, str], ...]:
    """Return which chain of the system leads to which of ours. The engine keeps its own first for rules of others."""
    forward = "DOCKER-USER" if _quietly(tool, "-n", "-L", "DOCKER-USER") else "FORWARD"
    return (forward, FORWARDED), ("INPUT", RECEIVED)


def _jumps(tool: str, parent: str, chain: str) -> list[str]:
    """Return the bridges whose packets enter a chain of ours."""
    rows = [row.split() for row in _run(tool, "-S", parent).splitlines()]
    return [row[3] for row in rows if row[:1] == ["-A"] and row[2:3] == ["-i"] and row[4:] == ["-j", chain]]


def _usable(tool: str) -> bool:
    """Tell whether the host has that protocol at all."""
    return shutil.which(tool) is not None and _quietly(tool, "-n", "-L", "INPUT")


def _quietly(tool: str, *arguments: str) -> bool:
    try:
        _run(tool, *arguments)
    except subprocess.CalledProcessError:
        return False
    return True


def _run(tool: str, *arguments: str, told: str = "") -> str:
    command = [shutil.which(tool) or tool, "-w", str(_PATIENCE), *arguments]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=True, timeout=2 * _PATIENCE)  # noqa: S603
    return done.stdout


def _words(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    return " ".join(f"{error} {said or ''}".split())[:400]
