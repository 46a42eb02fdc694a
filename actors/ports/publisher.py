"""Port: publishing the platform's own events, for `deploy` and `undeploy`."""

from typing import Protocol


class EventPublisher(Protocol):
    """A connection to NATS that speaks as the platform's API does. Calls block; all raise `Unavailable`."""

    def publish(self, subject: str, payload: bytes) -> bool:
        """Publish one event; return once the server has it, and whether a stream keeps it for who listens later."""
        ...

    def ping(self) -> None:
        """Raise `Unavailable` unless the server answers with these credentials."""
        ...
