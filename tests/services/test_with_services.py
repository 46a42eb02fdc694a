"""The command that runs tests with a Docker Engine of their own, in network namespaces without any other engine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.parts.waiting import missing, until
from tests.with_services import how_to_get_them

from the0_actors.adapters.embedded.processes import running_with

ROOT = Path(__file__).parents[2]
RUN = (
    "import sys; from pathlib import Path; from tests.with_services import main; "
    "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"
)
FOREIGN = """
iptables -N DOCKER-ISOLATION-STAGE-1
iptables -A DOCKER-ISOLATION-STAGE-1 -i strange ! -o strange -j RETURN
iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
iptables -A FORWARD -i strange -j ACCEPT
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder whose path is short enough for the sockets of an engine."""
    needed = ("dockerd", "busybox", "debootstrap", "ip", "unshare", "iptables")
    if os.geteuid() != 0 or not all(shutil.which(name) for name in needed):
        missing(f"no root, or not all of {', '.join(needed)}")
    with tempfile.TemporaryDirectory(prefix="svc", dir="/tmp") as folder:
        yield Path(folder)
        assert not (Path(folder) / "engines").exists()
        assert not _engines(Path(folder))


def _engines(place: Path) -> list[int]:
    return [each.pid for number in range(8) for each in running_with("--data-root", f"{place}/engines/{number}/data")]


def _alone(place: Path, script: str, *, docker_host: str = "") -> subprocess.Popen[bytes]:
    """Run a script in a network of its own; `with_services` in it is what is tested."""
    environment = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
    environment |= {"DOCKER_HOST": docker_host} if docker_host else {}
    helper = f'with_services() {{ "{sys.executable}" -c "{RUN}" {place}/engines "$@"; }}\n'
    lines = f"set -eu\ncd {ROOT}\nip link set lo up\nF={place}\nexport F\n{helper}{script}"
    return subprocess.Popen(["unshare", "--net", "sh", "-c", lines], env=environment)


def _ends_well(process: subprocess.Popen[bytes]) -> None:
    assert process.wait(90) == 0


def _firewall(saved: Path) -> list[str]:
    """Return the rules, and the chains that are not there by nature."""
    return [line for line in saved.read_text().splitlines() if line.startswith(("-A", ":DOCKER"))]


@pytest.mark.docker
@pytest.mark.parametrize("foreign", ["", FOREIGN])
def test_an_engine_is_there_for_the_command_and_no_trace_of_it_after(place: Path, foreign: str) -> None:
    command = "docker network create one; iptables-save > $F/during; ip -oneline link > $F/links; exit 3"
    script = f"{foreign}iptables-save > $F/before; code=0; with_services sh -c '{command}' || code=$?; [ $code = 3 ]\n"
    _ends_well(_alone(place, script + "iptables-save > $F/after; ip -oneline link > $F/left; cat $F/left"))
    assert "br-" in (place / "links").read_text()
    assert "br-" not in (place / "left").read_text()
    assert "the0-tests" not in (place / "left").read_text()
    assert set(_firewall(place / "before")) < set(_firewall(place / "during"))
    assert _firewall(place / "after") == _firewall(place / "before")


@pytest.mark.docker
def test_two_runs_at_a_time_do_not_meet(place: Path) -> None:
    wait = "docker network create net; echo $DOCKER_HOST > $F/$0; iptables-save > $F/rules; read _ < $F/gate-$0"
    script = f"mkfifo $F/gate-a $F/gate-b\nwith_services sh -c '{wait}' a & with_services sh -c '{wait}' b & wait\n"
    process = _alone(place, f"{script}iptables-save > $F/after")
    until(lambda: all((place / name).exists() and (place / name).read_text() for name in "ab"), "both are up", 60)
    assert (place / "a").read_text() != (place / "b").read_text()
    until(lambda: len({word for word in (place / "rules").read_text().split() if word.startswith("br-")}) == 2, "both")
    for name in "ab":
        (place / f"gate-{name}").write_text("\n")
    _ends_well(process)
    assert _firewall(place / "after") == []


@pytest.mark.docker
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_the_engine(place: Path, number: int) -> None:
    process = _alone(place, "exec_it='touch $F/up; read _ < $F/gate'; mkfifo $F/gate; with_services sh -c \"$exec_it\"")
    until((place / "up").exists, "it is up", 60)
    (tool,) = running_with("-c", RUN)
    os.kill(tool.pid, number)
    assert process.wait(60) == 128 + number


@pytest.mark.docker
def test_what_a_killed_run_left_is_cleared_by_the_next(place: Path) -> None:
    first = "with_services sh -c 'docker network create net; kill -9 $PPID; exit 0' || true\niptables-save > $F/left\n"
    _ends_well(_alone(place, f"{first}with_services true\niptables-save > $F/after; ip -oneline link > $F/links"))
    assert _firewall(place / "left") != []
    assert _firewall(place / "after") == []
    assert "br-" not in (place / "links").read_text()


@pytest.mark.docker
def test_an_engine_that_is_named_is_used(place: Path) -> None:
    _ends_well(
        _alone(place, '[ "$(with_services printenv DOCKER_HOST)" = unix:///named ]', docker_host="unix:///named")
    )


def test_the_last_line_says_how_many_tests_were_left_out(tmp_path: Path) -> None:
    module = tmp_path / "test_some.py"
    module.write_text(
        "import pytest\nfrom tests.parts.waiting import missing\n"
        "def test_whole(): pass\ndef test_part(): missing('no part')\n"
        "def test_other(): pytest.skip('for another reason')\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    pytest_once = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "setup.cfg", str(module)]
    command = [sys.executable, "-m", "tests.with_services", *pytest_once, "--rootdir", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, env={**environment, "DOCKER_HOST": "unix:///named"}, capture_output=True,
                         text=True, timeout=60, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("1 test was left out, since what it needs is not here: `")


@pytest.mark.parametrize(
    ("user", "hindrance", "told"),
    [
        (0, None, "`env -u DOCKER_HOST make test` brings it"),
        (1000, "only root can install packages", "`sudo make test` brings it"),
        (0, "dockerd: did not come up", "`make test` as root on Debian or Ubuntu brings it (dockerd: did not come up)"),
    ],
)
def test_what_is_left_out_can_be_had_by_one_command(
    monkeypatch: pytest.MonkeyPatch, user: int, hindrance: str | None, told: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)

    def there(name: str) -> str:
        return f"/usr/bin/{name}"

    monkeypatch.setattr(shutil, "which", there)
    assert how_to_get_them(hindrance) == told
