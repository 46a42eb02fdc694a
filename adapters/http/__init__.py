"""Adapter: health and status over HTTP."""
