"""The page on files of one's own names every form and every key."""

import re
from pathlib import Path

from migration.sources.own_csv.forms import NAMES
from migration.sources.own_csv.said import KEYS

PAGE = Path(__file__).parents[3] / "docs" / "own-files.md"


def test_the_page_names_every_form_and_every_key_and_no_other():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert named == {*NAMES, *KEYS}
