"""Fixtures of the launch tests."""

import shutil
from pathlib import Path

import pytest
from tests.parts.bots import Rig, rig
from tests.parts.waiting import missing

__all__ = ["rig"]


@pytest.fixture(params=["dash", "busybox"])
def shell(request: pytest.FixtureRequest, rig: Rig, tmp_path: Path) -> str:
    """Run a test under both shells that are in the images; busybox brings its own tools too."""
    name = str(request.param)
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed")
    rig.shell = (found, "sh") if name == "busybox" else (found,)
    if name == "busybox":
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in ("find", "tar", "sh", "head", "mkdir", "ln", "chmod", "mv", "rm"):
            (tools / tool).symlink_to(found)
        rig.tools = str(tools)
    return name
