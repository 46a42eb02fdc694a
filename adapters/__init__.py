"""The outside world: each folder implements ports of `actors` with one client library."""
