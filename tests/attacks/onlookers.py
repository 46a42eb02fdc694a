"""What a hostile bot tries and only an onlooker can judge: what became of host, neighbour, log and disk."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.actors.code import zips
from tests.attacks.attempts import HELD
from tests.attacks.stage import Stage
from tests.parts.waiting import until

from the0_actors.actors.code.archive import DEFAULT_LIMITS, open_package
from the0_actors.actors.domain.kept import Level, judge
from the0_actors.actors.domain.launch import Kind
from the0_actors.actors.domain.observed import Status
from the0_actors.actors.errors import Refused, Unlaunchable

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Onlooker:
    """One line of the page."""

    name: str
    wall: str
    watch: Callable[[Stage], bool]
    """Let it happen; tell whether it was held."""
    outcome: str = HELD


def _memory(stage: Stage) -> bool:
    found = stage.end(
        stage.start("hog", "block = []\nwhile True: block.append(bytearray(1 << 20))", memory_bytes=64 * MIB)
    )
    return found.exit is not None and (found.exit.oom or found.exit.code == 137)


def _state(stage: Stage, program: str) -> bool:
    stage.end(stage.start("hoarder", program))
    (kept,) = stage.engine.kept(frozenset({"hoarder"}))
    return judge(kept, MIB)[0] is Level.TOO_MUCH


def _state_bytes(stage: Stage) -> bool:
    return _state(stage, "print(fill('/state/full', 4 << 20))")


def _state_files(stage: Stage) -> bool:
    return _state(stage, "os.mkdir('/state/many')\nfor n in range(600): open(f'/state/many/{n}', 'w').close()")


def _inotify(stage: Stage) -> bool:
    greedy = "while libc.inotify_init() != -1: pass\nprint('all taken', flush=True)\nimport time; time.sleep(60)"
    first = stage.start("greedy", f"resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n{greedy}")
    until(lambda: "all taken" in stage.output(first), "one bot takes all instances")
    return stage.says("modest", "says(libc.inotify_init() != -1)") == HELD


def _neighbour(stage: Stage) -> bool:
    neighbour = stage.start("neighbour", "print('up', flush=True)\nimport time; time.sleep(60)")
    until(lambda: "up" in stage.output(neighbour), "the neighbour runs")
    stage.end(stage.start("killer", "os.kill(-1, 9)\nimport time; time.sleep(0.2)"))
    found = stage.engine.look(neighbour)
    return found is not None and found.status is Status.RUNNING


def _flood(stage: Stage) -> bool:
    flood = stage.start("loud", "for _ in range(6000): print('x' * 1000)")
    stage.end(flood)
    return len(stage.output(flood)) <= 2 * MIB + 65536


def _result(stage: Stage, program: str) -> bool:
    container_id = stage.start("run", program, kind=Kind.SCHEDULED)
    stage.end(container_id)
    try:
        found = stage.engine.handed_out(container_id, "result.json", MIB)
    except Refused:
        found = None
    (kept,) = stage.engine.kept(frozenset({"run"}))
    return kept.size < 16 * MIB and (found is None or b"root" not in found)


def _result_link(stage: Stage) -> bool:
    return _result(stage, "os.symlink('/etc/passwd', '/bot/result.json')")


def _result_endless(stage: Stage) -> bool:
    return _result(stage, "os.symlink('/dev/zero', '/bot/result.json')")


def _result_pipe(stage: Stage) -> bool:
    return _result(stage, "os.mkfifo('/bot/result.json')")


def _refused(path: Path) -> bool:
    try:
        with open_package(path, replace(DEFAULT_LIMITS)):
            return False
    except Unlaunchable:
        return True


def _bomb(stage: Stage) -> bool:
    return _refused(zips.honest(stage.folder / "bomb.zip", {"main.py": "pass", "zeros": b"\0" * (300 * MIB)}))


def _link(stage: Stage) -> bool:
    return _refused(
        zips.entries(stage.folder / "link.zip", [("main.py", "pass", zips.REGULAR), ("out", "/etc", 0o120777)])
    )


def _names(stage: Stage) -> bool:
    names = ("../out", "/etc/out", "a\\b", "a/../../out", "a\nb")
    archives = [
        zips.entries(stage.folder / f"{number}.zip", [("main.py", "pass", zips.REGULAR), (name, "x", zips.REGULAR)])
        for number, name in enumerate(names)
    ]
    return all(_refused(archive) for archive in archives)


def _other_bot(stage: Stage) -> bool:
    listening = stage.start(
        "listening", "with socket.create_server(('', 4000)) as s:\n    print('up', flush=True)\n    s.accept()"
    )
    until(lambda: "up" in stage.output(listening), "it listens")
    return stage.cannot_reach(stage.address(listening), 4000)


def _loopback(stage: Stage) -> bool:
    with stage.listener("127.0.0.1") as port:
        return stage.cannot_reach(stage.gateway(), port)


def _host(stage: Stage) -> bool:
    with stage.listener("0.0.0.0") as port:
        return stage.cannot_reach(stage.gateway(), port)


def _metadata(stage: Stage) -> bool:
    with stage.listener("169.254.169.254") as port:
        return stage.cannot_reach("169.254.169.254", port)


ONLOOKERS = (
    Onlooker("a memory bomb", "`memory_limit`: the bot is killed, and the reason says so", _memory),
    Onlooker(
        "filling `/state`", "measured once a minute; at twice `state_limit` it is stopped and parked", _state_bytes
    ),
    Onlooker("inodes of `/state`", "the same, one file for each 8 KiB of `state_limit`", _state_files),
    Onlooker("all inotify instances of its user", "a user per bot: the next bot has its own", _inotify),
    Onlooker("signals to everybody (`kill -1`)", "a process namespace of its own", _neighbour),
    Onlooker("a flood of output", "rotated logs: three of 10 MB", _flood),
    Onlooker("`result.json` as a link to a file outside", "the launcher hands out regular files only", _result_link),
    Onlooker("`result.json` as a link to `/dev/zero`", "the same", _result_endless),
    Onlooker("`result.json` as a pipe", "the same", _result_pipe),
    Onlooker("an archive that is a bomb", "bounds on what it unpacks to, checked before", _bomb),
    Onlooker("links in an archive", "regular files only", _link),
    Onlooker("names in an archive that lead out", "checked before anything is unpacked", _names),
    Onlooker("another bot over the network", "no traffic between containers", _other_bot),
    Onlooker(
        "what listens on the host's loopback (embedded MongoDB, NATS, S3; our own port)",
        "a network of its own",
        _loopback,
    ),
    Onlooker(
        "what listens on all of the host's addresses",
        "rules of the host's firewall (`--bot-egress`); DNS is let through",
        _host,
    ),
    Onlooker("the cloud's metadata (169.254.169.254)", "the same", _metadata),
)
