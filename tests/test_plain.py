"""Texts of strangers in what has no escape of its own."""

import csv
import io

import pandas as pd
import pytest

from migration.display import to_csv
from migration.plain import cell_text
from migration.report.extras import headline_csv

FORMULAS = [
    '=HYPERLINK("https://example.org","x")', "=1+1", "+1+cmd|'/C calc'!A0", "-2+3+A1",
    "@SUM(A1)", "\t=1", "=", "+A1", "-A1", "+1(A1)", "-1 (x to y!)",
]  # fmt: skip
TEXTS = [
    "+32% (10% to 58%)", "−17% (−52% to 44%)", "+8.4% (−37% to 85%)", "-1.5", "-", "+2",
    "-inf", "+0.12 (-0.5 to 1,200)", "Signal", "'quoted", "a=b", "",
    "6-14 January 2021",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_every_table_that_is_kept(text):
    rows = list(
        csv.reader(io.StringIO(headline_csv([{"app": text, text: 1}]).decode()))
    )
    assert rows == [["app", f"'{text}"], [f"'{text}", "1"]]
    frame = pd.DataFrame(
        {"app": [text], text: [1]}, index=pd.Index([text], name="unit")
    )
    kept = list(csv.reader(io.StringIO(to_csv(frame))))
    assert kept == [["unit", "app", f"'{text}"], [f"'{text}", f"'{text}", "1"]]


@pytest.mark.parametrize("text", TEXTS)
def test_a_number_and_a_word_stay_as_they_are(text):
    assert cell_text(text) == text


def test_what_cannot_be_seen_is_shown():
    assert cell_text("\r=1") == "\\r=1"
    assert headline_csv([{"app": "a\x1b[2J"}]) == b"app\na\\x1b[2J\n"


def test_numbers_keep_their_digits():
    frame = pd.DataFrame({"estimate": [-0.1 - 0.2, float("nan")]})
    assert to_csv(frame) == 'estimate\n-0.30000000000000004\n""\n'
