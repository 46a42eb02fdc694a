"""Adapter: MongoDB."""
