"""Pykka's own way on the pool: `MyActor.start()`, references, proxies, `ActorRegistry`, for classes bound to a system.

    class Pooled(PykkaActor, system=system): ...

    class Greeter(Pooled):
        def on_receive(self, message): ...

    Greeter.start().ask("hello")

A class is bound where it is made and hands that on to its subclasses; there is no default system. As in pykka, nobody
supervises such an actor, an exception in answering an `ask` goes to the asker alone, and pykka's logger tells of
failures and of messages that nobody handles. Unlike in pykka, a `SystemExit` fails its actor and stops no other.
"""

import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import pykka

from the0_actors.actors.kernel.actor import Actor, End

if TYPE_CHECKING:
    from the0_actors.actors.kernel.system import ActorSystem


class PykkaActor(Actor):
    """Base of a class bound to a system by the class keyword `system`."""

    ask_crashes = False
    bound_to: "ClassVar[ActorSystem | None]" = None
    """The system its instances are started in."""

    def __init_subclass__(cls, system: "ActorSystem | None" = None, **kwargs: Any) -> None:
        """Bind the class; without `system`, to what its base is bound to."""
        super().__init_subclass__(**kwargs)
        if system is not None:
            cls.bound_to = system

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()
        self.actor_urn = uuid.uuid4().urn

    def _start_actor_loop(self) -> None:
        if not hasattr(self, "handle") and self.bound_to is not None:
            handle = self.bound_to.handle(self.actor_urn)
            self.bind(self.bound_to, handle, self._over, None)
            handle.attach(self)
        super()._start_actor_loop()

    def on_receive(self, message: Any) -> Any:
        """Handle an ordinary message. Here: pykka's warning that nobody handles it."""
        return pykka.Actor.on_receive(self, message)

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super()._handle_failure(exception_type, exception_value, traceback)
        pykka.Actor._handle_failure(self, exception_type, exception_value, traceback)  # noqa: SLF001 - for its log line

    def _over(self, end: End) -> None:  # noqa: ARG002 - pykka has no place for it
        self.system.forget(self.handle)
