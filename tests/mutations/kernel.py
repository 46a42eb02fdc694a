"""Bugs in the kernel and the supervisors."""

from tests.mutations.mutation import Mutation

_MAILBOX = "actors/kernel/mailbox.py"
_LANES = "actors/kernel/lanes.py"
_FUTURE = "actors/kernel/future.py"
_DISPATCHER = "actors/kernel/dispatcher.py"
_SUPERVISOR = "supervisors/supervisor.py"
_KERNEL_TESTS = ("tests/actors/kernel", "tests/supervisors")
_SUPERVISOR_TESTS = ("tests/supervisors", "tests/actors/kernel")

MUTATIONS = (
    Mutation(
        "put without its lock",
        _MAILBOX,
        "        with self._lock:\n            closed = self._closed\n",
        "        if True:\n            closed = self._closed\n",
        _KERNEL_TESTS,
    ),
    Mutation(
        "no second look before a mailbox goes to rest",
        _MAILBOX,
        "            if self._user or self._urgent:\n                return True\n            self._user",
        "            self._user",
        _KERNEL_TESTS,
    ),
    Mutation(
        "system messages wait behind the others",
        _MAILBOX,
        "if isinstance(message, SystemMessage):",
        "if isinstance(message, SystemMessage) and not message:",
        _KERNEL_TESTS,
    ),
    Mutation(
        "the bound of a mailbox does not hold",
        _MAILBOX,
        "if len(self._user) >= self.capacity else None",
        "if len(self._user) < 0 else None",
        _KERNEL_TESTS,
    ),
    Mutation(
        "a coalesced key is never free again",
        _MAILBOX,
        "                if self._keys is not None:\n                    self._forget_key(envelope)\n",
        "",
        _KERNEL_TESTS,
    ),
    Mutation(
        "a turn takes all that waits",
        _MAILBOX,
        "            self._budget -= 1\n",
        "",
        _KERNEL_TESTS,
    ),
    Mutation(
        "an ask that waits at the end is not answered",
        _MAILBOX,
        '            else:\n                self._refuse(envelope, "stopped")\n',
        "",
        _KERNEL_TESTS,
    ),
    Mutation(
        "a late reply is lost",
        _LANES,
        "        self.done = True\n",
        "        self.done = True\n        if self.overdue:\n            return\n",
        ("tests/actors/kernel/test_lanes.py",),
    ),
    Mutation(
        "two calls of one key at once",
        _LANES,
        "        queue.append(job)\n        return False",
        "        return True",
        ("tests/actors/kernel/test_lanes.py",),
    ),
    Mutation(
        "an ask holds its worker and nobody takes its place",
        _FUTURE,
        "            worker.blocked()\n",
        "            pass\n",
        _KERNEL_TESTS,
    ),
    Mutation(
        "a stuck turn has no substitute",
        _DISPATCHER,
        "                worker.stuck = True\n                self._away += 1\n                self._fill_place()\n",
        "                pass\n",
        _KERNEL_TESTS,
    ),
    Mutation(
        "no cap on spare workers",
        _DISPATCHER,
        "if len(self._workers) - self._target < self._spare and self._add_spare():",
        "if self._add_spare():",
        _KERNEL_TESTS,
    ),
    Mutation(
        "the window of restarts is ignored",
        _SUPERVISOR,
        "if not self._window.add(now):",
        "if self._window.add(now) is None:",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "a normal end is restarted",
        _SUPERVISOR,
        "if not child.spec.restart.wants(failed=end.failed):",
        "if child.spec.restart is None:",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "news of an earlier run count",
        _SUPERVISOR,
        "return child if child is not None and child.run == message.run else None",
        "return child",
        (*_SUPERVISOR_TESTS, "tests/simulation"),
    ),
    Mutation(
        "children are stopped in the order of their start",
        _SUPERVISOR,
        "for child in reversed(self._children.values()):",
        "for child in list(self._children.values()):",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "rest_for_one takes those before",
        _SUPERVISOR,
        "return everyone[everyone.index(child) + 1 :]",
        "return everyone[: everyone.index(child)]",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "a child over its stop budget is waited for",
        _SUPERVISOR,
        "                child.actor.give_up(reason)\n",
        "                pass\n",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "the backoff never starts again at its first",
        _SUPERVISOR,
        "            child.failures = 0\n",
        "            pass\n",
        _SUPERVISOR_TESTS,
    ),
    Mutation(
        "what a lane brings to nobody stays open",
        "actors/kernel/dead_letters.py",
        "                message.dispose()\n",
        "                pass\n",
        ("tests/actors/kernel/test_lanes.py",),
    ),
)
