"""Makes the S3 server's fixture known here."""

from tests.parts.s3 import s3

__all__ = ["s3"]
