"""Every block of docs/peers.md runs, and prints what the page says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "peers.md"
BLOCK = re.compile(
    r"^## (?P<title>[^\n]+)$|```python\n# environment: (?P<where>\w+)\n(?P<code>.*?)```"
    r"\n+```text\n(?P<said>.*?)```",
    re.DOTALL | re.MULTILINE,
)
IN_A_STRING = """
import contextlib, io, json, sys
said = io.StringIO()
with contextlib.redirect_stdout(said):
    exec(compile(sys.argv[1], "peers.md", "exec"), {"__name__": "__main__"})
print(json.dumps(said.getvalue()))
"""


def blocks():
    """Title, environment, code and output of each block, in order."""
    title = ""
    for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        title = found["title"] or title
        if found["code"]:
            yield title, found["where"], found["code"], found["said"]


def own(code):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, PAGE.name, "exec"), {"__name__": "__main__"})
    return said.getvalue()


def test_no_block_of_code_stands_without_what_it_prints():
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("```python\n") == len(list(blocks())) >= 7
    assert {where for _, where, _, _ in blocks()} == {"own", "peers"}


def cases():
    for title, where, code, said in blocks():
        slow = [pytest.mark.slow] if where == "peers" else []
        yield pytest.param(where, code, said, id=f"{title[:40]}, {where}", marks=slow)


@pytest.mark.parametrize(("where", "code", "said"), [*cases()])
def test_a_block_prints_what_the_page_says(where, code, said, monkeypatch, request):
    monkeypatch.chdir(ROOT)
    if where == "own":
        printed = own(code)
    else:
        printed = request.getfixturevalue("ask_peer")(IN_A_STRING, code)
    assert printed == said, f"the page says\n{said}\nand the code prints\n{printed}"


def test_a_recorded_figure_is_the_one_on_file(expected):
    trap = expected["base_did_trap"]
    text = PAGE.read_text(encoding="utf-8")
    assert f"t = {trap['DK_t']:,.0f} in fixest" in text
    assert f"{trap['period8_cluster_se']:.4f}" in text
    assert f"{trap['period8_DK_se']:.6f}" in text
    low, high = expected["ehec_medicaid"]["deltaSD_FLCI"]["0"]
    assert f"[{low:.4f}, {high:.4f}]" in text
