import math
from itertools import pairwise

import pandas as pd
import pytest

from migration.display import words
from migration.display.plots_effects import percent_ticks
from migration.results import is_log


@pytest.mark.parametrize(
    ("log_ratio", "text"),
    [
        (math.log(3.59), "259%"),
        (math.log(1.053), "5.3%"),
        (math.log(0.8), "−20%"),
        (0.0, "0.0%"),
        (math.inf, "unbounded"),
        (math.nan, "–"),
        (math.log(500), "×500"),
        (1e4, "unbounded"),
    ],
)
def test_a_log_ratio_reads_as_percent(log_ratio, text):
    assert words.percent_change(log_ratio) == text


def test_what_rounds_to_zero_has_no_sign():
    assert words.number(-0.001) == "0.00"
    assert words.signed(words.percent_change(1e-9)) == "0.0%"
    assert words.signed("12%") == "+12%"
    assert words.signed("−12%") == "−12%"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2021-01-06", "2021-01-14", "6–14 January 2021"),
        ("2021-01-28", "2021-02-03", "28 January to 3 February 2021"),
        ("2020-12-28", "2021-01-03", "28 December 2020 to 3 January 2021"),
        ("2021-01-06", "2021-01-06", "6 January 2021"),
    ],
)
def test_days_are_english_and_say_no_more_than_needed(first, last, text):
    assert words.day_range(pd.Timestamp(first), pd.Timestamp(last)) == text


def test_measured_values_are_whole_when_large():
    assert words.figure(1234.5) == "1,234"
    assert words.figure(0.01234) == "0.0123"
    assert words.figure(math.inf) == "unbounded"
    assert words.figure(math.nan) == "–"


def test_an_interval_without_ends_says_so():
    assert words.interval(-math.inf, math.inf) == "unbounded"
    assert words.interval(-math.inf, 0.5) == "unbounded to 0.50"


def test_a_rank_is_no_percentage():
    assert is_log("log ratio of means")
    assert is_log("mean of outcome", "log_count")
    assert not is_log("mean of outcome", "minus_log_rank")
    assert not is_log("mean of outcome")


def test_percent_ticks_lie_inside_and_apart():
    ticks = percent_ticks(-0.5, 2.0)
    assert 0.0 in ticks
    assert min(ticks) >= -0.5
    assert max(ticks) <= 2.0
    gaps = [b - a for a, b in pairwise(ticks)]
    assert min(gaps) >= 0.11 * 2.5
