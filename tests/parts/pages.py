"""Tables in Markdown, written between markers of a page so that the words around them stay."""

from collections.abc import Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- bench:name -->` and `<!-- /bench:name -->` of a page."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    before, rest = page.read_text().split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")
