"""The gap between a series and its counterfactual, by calendar day."""

import math
from dataclasses import replace

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from migration.display import alt_text, caption_of, plot_each, plot_gap, to_png
from migration.display.plots_gap import fit
from migration.errors import DisplayError

DAYS = pd.date_range("2020-12-17", periods=40)


def gap_line(ax):
    return next(line for line in ax.lines if len(line.get_xdata()) == len(DAYS))


def test_the_line_is_the_effect_of_each_day(result):
    ax = plot_gap(result, name="Signal")
    drawn = gap_line(ax)
    assert list(pd.DatetimeIndex(drawn.get_xdata())) == list(DAYS)
    np.testing.assert_allclose(drawn.get_ydata(), result.effects["estimate"])
    assert ax.get_title(loc="left") == (
        "Signal: gap to its counterfactual, abnormal interest"
    )
    assert "percent" in ax.get_ylabel()


def test_what_is_seen_is_said(result):
    text = alt_text(plot_gap(result, name="Signal"))
    assert text.startswith("Gap of Signal from its counterfactual by abnormal")
    assert "Over the baseline it is 0.0% off zero" in text
    assert "The largest from day zero on is 300%, on 9 January 2021." in text
    assert "delay, 15 January 2021 (full days from 16)" in text
    assert caption_of(plt.gca()).endswith("Source: Flathub.")


def test_the_fit_over_the_baseline_by_hand(result):
    """Gaps of 3 and 4 on two known days: the root of 12.5."""
    gap = pd.DataFrame({"estimate": [np.nan, 3.0, 4.0, 99.0]}, index=pd.DatetimeIndex(
        ["2021-01-01", "2021-01-02", "2021-01-03", "2021-01-06"]
    ))  # fmt: skip
    assert fit(result, gap) == pytest.approx(math.sqrt(12.5))


def test_a_missing_day_breaks_the_line_and_an_absent_row_is_a_missing_day(result):
    effects = result.effects.drop(index=5)
    effects.loc[-3, ["estimate", "conf_low", "conf_high"]] = np.nan
    ax = plot_gap(replace(result, effects=effects))
    y = gap_line(ax).get_ydata()
    assert np.isnan(y[17])
    assert np.isnan(y[25])
    assert np.isfinite(y).sum() == 38
    assert "2 days without one" in alt_text(ax)


def test_intervals_without_an_end_fill_to_the_edge_and_stretch_no_axis(result):
    plain = plot_gap(result).get_ylim()
    effects = result.effects.assign(conf_high=np.inf)
    effects.loc[3, "conf_low"] = -np.inf
    low, high = plot_gap(replace(result, effects=effects)).get_ylim()
    assert plain[0] <= low < high <= plain[1]
    nothing = result.effects.assign(conf_low=-np.inf, conf_high=np.inf)
    assert np.isfinite(plot_gap(replace(result, effects=nothing)).get_ylim()).all()


def test_effects_in_units_have_no_percent(result):
    ax = plot_gap(replace(result, outcome="count"))
    assert ax.get_ylabel() == "Observed less counterfactual\n(outcome's units)"


def test_one_row_alone_is_drawn(result):
    ax = plot_gap(replace(result, effects=result.effects.loc[[0]]))
    assert to_png(ax) == to_png(ax)


def test_panels_of_several_apps_have_one_caption(result):
    ax = plot_each(plot_gap, {"Signal": result, "Telegram": result})
    assert caption_of(ax).count("near zero over the baseline") == 1
    assert alt_text(ax).count("Gap of ") == 2


def test_no_path_no_gap(result):
    steps = result.effects.rename_axis("segment")
    with pytest.raises(DisplayError, match=r"an effect a day, got 40 rows by segment"):
        plot_gap(replace(result, effects=steps))
    with pytest.raises(DisplayError, match=r"plot_gap needs an EffectResult, got dict"):
        plot_gap({})
