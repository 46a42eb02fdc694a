"""One schedule's world."""

import pytest
from tests.actors.schedule.driver import World


@pytest.fixture
def world() -> World:
    return World()
