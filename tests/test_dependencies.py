"""The libraries that we stand on: bounded, few, and each met in one place, so that an update is a small matter."""

import ast
import configparser
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLIENTS = {"docker": "docker", "pymongo": "mongo", "bson": "mongo", "nats": "nats", "minio": "objects"}
"""Client library to the one adapter that meets it."""


def required() -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup["options"]["install_requires"].split("\n")[1:]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]
            case _:
                pass


@pytest.mark.parametrize("requirement", required())
def test_p68_a_library_that_we_always_need_has_a_lower_bound_and_what_is_installed_keeps_it(requirement: str) -> None:
    found = re.fullmatch(r"([\w-]+)>=([\d.]+)(,<\d+)?", requirement)
    assert found is not None, "a lower bound, and perhaps the next major as the upper one"
    installed = [int(part) for part in re.findall(r"\d+", version(found[1]))]
    assert installed >= [int(part) for part in found[2].split(".")]
    assert found[3] is None or installed < [int(found[3].removeprefix(",<"))]


@pytest.mark.parametrize("client", CLIENTS)
def test_p68_a_client_library_breaks_below_the_next_major_only_and_in_one_adapter(client: str) -> None:
    bounds = {requirement.partition(">")[0].partition("-")[0]: requirement for requirement in required()}
    assert "<" in bounds["pymongo" if client == "bson" else client]
    folders = ("actors", "adapters", "supervisors", "bin")
    places = {path for folder in folders for path in (ROOT / folder).rglob("*.py") if client in imported(path)}
    assert {path.parent for path in places} == {ROOT / "adapters" / CLIENTS[client]}
