"""How to reach the object store. Plain values; the caller reads the variables."""

from dataclasses import dataclass, field
from pathlib import Path

from the0_actors.actors.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class S3Settings:
    """One bucket of one store. Durations are seconds."""

    endpoint: str
    """`host:port`, as in `MINIO_ENDPOINT`; a scheme before it is accepted and then decides about TLS."""
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str = "custom-bots"
    secure: bool = False
    ca: Path | None = None
    """A PEM bundle to trust; None means the client's own."""
    region: str | None = None
    """None asks the store where the bucket is."""
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    """Longest silence of the store within an answer."""
    transfer_timeout: float = 300.0
    """Deadline of a whole fetch."""

    @property
    def address(self) -> tuple[str, bool]:
        """Host with port, and whether to use TLS. Raises `InvalidSetting`."""
        scheme, found, rest = self.endpoint.rpartition("://")
        host = rest.rstrip("/")
        if (found and scheme not in {"http", "https"}) or not host or any(sign in host for sign in "/@ ?#"):
            raise InvalidSetting("MINIO_ENDPOINT", self.endpoint, "host:port")
        return host, scheme == "https" if found else self.secure
