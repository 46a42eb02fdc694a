"""What a hostile bot tries from inside its container: each a program that says `held` or `open` itself.

Those that only an onlooker can judge (what is left of the host, of the neighbour, of the log) are in `onlookers`.
"""

from dataclasses import dataclass

HELD, OPEN = "held", "open"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the page."""

    name: str
    wall: str
    """What stands in the way, in words."""
    program: str
    """Python; a function `main` is put around it. Prints the outcome last."""
    outcome: str = HELD


PRELUDE = '''
import ctypes, os, resource, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def says(held):
    print("held" if held else "open", flush=True)
def refused(call, *arguments):
    """Tell whether it fails: by an error, or by -1 as a system call does."""
    try:
        return call(*arguments) == -1
    except OSError:
        return True
def writes(path):
    with open(path, "w") as file:
        file.write("x")
def fill(path, most):
    """Write until it fails; return the bytes that were taken."""
    taken = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while taken < most:
                taken += file.write(b"x" * 65536)
    except OSError:
        pass
    return taken
'''

INSIDE = (
    Attempt(
        "a bomb of processes or threads",
        "`pids_limit`: 512 of both",
        "started, over = 0, threading.Event()\ntry:\n    while started < 2000:\n"
        "        threading.Thread(target=over.wait, daemon=True).start()\n        started += 1\n"
        "except RuntimeError:\n    pass\nsays(started < 512)\nover.set()",
    ),
    Attempt("filling `/tmp`", "a tmpfs of 64 MiB", "says(fill('/tmp/full', 1 << 28) <= 64 << 20)"),
    Attempt("filling `/bot`", "a tmpfs of 256 MiB", "says(fill('/bot/full', 1 << 29) <= 256 << 20)"),
    Attempt(
        "writing anywhere else",
        "a read-only root; the code's volume is read-only",
        "places = ['/x', '/etc/x', '/usr/bin/x', '/var/x', '/code/files/x', '/code/complete', '/proc/x']\n"
        "says(all(refused(writes, place) for place in places))",
    ),
    Attempt(
        "the kernel's switches in `/proc` and `/sys`",
        "read-only mounts, masked files, no capability",
        "places = ['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname',\n"
        "          '/proc/sys/vm/overcommit_memory', '/sys/kernel/uevent_helper', '/proc/1/oom_score_adj']\n"
        "says(all(refused(writes, place) for place in places[:-1]))",
    ),
    Attempt(
        "reading another bot's state",
        "nothing of the host is mounted but the bot's own volumes",
        "mounts = [line.split()[4] for line in open('/proc/self/mountinfo')]\n"
        "says(mounts.count('/state') == 1 and refused(os.listdir, '/var/lib/docker'))",
    ),
    Attempt(
        "the Docker Engine's socket",
        "it is not mounted",
        "paths = ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock']\n"
        "says(not any(os.path.exists(path) for path in paths))",
    ),
    Attempt(
        "becoming root", "no capability, `no-new-privileges`", "says(refused(os.setuid, 0) and refused(os.setgid, 0))"
    ),
    Attempt(
        "a setuid program",
        "`no-new-privileges`; `nosuid` on all that can be written to",
        "status = open('/proc/self/status').read()\n"
        "options = [line.split()[5] for line in open('/proc/self/mountinfo') if line.split()[4] in ('/bot', '/tmp')]\n"
        "says('NoNewPrivs:\\t1' in status and all('nosuid' in one for one in options))",
    ),
    Attempt("mounting", "no capability; seccomp", "says(refused(libc.mount, b'none', b'/tmp', b'tmpfs', 0, None))"),
    Attempt("a new user namespace (`unshare`)", "seccomp", "says(refused(libc.unshare, 0x10000000))"),
    Attempt("the kernel's keyrings (`keyctl`)", "seccomp", "says(refused(libc.syscall, 250, 0, -3, 1))"),
    Attempt(
        "`bpf` and `perf_event_open`",
        "seccomp",
        "says(refused(libc.syscall, 321, 0, 0, 0) and refused(libc.syscall, 298, 0, 0, -1, -1, 0))",
    ),
    Attempt(
        "loading a kernel module, rebooting",
        "no capability; seccomp",
        "says(refused(libc.syscall, 175, 0, 0, b'') and refused(libc.reboot, 0x1234567))",
    ),
    Attempt(
        "setting the clock",
        "no capability; seccomp",
        "says(refused(libc.settimeofday, ctypes.byref((ctypes.c_long * 2)(0, 0)), None))",
    ),
    Attempt(
        "raw sockets",
        "no capability",
        "says(refused(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)"
        " and refused(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1))",
    ),
    Attempt(
        "tracing a process of another (`ptrace`)",
        "a process namespace of its own: there is none to be seen",
        "mine, seen = os.getuid(), [pid for pid in os.listdir('/proc') if pid.isdecimal()]\n"
        "says(all(os.stat(f'/proc/{pid}').st_uid == mine for pid in seen))",
    ),
    Attempt(
        "raising its own limits",
        "no capability",
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "try:\n    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))\n    says(False)\n"
        "except (ValueError, OSError):\n    says(True)",
    ),
    Attempt(
        "killing the launcher",
        "it is the first process of its namespace, which takes no KILL from inside",
        "os.kill(1, 9)\nimport time; time.sleep(0.2)\nsays(os.path.exists('/proc/1/stat'))",
    ),
)
