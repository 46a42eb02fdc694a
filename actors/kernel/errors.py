"""What goes wrong inside the kernel. Each says who raises it and what the catcher does."""


class KernelError(Exception):
    """Root of the kernel's errors."""


class MailboxFull(KernelError):
    """Answers an `ask` to an actor whose mailbox is at its bound. The asker tries later, or drops the request."""


class HandlerExit(KernelError):
    """Stands in for a `BaseException` (`SystemExit`, …) that a handler raised: it fails this actor and no other."""


class TurnOver(Exception):
    """Raised by `Mailbox.get` to leave pykka's loop at the end of a turn. Never leaves the kernel."""
