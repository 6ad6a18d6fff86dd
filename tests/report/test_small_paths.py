"""Small drawings of many markets: one scale, what is not known is not drawn."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.report.html import check_html
from migration.report.pages import sort_script
from migration.report.site import study_index
from migration.report.small_paths import paths_of, paths_section

DAYS = list(range(-2, 4))
LINE = re.compile(r'class="line" d="M([^"]+)"')


def _path(estimate, half=0.1, **more):
    ends = {
        name: [None if v is None else v + sign * half for v in estimate]
        for name, sign in (("low", -1), ("high", 1))
    }
    about = {"app": "Signal", "event": "notice", "log": True, "days": DAYS}
    return {**about, "estimate": estimate, **ends, **more}


@pytest.fixture
def drawn(of_market):
    def draw(**paths):
        made = [of_market(c, more={"paths": [p]}) for c, p in paths.items()]
        return paths_section(made)

    return draw


def _lines(section):
    return [
        [tuple(map(float, point.split())) for point in line.split("L")]
        for line in LINE.findall(section)
    ]


def test_the_same_size_stands_at_the_same_height_in_every_market(drawn):
    first, second = _lines(
        drawn(IN=_path([0, 0, 0.5, 0.5, 0.5, 0.5]), BR=_path([0, 0, 1, 1, 1, 0.5]))
    )
    assert len(first) == len(second) == 6
    india, brazil = second, first  # by code: BR before IN
    assert brazil[0] == india[0]
    assert brazil[5] == india[5]
    assert brazil[2][1] < india[2][1]  # larger is higher up


def test_a_day_that_is_not_known_breaks_the_line(drawn):
    section = drawn(IN=_path([0, 0, None, 0.5, 0.5, None]))
    assert [len(line) for line in _lines(section)] == [2, 2]


def test_a_wide_interval_is_cut_and_squeezes_no_other_market(drawn):
    narrow = [_path([0, 0, 0.5, 0.5, 0.5, 0.5]) for _ in range(10)]
    codes = ["IN", "BR", "DE", "FR", "US", "GB", "IT", "ES", "NL", "PT"]
    alone = drawn(**dict(zip(codes, narrow, strict=True)))
    wide = _path([0, 0, 0.5, 0.5, 0.5, 0.5], half=30)
    with_wide = drawn(**dict(zip(codes, narrow, strict=True)), ZA=wide)
    assert _lines(with_wide)[0] == _lines(alone)[0]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ (-?[\d.]+)", with_wide)]
    assert min(heights) >= 8
    assert max(heights) <= 98


def test_each_says_in_words_what_it_draws_and_labels_few_percents(drawn):
    section = drawn(IN=_path([0, 0, 0.5, 1.2, 0.5, 0.5]))
    assert 'aria-label="Signal by day from −2 to 3: largest on day 1, +232% ' in section
    assert "<b>IN</b> India" in section
    labels = re.findall(r'text-anchor="end">([^<]*%)<', section)
    assert "0%" in labels
    assert 2 <= len(labels) <= 4


def test_what_is_no_path_is_passed_over(of_market):
    bad = [
        None, 3, {}, _path([]), _path([None] * 6), _path([1, 2]),
        _path([0] * 6, days="abcdef"), _path([True] * 6),
    ]  # fmt: skip
    assert paths_of(of_market("IN", more={"paths": bad})) == {}
    assert paths_section([of_market("IN", more={"paths": "x"}), of_market("BR")]) == ""


@given(values=st.lists(st.none() | st.floats(allow_nan=False), min_size=6, max_size=6))
def test_any_numbers_make_a_drawing_or_none(of_market, values):
    manifest = of_market("IN", more={"paths": [_path(values, log=False)]})
    section = paths_section([json.loads(json.dumps(manifest))])
    assert "nan" not in section
    assert "inf" not in section


def test_the_index_draws_markets_and_shows_figures_of_the_others(of_market, record):
    market = of_market("IN", more={"paths": [_path([0, 0, 0.5, 0.5, 0.5, 0.5])]})
    page = study_index([market, record("02")], [])
    assert '<a href="#paths">Day by day</a>' in page
    assert page.count("<svg ") == 1
    assert check_html(page, scripts=[sort_script()]) == []
