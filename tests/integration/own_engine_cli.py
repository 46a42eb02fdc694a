"""The command line of these tests, whose own engine leaves the firewall of the tests' other engine alone."""

import sys
from functools import partial
from pathlib import Path
from typing import cast

from tests.parts.docker import SHELL_IMAGE

from the0_actors.adapters.embedded import docker_engine
from the0_actors.bin.main import cli
from the0_actors.supervisors import groundwork

_start = partial(docker_engine.start, arguments=("--iptables=false", "--ip-forward=false"))


def start(folder: Path, _: object = ()) -> docker_engine.DockerHost:
    """Start it with arguments of ours."""
    return _start(folder)


if __name__ == "__main__":
    cast("dict[str, object]", vars(docker_engine))["start"] = start
    cast("dict[str, object]", vars(groundwork))["IMAGES"] = {"python3.11": SHELL_IMAGE}
    cli(sys.argv[1:], prog_name="the0-actors")
