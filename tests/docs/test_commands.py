"""Every command line that the README and the pages show is one that exists, and every link leads somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from the0_actors.bin.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINE = re.compile(r"(?:^|[`$;|]|[ \t])(?:bin/)?the0-actors((?: [^\n`|;#]*)?)", re.MULTILINE)
TARGET = re.compile(r"^([a-z]+):.*##", re.MULTILINE)


def shown(page: Path) -> Iterator[str]:
    """Yield what follows the program's name, in blocks of code and in code between words."""
    text = page.read_text().replace("\\\n", " ")
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for block in blocks:
        prompt = r"\$ " if re.search(r"^\s*\$ ", block, re.MULTILINE) else ""  # what has no prompt there is output
        for line in block.splitlines():
            if re.match(rf"\s*{prompt}([A-Z0-9_]+=\S* +)*(bin/)?the0-actors ", line):
                yield from LINE.findall(line)[:1]
    yield from (code.partition("the0-actors")[2] for code in inline if re.match(r"(bin/)?the0-actors ", code))


def check(line: str) -> str | None:
    """Return what is wrong with a command line; None when nothing is."""
    words = shlex.split(line)
    if words[0].startswith("--"):
        return None if words[0] == "--help" else f"no flag {words[0]}"
    command = cli.get_command(click.Context(cli), words[0])
    if command is None:
        return None if words[0].isupper() else f"no command {words[0]}"
    flags = {flag for each in command.params if isinstance(each, click.Option) for flag in (*each.opts, "--help")}
    wrong = [word for word in words[1:] if word.startswith("-") and word.partition("=")[0].rstrip("]") not in flags]
    return f"{words[0]}: no flag {wrong}" if wrong else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_command_lines_exist(page: Path) -> None:
    assert [(line, wrong) for line in shown(page) if (wrong := check(line))] == []


def test_the_readme_shows_some() -> None:
    assert len(list(shown(ROOT / "README.md"))) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_targets_of_make_exist() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    told = {target for page in PAGES for target in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert {"run", "test"} <= told <= targets
