"""The version of the runtime, shown by `the0-actors version` and in every status document."""

__version__ = "0.1.0"
