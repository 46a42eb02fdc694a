"""How to reach NATS and how patient to be. Plain values; the caller reads flags and variables.

Does not hold what is fixed by the platform (subjects, queue group): that is `actors.domain.wire`.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from the0_actors.actors.domain.wire import BOTS, Family
from the0_actors.actors.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """One NATS system and our place in it. Durations are seconds."""

    url: str = field(repr=False)
    """One server or several, separated by commas; user and password may stand in it."""
    installation: str = ""
    """Names the durable consumer, so that each installation has its own. Only the feed needs it."""
    given_up: tuple[str, ...] = ()
    """Installations that ours took the place of: their consumers are removed."""
    family: Family = BOTS
    """Whose events the feed brings."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    tls_ca: Path | None = None
    """A PEM bundle to trust; None means the system's."""
    tls_cert: Path | None = None
    """A PEM client certificate, for servers that ask for one."""
    tls_key: Path | None = None
    connect_timeout: float = 5.0
    request_timeout: float = 5.0
    """Deadline of one JetStream API request."""
    ping_interval: float = 10.0
    """A server that is silent for three of these is taken for gone."""
    reconnect_first: float = 0.25
    """Upper bound of the first wait before a reconnect; it doubles with each failure. Full jitter."""
    reconnect_most: float = 10.0
    """Upper bound of every later wait. There is no last try."""
    look_every: float = 30.0
    """How often a stream is looked for while there is none."""
    idle: float = 5.0
    """How long one pull waits for a message; after an empty one the consumer is looked at."""
    ack_wait: float = 8.0
    """Silence of ours after which the server delivers again; a message in work is prolonged four times as often."""
    retry_first: float = 0.5
    """Wait before an event whose write failed is delivered again; it doubles with each failure."""
    retry_most: float = 15.0
    stuck: float = 120.0
    """A consumer that holds messages and delivers none for this long is made anew. Above the longest wait of a retry
    and the longest work on one message, five times `ack_wait`."""

    @property
    def servers(self) -> list[str]:
        """The single addresses. Raises `InvalidSetting` when there is none."""
        servers = [server.strip() for server in self.url.split(",") if server.strip()]
        if not servers:
            raise InvalidSetting("NATS_URL", self.url, "one address or several, like nats://host:4222")
        return servers

    @property
    def durable(self) -> str:
        """Name of this installation's consumer. Raises `InvalidSetting` for a name that NATS would not take."""
        return self._durable_of(self.installation)

    @property
    def dead(self) -> tuple[str, ...]:
        """Names of the consumers of installations that were given up. Raises `InvalidSetting` likewise."""
        return tuple(map(self._durable_of, self.given_up))

    def _durable_of(self, installation: str) -> str:
        if not installation.isascii() or not installation.replace("-", "").replace("_", "").isalnum():
            raise InvalidSetting("installation", installation, "letters, digits, - and _")
        kind = "" if self.family is BOTS else "-schedules"
        return f"the0-actors-{installation}{kind}"

    @property
    def wants_tls(self) -> bool:
        """TLS was asked for, by file or by address; then nothing is said to a server without it."""
        files = self.tls_ca or self.tls_cert
        return bool(files) or any(server.startswith(("tls://", "wss://")) for server in self.servers)

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context, or None when no file is named (then `tls://` trusts the system's authorities)."""
        if self.tls_ca is None and self.tls_cert is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls_ca)
            if self.tls_cert is not None:
                context.load_cert_chain(self.tls_cert, self.tls_key)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(path) for path in (self.tls_ca, self.tls_cert, self.tls_key) if path)
            raise InvalidSetting("NATS TLS", files, f"readable PEM files ({error})") from error
        return context
