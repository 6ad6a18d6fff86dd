"""The page on security names tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_each_test_that_it_names_is_there(file, name):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\(", text, re.MULTILINE)


def test_each_promise_names_one():
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (?!from|-)", line)]
    assert len(rows) > 10
    assert all("`tests/" in row.split("|")[3] for row in rows)
    assert len(NAMED) > 20
