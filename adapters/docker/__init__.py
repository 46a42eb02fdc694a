"""Adapter: the Docker Engine."""
