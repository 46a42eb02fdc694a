"""The only module that touches pykka's private names.

`tests/actors/kernel/test_seam.py` fails loudly when one of them disappears.
"""

from pykka._actor import ActorInbox
from pykka._envelope import Envelope
from pykka.messages import _ActorStop  # pyright: ignore[reportPrivateUsage]


def is_stop(message: object) -> bool:
    """Tell whether this is what `ActorRef.stop` sends."""
    return isinstance(message, _ActorStop)


__all__ = ["ActorInbox", "Envelope", "is_stop"]
