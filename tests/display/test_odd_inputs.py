"""Figures of odd inputs: dark themes, wide scales, many units, ends without bound."""

import math
from dataclasses import replace

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from migration.display import (
    caption_of,
    describe,
    plot_check,
    plot_each,
    plot_effects,
    plot_estimates,
    plot_gap,
    plot_ledger,
    plot_market_forest,
    plot_ranks,
    plot_series,
    style,
)
from migration.results import CheckResult
from tests.display.conftest import row

NAMES = {"series": plot_series, "effects": plot_effects, "gap": plot_gap}


def with_headline(result, estimate, low, high, p=0.01):
    return replace(result, headline=pd.Series(row(estimate, low, high, p)))


@pytest.mark.parametrize("kind", NAMES)
def test_axes_of_a_dark_theme_are_written_in_ink_on_white(kind, result, panel):
    with mpl.style.context("dark_background"):
        _, ax = plt.subplots()
    NAMES[kind](panel if kind == "series" else result, ax=ax)
    assert to_hex(ax.get_facecolor()) == to_hex(ax.figure.get_facecolor()) == "#ffffff"
    inks = [ax._left_title.get_color(), ax.yaxis.label.get_color()]
    inks += [label.get_color() for label in ax.get_yticklabels()]
    assert {to_hex(ink) for ink in inks} == {style.INK}


def test_a_light_theme_keeps_its_ground(result):
    with mpl.style.context("ggplot"):
        _, ax = plt.subplots()
    before = ax.get_facecolor()
    assert plot_effects(result, ax=ax).get_facecolor() == before


def test_panels_have_the_fonts_and_ticks_of_a_figure_alone(result):
    alone = plot_effects(result)
    panels = plot_each(plot_effects, {"a": result, "b": result}).figure.axes
    for ax in panels:
        for one, other in zip(
            ax.get_yticklabels(), alone.get_yticklabels(), strict=True
        ):
            assert one.get_fontsize() == other.get_fontsize()
            assert one.get_color() == other.get_color()
        assert ax.xaxis.label.get_fontsize() == alone.xaxis.label.get_fontsize()


def test_a_scale_over_four_powers_of_ten_has_ticks_all_along(result):
    wide = {"a": with_headline(result, 9.0, 7.0, 11.0)}
    wide["b"] = with_headline(result, -5.0, -7.0, -4.0)
    ax = plot_estimates(wide)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert "×10,000" in labels
    assert "−99%" in labels
    assert "−100%" not in labels


def test_sixty_markets_have_a_row_each(result):
    codes = [f"{a}{b}" for a in "ABCDEF" for b in "QRSTUVWXYZ"]
    found = {
        c: with_headline(result, n - 30, -math.inf, n) for n, c in enumerate(codes)
    }
    ax = plot_market_forest(found, name="Signal")
    assert [t.get_text() for t in ax.get_yticklabels()] == codes[::-1]
    assert ax.get_title(loc="left").startswith("Signal: effects by market")
    assert np.isfinite(ax.get_xlim()).all()


def without_numbers():
    columns = ["estimate", "conf_low", "conf_high", "p_value"]
    frame = pd.DataFrame({"control": ["a", "b"], "kind": "negative"})
    frame[columns] = np.nan
    return CheckResult(
        check="control dates", question="Q?", answer="none", passed=None, frame=frame
    )


def test_a_check_without_any_number_has_no_scale():
    """Ticks from -0.04 to 0.04 would say that something was measured."""
    ax = plot_check(without_numbers(), name="Signal")
    assert list(ax.get_xticks()) == []
    assert ax.get_xlabel() == ""
    assert [t.get_text() for t in ax.texts] == ["out of reach"] * 2


def test_the_legend_leaves_the_label_of_days_its_place(panel, ranks, result):
    for ax in (plot_series(panel, design=result.design), plot_ranks(ranks)):
        ax.figure.draw_without_rendering()
        legend = ax.get_legend().get_window_extent()
        assert not legend.overlaps(ax.xaxis.label.get_window_extent())


def test_a_caption_says_units_days_what_is_told_and_whose_data(result, null, placebos):
    ax = plot_estimates({"Signal": result, "WhatsApp": null}, placebos=placebos)
    assert caption_of(ax) == (
        "Percent change of the daily level, 6–14 January 2021 against 1 December 2020 "
        "to 3 January 2021, with 95% intervals; told from zero: Signal. Grey: the "
        "middle 90% of 40 unrelated series. Source: Flathub."
    )


def test_results_of_different_windows_claim_no_days_and_of_two_sources_none(result):
    design = result.design.but(window=(0, 3))
    other = replace(result, design=design, vintage={"source": "gdelt"})
    said = caption_of(plot_estimates({"a": result, "b": other}))
    assert said.startswith("Percent change of the daily level, with 95% intervals")
    assert "Source" not in said


def test_a_caption_is_the_callers_choice():
    _, ax = plt.subplots()
    assert caption_of(describe(ax, "A line.")) == ""
    assert caption_of(describe(ax, "A line.", source="own_csv")) == ""
    told = describe(ax, "A line.", caption="From  -1 to 1.", source="own_csv")
    assert caption_of(told) == "From −1 to 1. Source: files of one's own."
    invented = describe(ax, "A line.", caption="A line.", source="simulated")
    assert caption_of(invented) == "A line. SIMULATED data."
    marked = describe(ax, "A line.", caption="A line.", simulated=True)
    assert caption_of(marked) == "A line. SIMULATED data."
    assert caption_of(describe(ax, "A line.", simulated=True)) == ""


def test_the_caption_of_simulated_data_says_so_whatever_their_source_is_called(
    result, panel, clashes
):
    made = replace(result, simulated=True, vintage={"source": "own_csv"})
    told = [plot_effects(made), plot_gap(made), plot_estimates({"a": made})]
    told.append(plot_check(replace(without_numbers(), simulated=True)))
    panel.attrs["simulated"] = clashes.attrs["simulated"] = True
    told += [plot_series(panel), plot_ledger(clashes)]
    for said in map(caption_of, told):
        assert said.endswith(" SIMULATED data.")
        assert "Source" not in said


def test_p_values_of_one_power_of_ten_have_ticks_between():
    """Labels at 0.01 and 0.1 alone would leave 0.03 to be guessed."""
    p = {"p_value": [0.01, 0.3], "p_family": [0.03, 0.3], "p_discovery": [0.02, 0.3]}
    frame = pd.DataFrame({"effect": ["a", "b"], **p})
    check = CheckResult(
        check="joint significance", question="Q?", answer="1", passed=None, frame=frame
    )
    ax = plot_check(check)
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    ticks = [t for t in ax.get_xticklabels() if low <= t.get_position()[0] <= high]
    seen = {tick.get_text() for tick in ticks}
    assert {"0.01", "0.02", "0.05", "0.1", "0.2"} <= seen
    assert ax.get_title(loc="left") == (
        "Joint significance: 1 of 2 told from zero together"
    )
