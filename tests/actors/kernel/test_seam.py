"""The contract with pykka: every name of it that the kernel overrides or touches, with its signature.

When one of these fails after an upgrade, read `actors/kernel/seam.py`, `actor.py` and `future.py` before anything else.
"""

import inspect
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pykka
import pykka.messages
import pytest
from pykka import _actor, _envelope, _ref  # pyright: ignore[reportPrivateUsage]

from the0_actors.actors.kernel.actor import Actor
from the0_actors.actors.kernel.errors import TurnOver
from the0_actors.actors.kernel.mailbox import Mailbox

KERNEL = Path(inspect.getfile(Actor)).parent

HOOKS = {
    "_create_actor_inbox": (),
    "_create_future": (),
    "_start_actor_loop": ("self",),
    "_actor_loop_setup": ("self",),
    "_actor_loop_running": ("self",),
    "_handle_receive": ("self", "message"),
    "_handle_failure": ("self", "exception_type", "exception_value", "traceback"),
    "_stop": ("self",),
    "on_start": ("self",),
    "on_stop": ("self",),
    "on_receive": ("self", "message"),
    "on_failure": ("self", "exception_type", "exception_value", "traceback"),
}
FUTURE = {
    "get": ("self", "timeout"),
    "set": ("self", "value"),
    "set_exception": ("self", "exc_info"),
    "set_get_hook": ("self", "func"),
    "__await__": ("self",),
}


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def test_the_version_is_one_that_was_looked_at() -> None:
    major, minor = (int(part) for part in version("pykka").split(".")[:2])
    assert (major, minor) >= (4, 3)
    assert major < 5


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_there_with_its_parameters(name: str) -> None:
    assert parameters(getattr(pykka.Actor, name)) == HOOKS[name]


@pytest.mark.parametrize("name", ["_create_actor_inbox", "_create_future"])
def test_the_makers_are_static(name: str) -> None:
    assert isinstance(inspect.getattr_static(pykka.Actor, name), staticmethod)


@pytest.mark.parametrize("name", FUTURE)
def test_each_method_of_a_future_is_there_with_its_parameters(name: str) -> None:
    assert parameters(getattr(pykka.Future, name)) == FUTURE[name]
    assert {"_get_hook", "_get_hook_result"} <= vars(pykka.Future()).keys()


def test_the_private_names_are_where_the_seam_looks() -> None:
    assert parameters(_envelope.Envelope.__init__) == ("self", "message", "reply_to")
    assert {name for name in dir(_actor.ActorInbox) if not name.startswith("_")} >= {"put", "get", "empty"}
    assert issubclass(pykka.messages._ActorStop, tuple)  # pyright: ignore[reportPrivateUsage]
    assert "actor_inbox.put" in inspect.getsource(_ref.ActorRef.tell)


def test_the_inbox_is_asked_outside_the_try_so_that_an_exception_leaves_the_loop() -> None:
    class Ending(Actor):
        @staticmethod
        def _create_actor_inbox() -> Mailbox:
            return Over()

    class Over(Mailbox):
        def get(self) -> Any:
            raise TurnOver

    with pytest.raises(TurnOver):
        pykka.Actor._actor_loop_running(Ending())  # pyright: ignore[reportPrivateUsage]


def test_the_loop_looks_at_the_stop_flag_before_each_message() -> None:
    actor = Actor()
    actor.actor_stopped.set()
    pykka.Actor._actor_loop_running(actor)  # pyright: ignore[reportPrivateUsage]


def test_only_the_seam_touches_private_names_of_pykka() -> None:
    private = re.compile(r"from pykka\._|import pykka\._|_ActorStop")
    folders = [KERNEL, KERNEL.parents[1] / "supervisors"]
    guilty = {path.name for folder in folders for path in folder.glob("*.py") if private.search(path.read_text())}
    assert guilty == {"seam.py"}
