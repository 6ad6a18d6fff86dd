"""An event is named by the day on which it came, by one rule in every figure."""

from dataclasses import replace

import matplotlib as mpl

mpl.use("agg")

import pandas as pd
import pytest

from migration.display import (
    alt_text,
    plot_effects,
    plot_gap,
    plot_series,
)
from migration.display.bands import dated

SAID = "delay, 15 January (full days from 16)"


def shown(ax):
    return [text.get_text() for text in ax.texts]


def day(text):
    return pd.Timestamp(text)


@pytest.mark.parametrize(
    ("came", "full", "said"),
    [
        ("2021-01-06", "2021-01-06", "a, 6 January"),
        ("2021-01-15", "2021-01-16", "a, 15 January (full days from 16)"),
        ("2021-01-31", "2021-02-01", "a, 31 January (full days from 1 February)"),
        (
            "2020-12-31",
            "2021-01-01",
            "a, 31 December (full days from 1 January 2021)",
        ),
    ],
)
def test_the_day_it_came_and_the_first_full_one(came, full, said):
    assert dated("a", (day(came), day(full))) == said


def test_every_figure_of_days_says_the_same(result, panel):
    figures = [plot_effects(result), plot_gap(result)]
    figures.append(plot_series(panel, design=result.design))
    for ax in figures:
        assert SAID in shown(ax)
        assert "notice, 6 January" in shown(ax)


def test_the_event_asked_about_is_named_by_its_own_day(result, panel):
    """Day zero is 16 January; the reader knows the delay as of the 15th."""
    design = replace(
        result.design, event=day("2021-01-16"), touched=day("2021-01-15"),
        event_name="delay", other_events={"notice": "2021-01-06"},
        identification="combined path",
    )  # fmt: skip
    late = replace(result, design=design)
    for ax in (plot_effects(late), plot_gap(late), plot_series(panel, design=design)):
        assert SAID in shown(ax)
    assert plot_effects(late).get_xlabel() == (
        "Days from delay (day 0: 16 January 2021)"
    )
    said = alt_text(plot_series(panel, design=design))
    assert "after delay, 15 January 2021 (full days from 16)" in said


def test_a_mapping_may_give_a_day_or_both(panel):
    events = {"notice": "2021-01-06", "delay": ("2021-01-15", "2021-01-16")}
    assert {SAID, "notice, 6 January"} <= set(shown(plot_series(panel, design=events)))


def test_the_later_name_is_lower_and_a_line_leads_up_to_the_earlier(result, panel):
    ax = plot_series(panel, design=result.design)
    ax.figure.draw_without_rendering()
    notice, delay = (
        next(text for text in ax.texts if text.get_text().startswith(name))
        for name in ("notice", "delay")
    )
    assert notice.get_window_extent().y0 >= delay.get_window_extent().y1 - 1
    (line,) = [text for text in ax.texts if text.get_text() == ""]
    assert line.arrow_patch is not None
    assert line.xy[0] == pytest.approx(notice.get_position()[0], abs=1e-6)


def test_a_name_without_room_at_the_right_stays_on_the_page(panel):
    events = {"a very long name of an event": ("2021-01-26", "2021-01-28")}
    ax = plot_series(panel, design=events)
    ax.figure.draw_without_rendering()
    (text,) = [t for t in ax.texts if "January" in t.get_text()]
    assert text.get_window_extent().x1 <= ax.figure.bbox.x1
