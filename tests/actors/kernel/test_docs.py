"""What the documentation shows runs."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_the_example_of_the_kernels_page_runs() -> None:
    page = (ROOT / "docs" / "kernel.md").read_text()
    found = re.search(
        r"<!-- example: run by tests/actors/kernel/test_docs.py -->\n```python\n(.*?)```", page, re.DOTALL
    )
    assert found is not None
    exec(compile(found[1], "kernel.md", "exec"), {"__name__": "example"})


def test_the_supervised_counter_counts_although_one_counter_crashed(capsys: pytest.CaptureFixture[str]) -> None:
    example = runpy.run_path(str(ROOT / "examples" / "kernel_supervised_counter.py"))
    total = example["count"](["the quick brown fox", "jumps over the lazy dog", "the end"])
    assert total.most_common(1) == [("the", 3)]
    told = capsys.readouterr().out.splitlines()
    assert "/b: failed ValueError: this is not text" in told
    assert told[-3:] == ["/c: ended normal", "/b: ended normal", "/a: ended normal"]


def test_the_benchmarks_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--times", "1"],
        cwd=ROOT,
        env={"PYTHONPATH": "lib", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "tell, spread over, 100 actors" in done.stdout
    assert "1,000 children" in done.stdout
    assert "due slot to engine call, times spread, p99" in done.stdout
