"""Benchmarks: ratios against a baseline of the same run. Nothing here asserts a time; see `python -m tests.bench`."""
