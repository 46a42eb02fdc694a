"""Adapter: plain child processes, for a first look."""
