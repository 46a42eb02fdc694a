"""Runs as a program of its own: ties its life to its parent's, then becomes the command it was given.

Arguments: the parent's process id, then the command. Linux sends KILL when the parent's thread that started us ends,
so that a SIGKILL of the runtime leaves nothing behind. KILL and not TERM, since a server may hang in an orderly end
and nobody would be left to insist. It imports nothing of ours: it must start in milliseconds.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, make sure that the parent did not end before that, and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    os.execv(command[0], command)  # noqa: S606  # that is what it is for


if __name__ == "__main__":
    main()
