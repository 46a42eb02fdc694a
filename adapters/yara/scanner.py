"""Scans bots' code with YARA rules: own ones or the operator's.

A second line of defence. It does not unpack archives inside archives, and of very large files it sees the begin.
"""

import importlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog

from the0_actors.actors.domain.code import CodePackage
from the0_actors.actors.errors import InvalidSetting, Unavailable
from the0_actors.actors.ports.scanner import Finding

FILE_LIMIT = 32 * 1024 * 1024
"""Bytes of one file that are scanned."""

TIMEOUT = 60
"""Seconds that one file may take."""

log = structlog.get_logger(__name__)


class YaraScanner:
    """Port `Scanner` over compiled rules. Thread-safe."""

    def __init__(self, yara: Any, rules: Any) -> None:
        self._yara = yara
        self._rules = rules

    def scan(self, package: CodePackage) -> Iterator[Finding]:
        """Yield each rule that matched, file by file. Raises `Unavailable` when a file takes too long."""
        for file in package.files:
            content = _begin(package.read(file.path))
            try:
                matches = self._rules.match(data=content, timeout=TIMEOUT)
            except self._yara.Error as error:
                raise Unavailable("scanner", f"{file.path}: {error}") from error
            for match in matches:
                yield Finding(match.rule, file.path)


def yara_scanner(rules: Path | None = None) -> YaraScanner | None:
    """Compile the rules (None: the package's own) and return the scanner; None when YARA is not installed.

    Raises `InvalidSetting` for rules that do not compile.
    """
    try:
        yara = importlib.import_module("yara")
    except ImportError:
        log.info("code_is_not_scanned", reason="the extra `yara` is not installed")
        return None
    source = rules or files("the0_actors.adapters.yara") / "rules.yar"
    try:
        return YaraScanner(yara, yara.compile(source=source.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yara.Error) as error:
        raise InvalidSetting("yara rules", str(rules), f"a file of YARA rules ({error})") from error


def _begin(chunks: Iterator[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk[: FILE_LIMIT - len(content)]
    return bytes(content)
