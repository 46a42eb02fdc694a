"""Fixtures that any test may ask for: real parts, made when first needed."""

pytest_plugins = ["tests.parts.mongo"]
