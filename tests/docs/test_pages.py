"""The code of the documentation's pages runs, and prints what stands below it."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "tools" / "run_pages.py"
FOLDERS = ("tutorial", "library", "explanation", "how-to")
PATIENCE = 580  # seconds; a quiet machine needs some twenty
FENCE = "```python\n"
PAGES = [
    page.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for page in sorted((ROOT / "docs" / folder).glob("*.md"))
    if FENCE in page.read_text(encoding="utf-8")
]


@pytest.fixture(scope="module")
def bare():
    """What the pages print where only the wheel's own needs are installed."""
    words = [Path(__file__).with_name("bare.py"), ROOT / "pyproject.toml", RUNNER]
    child = subprocess.run(
        [sys.executable, "-W", "error", *words, *PAGES],
        capture_output=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE + 20)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_what_it_says(bare, page):
    assert "\n".join(bare["faults"][page]) == ""


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE + 20)
def test_pages_were_run_without_what_reports_need(bare):
    assert {"ipykernel", "nbclient", "papermill", "jupyterlab"} <= {*bare["refused"]}
    assert not {"numpy", "pandas", "click", "packaging"} & {*bare["refused"]}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_makes_data_says_that_they_are_simulated(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    if re.search(r"default_rng|mg\.simulate|World\(", text):
        assert "SIMULATED" in text


def test_the_runner_finds_what_is_printed_otherwise(tmp_path):
    spec = importlib.util.spec_from_file_location("run_pages", RUNNER)
    run_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run_pages)
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nx = 1\n```\n\nand\n\n```python\nprint(x)\n```\n\n```text\n2\n```\n",
        encoding="utf-8",
    )
    (fault,) = run_pages.faults(page)
    assert fault == f"{page}:8: says\n2\nand prints\n1\n"
    assert run_pages.main([str(page)]) == 1
    page.write_text("```python\nprint(2)\n```\n```text\n2\n```\n", encoding="utf-8")
    assert run_pages.main([str(page)]) == 0
