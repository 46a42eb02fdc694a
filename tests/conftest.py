"""Fixtures that any test may ask for: real parts, made when first needed."""

pytest_plugins = [
    "tests.parts.docker",
    "tests.parts.mongo",
    "tests.parts.nats",
    "tests.parts.s3",
    "tests.parts.platform",
    "tests.parts.runtimes",
]
