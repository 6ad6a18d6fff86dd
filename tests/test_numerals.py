"""One sign for less than nothing, one rule for p, wherever a reader meets a number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.cli.output import print_frame
from migration.numerals import interval_words, p_value, p_words, with_minus


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-52% to 44%", "−52% to 44%"),
        ("(-0.2, -.5)", "(−0.2, −.5)"),
        ("on 2021-01-06, 3-4 days", "on 2021-01-06, 3-4 days"),
        ("org.x-2 and a-3", "org.x-2 and a-3"),
        ("https://x.org/-5?a=-5", "https://x.org/-5?a=-5"),
        ("the option -p, a -- b, well-known", "the option -p, a -- b, well-known"),
        ("1e-05", "1e-05"),
        ("", ""),
    ],
)
def test_a_hyphen_before_a_number_alone_is_a_minus(text, shown):
    assert with_minus(text) == shown
    assert with_minus(shown) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_alone_keeps_its_value(value):
    shown = with_minus(f"{value:.6g}")
    assert float(shown.replace("−", "-")) == float(f"{value:.6g}")
    assert shown.startswith("−") is (math.copysign(1, value) < 0)


@pytest.mark.parametrize(
    ("value", "text", "words"),
    [
        (0.0101, "0.01", "p = 0.01"),
        (0.128, "0.13", "p = 0.13"),
        (0.00999, "0.01", "p = 0.01"),
        (0.0009, "< 0.001", "p < 0.001"),
        (1.0, "1", "p = 1"),
        (math.nan, "", "p = "),
    ],
)
def test_p_has_two_digits_everywhere(value, text, words):
    assert (p_value(value), p_words(value)) == (text, words)


def test_a_table_of_the_command_has_the_rules_of_the_pages(capsys):
    pd = pytest.importorskip("pandas")
    print_frame(pd.DataFrame({"gain": [-0.5, math.nan], "p_value": [0.0101, 0.0001]}))
    assert capsys.readouterr().out.split() == [
        "gain", "p_value", "−0.5", "0.01", "-", "<", "0.001"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-5.2, 7.4, "-5 to 7"),
        (-math.inf, math.inf, "unbounded"),
        (3.0, math.inf, "3 to unbounded"),
        (-math.inf, 3.0, "unbounded to 3"),
    ],
)
def test_an_end_at_infinity_is_said_in_words(low, high, words):
    assert interval_words(low, high) == words
