"""Whether all that happens on the engine is told. One watcher writes it; anybody may read it, from any thread."""


class Following:
    """The watch of the engine's events, as far as others go by it.

    It does not see a connection that is dead and silent: for that, a watch has a limit of silence, and listings are
    made whether or not something was told.
    """

    __slots__ = ("watch",)

    def __init__(self) -> None:
        self.watch: int | None = None
        """The number of the watch that is open, once a listing was made that began after it opened; else None."""

    def holds(self) -> bool:
        """Tell whether what nobody told of is not there."""
        return self.watch is not None
