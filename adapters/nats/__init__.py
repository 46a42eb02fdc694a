"""Adapter: NATS."""
