"""Fixtures of the launch tests."""

from tests.parts.bots import rig

__all__ = ["rig"]
