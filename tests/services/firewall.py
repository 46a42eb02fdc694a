"""What a Docker Engine does to the host's firewall, and taking it back.

An engine makes chains whose names begin with `DOCKER`, jumps to them, may change what becomes of forwarded packets, and
empties some of those chains when it starts, whoever filled them. All of it is of one network namespace.
"""

import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROGRAMS = ("iptables", "ip6tables")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a table."""

    program: str
    table: str
    chain: str
    words: tuple[str, ...]
    """What stands behind the chain's name."""

    @property
    def engines(self) -> bool:
        """An engine keeps it: it is in one of its chains, or leads into one."""
        return any(word.startswith("DOCKER") for word in (self.chain, *self.words))


@dataclass(frozen=True, slots=True)
class Firewall:
    """How it was at one moment."""

    rules: tuple[Rule, ...]
    chains: tuple[tuple[str, str, str], ...]
    """Program, table and name of every chain that an engine made."""
    policies: tuple[tuple[str, str], ...]
    """For each program, what becomes of forwarded packets that no rule names."""
    forwarding: str
    """Whether the host forwards packets at all: `1` or `0`."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def read(document: dict[str, Any]) -> Firewall:
    """Return what `Firewall.document` gave."""
    lines: list[dict[str, Any]] = document["rules"]
    rules = tuple(Rule(line["program"], line["table"], line["chain"], tuple(line["words"])) for line in lines)
    pairs = {name: tuple(tuple(each) for each in document[name]) for name in ("chains", "policies")}
    return Firewall(rules, pairs["chains"], pairs["policies"], document["forwarding"])


def look() -> Firewall:
    """Return how it is now."""
    rules, chains, policies = [], [], []
    for program in PROGRAMS:
        table = ""
        for line in _saved(program):
            kind, rest = line[0], line[1:].split()
            if kind == "*":
                table = rest[0]
            elif kind == ":" and rest[0].startswith("DOCKER"):
                chains.append((program, table, rest[0]))
            elif kind == ":" and (table, rest[0]) == ("filter", "FORWARD"):
                policies.append((program, rest[1]))
            elif line.startswith("-A "):
                _, chain, *words = shlex.split(line)
                rules.append(Rule(program, table, chain, tuple(words)))
    return Firewall(tuple(rules), tuple(chains), tuple(policies), _FORWARDING.read_text().strip())


def put_back(before: Firewall) -> None:
    """Add what an engine that has just started took from the chains of others."""
    there = set(look().rules)
    for rule in reversed(before.rules):
        if rule.engines and rule not in there:
            _run(rule.program, rule.table, "-I", rule.chain, *rule.words)


def give_back(before: Firewall, bridges: frozenset[str]) -> None:
    """Remove what engines of the tests left. `bridges` are the interfaces that were theirs.

    While an engine runs here, it may be the one that a chain belongs to, so no chain is touched then.
    """
    for rule in look().rules:
        if bridges & set(rule.words):
            _run(rule.program, rule.table, "-D", rule.chain, *rule.words)
    if not _engine_runs():
        _become(before)


def _become(before: Firewall) -> None:
    now = look()
    for rule in (Counter(now.rules) - Counter(before.rules)).elements():
        if rule.engines:
            _run(rule.program, rule.table, "-D", rule.chain, *rule.words)
    for program, table, chain in now.chains:
        if (program, table, chain) not in before.chains:
            _run(program, table, "-X", chain)
    for program, policy in before.policies:
        if (program, policy) not in now.policies:
            _run(program, "filter", "-P", "FORWARD", policy)
    if now.forwarding != before.forwarding:
        _FORWARDING.write_text(before.forwarding)


def namespace(process: str = "self") -> str:
    """Return the name of a process's network namespace; empty when it has ended."""
    try:
        return str(Path(f"/proc/{process}/ns/net").readlink())
    except OSError:
        return ""


def _engine_runs() -> bool:
    return any(namespace(process) == namespace() for process in _processes("dockerd"))


def _processes(name: str) -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == name:
                yield folder.name
        except OSError:
            continue


def _saved(program: str) -> list[str]:
    """Return the lines of all tables; none where the program or the kernel's part for it is not there."""
    try:
        saved = subprocess.run([f"{program}-save"], capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        return []
    return [line for line in saved.stdout.splitlines() if line]


def _run(program: str, table: str, *words: str) -> None:
    """Change one table; what somebody else has removed meanwhile is no fault."""
    command = [program, "--wait", "--table", table, *words]
    subprocess.run(command, check=False, capture_output=True, timeout=30, env={**os.environ, "LC_ALL": "C"})
