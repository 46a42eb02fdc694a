"""The vocabulary of failures.

Each class says who raises it and what the catcher does. Adapters translate what their client library raises
into one of these; nothing else crosses a port. What is not one of these is a bug of ours: it crashes the actor
and its supervisor restarts it.
"""


class The0ActorsError(Exception):
    """Root of all errors that this package raises on purpose."""


class Unavailable(The0ActorsError):
    """Raised by an adapter that got no usable answer: unreachable, timed out, overloaded, or a 5xx.

    The outcome of the call is unknown. The catcher concludes nothing, looks again, and retries later.
    """

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part} is unavailable: {reason}")
        self.part = part
        """Which dependency: `docker`, `mongodb`, `nats`, `objects`."""
        self.reason = reason
        """One line for an operator, without secrets."""


class OtherDatabase(Unavailable):
    """Raised by a store whose database is not the one it knew: emptied under us, or another installation's.

    What was answered before the look at the marker means nothing. The catcher concludes nothing, says so, and asks
    again: the old database may be restored.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("mongodb", reason)


class Refused(The0ActorsError):
    """Raised by an adapter whose service answered and said no. Nothing was done.

    The catcher shows the reason and retries with backoff, since the cause may go away (a full disk, a bad limit).
    """


class Gone(The0ActorsError):
    """Raised by an engine call on a container that does not exist (any more). The catcher looks again."""


class NameTaken(The0ActorsError):
    """Raised by `Engine.create` when a container of that name exists. The catcher looks at it."""


class CodeMissing(The0ActorsError):
    """Raised by `Engine.create` when the code it should start from is not in the engine. Prepare again."""


class NotActive(The0ActorsError):
    """Raised by a fence, and to who commands, when this runtime may not or cannot act now. Nothing was done."""


class Undecided(The0ActorsError):
    """Raised at the start while it is not known whose containers there are. Nothing was made and nothing is started.

    The catcher shows the reason, which says what an operator can do, and asks again.
    """


class Unlaunchable(The0ActorsError):
    """Raised by preparation for what cannot heal by itself. The catcher parks the bot with the reason.

    Examples: a hostile archive, an unknown runtime, a missing entry point, a configuration that is too large.
    """


class MalformedDocument(The0ActorsError):
    """Raised by the document parser. The catcher quarantines this one document and stops nobody."""


class InvalidSchedule(MalformedDocument):
    """Raised by the reader of cron expressions and time zones, with what to write instead. Parks one schedule."""


class InvalidSetting(The0ActorsError):
    """Raised while settings are read. The catcher prints it and exits with the usage code."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name}: {value!r} is not valid; expected {allowed}")
        self.name = name
        """The flag or environment variable."""
        self.allowed = allowed
        """The allowed range, in words."""


class PortInUse(The0ActorsError):
    """Raised when an address to listen on, or the data folder of this host, is taken. Another choice is needed."""
