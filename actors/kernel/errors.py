"""What goes wrong inside the kernel. Each says who raises it and what the catcher does."""


class KernelError(Exception):
    """Root of the kernel's errors."""


class MailboxFull(KernelError):
    """Answers an `ask` to an actor whose mailbox is at its bound. The asker tries later, or drops the request."""


class HandlerExit(KernelError):
    """Stands in for a `BaseException` (`SystemExit`, …) of a handler or of a lane's call: it fails that one alone."""


class NotFresh(KernelError):
    """Raised by `ActorSystem.spawn` for an actor that has lived before. Its factory must make a new one each time."""


class AlreadyLive(KernelError):
    """Raised by `ActorSystem.spawn` when an incarnation still lives behind the handle. Wait for its end."""


class Unbound(KernelError):
    """Raised when an actor is started that belongs to no system. Use `ActorSystem.spawn` or a class bound to one."""


class WouldWaitForEver(KernelError):
    """Raised by `Future.get` in a turn of a simulation: nothing else runs meanwhile, so the answer cannot come."""


class LaneClosed(KernelError):
    """The error of a job that a lane did not begin because it was closed."""


class TurnOver(Exception):
    """Raised by `Mailbox.get` to leave pykka's loop at the end of a turn. Never leaves the kernel."""
