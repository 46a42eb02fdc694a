"""The command line as it is started from a checkout, but for the image of Python bots, which is the tests' own."""

import sys
from typing import cast

from tests.parts.docker import SHELL_IMAGE

from the0_actors.bin.main import cli
from the0_actors.supervisors import groundwork

if __name__ == "__main__":
    cast("dict[str, object]", vars(groundwork))["IMAGES"] = {"python3.11": SHELL_IMAGE}
    cli(sys.argv[1:], prog_name="the0-actors")
