"""An actor runtime that keeps trading bots running."""

from the0_actors.version import __version__

__all__ = ["__version__"]
