"""Adapter: the S3 object store."""
