"""Calls as the pages make them pass the types that ship."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 580  # seconds; a quiet machine needs some twenty
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "library").glob("*.md"))]
OURS = re.compile(r"\[(?:arg-type|call-arg|call-overload|list-item|dict-item)\]")
SETTINGS = """\
[mypy]
mypy_path = {src}
follow_imports = silent
ignore_missing_imports = True
"""
WRONG = """\
import migration as mg
mg.Design(outcome="y", treated=1, event=2.5, window=(0, 8), baseline=("a", "b"))
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What mypy says of the arguments of each page's calls, by the page's name."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "wrong_page.py").write_text(WRONG, encoding="utf-8")
    for page in PAGES:
        code = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
        name = page.stem.replace("-", "_")
        (folder / f"{name}_page.py").write_text(code, encoding="utf-8")
    settings = folder / "mypy.ini"
    settings.write_text(SETTINGS.format(src=ROOT / "src"), encoding="utf-8")
    files = sorted(path.name for path in folder.glob("*_page.py"))
    child = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", settings, *files],
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert f"checked {len(files)} source files" in child.stdout, child.stderr
    return [line for line in child.stdout.splitlines() if OURS.search(line)]


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE + 20)
def test_a_wrong_call_is_told(complaints):
    told = [line for line in complaints if line.startswith("wrong_page.py")]
    assert any('"treated"' in line for line in told)
    assert any('"event"' in line for line in told)


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE + 20)
def test_the_calls_of_the_pages_pass(complaints):
    assert [one for one in complaints if not one.startswith("wrong_page.py")] == []
