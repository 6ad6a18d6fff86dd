import math
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.display import (
    alt_text,
    plot_coverage,
    plot_each,
    plot_effects,
    plot_estimates,
    plot_exposure,
    plot_gap,
    plot_ledger,
    plot_placebos,
    plot_ranks,
    plot_series,
    to_png,
)
from migration.errors import DisplayError, PanelError


def drawings(request):
    """Every kind of figure, each from inputs of its own."""
    get = request.getfixturevalue
    result = get("result")
    return {
        "series": lambda: plot_series(get("panel"), design=result.design),
        "series, log": lambda: plot_series(get("panel"), log=True),
        "effects": lambda: plot_effects(result),
        "gap": lambda: plot_gap(result),
        "gaps": lambda: plot_each(plot_gap, {"Signal": result, "Telegram": result}),
        "estimates": lambda: plot_estimates(result, placebos=get("placebos")),
        "placebos": lambda: plot_placebos(get("placebos")),
        "ranks": lambda: plot_ranks(get("ranks")),
        "ledger": lambda: plot_ledger(get("clashes")),
        "exposure": lambda: plot_exposure(DELAY, get("markets")),
        "coverage": lambda: plot_coverage(get("covered"), design=result.design),
    }


DELAY = datetime(2021, 1, 15, 19, 45, tzinfo=UTC)
KINDS = ["series", "series, log", "effects", "estimates", "placebos"]
KINDS += ["gap", "gaps", "ranks", "ledger", "exposure", "coverage"]


@pytest.mark.parametrize("kind", KINDS)
def test_same_input_same_bytes_and_nothing_of_the_caller_changes(request, kind):
    draw = drawings(request)[kind]
    settings = dict(mpl.rcParams)
    first = draw()
    again = to_png(first)
    assert to_png(first) == again
    plt.close("all")
    assert to_png(draw()) == again
    assert dict(mpl.rcParams) == settings
    assert b"matplotlib" not in again.lower()


def labels(ax):
    """Texts that are drawn: of ticks only those in view."""
    ticks = []
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        seen = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        ticks += [tick.label1 for tick in seen] + [axis.label]
    legend = ax.get_legend().get_texts() if ax.get_legend() else []
    own = [text for text in ax.texts if text.get_text() != "SIMULATED"]
    every = [*ticks, *legend, *own, ax._left_title]
    return [text for text in every if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_cut_off_or_covers_other_text(request, kind):
    ax = drawings(request)[kind]()
    figure = ax.figure
    figure.draw_without_rendering()
    texts = labels(ax)
    boxes = [text.get_window_extent().padded(-1) for text in texts]
    assert len(boxes) > 4
    page = figure.bbox
    cut = [
        t.get_text() for t, b in zip(texts, boxes, strict=True) if not inside(b, page)
    ]
    assert cut == []
    pairs = [(i, j) for i in range(len(boxes)) for j in range(i)]
    covered = [
        (texts[i].get_text(), texts[j].get_text())
        for i, j in pairs
        if boxes[i].overlaps(boxes[j])
    ]
    assert covered == []


def inside(box, page):
    """Whether a box lies on the page."""
    across = page.x0 <= box.x0 and box.x1 <= page.x1
    return across and page.y0 <= box.y0 and box.y1 <= page.y1


def test_axes_given_are_the_axes_drawn_on(result, panel, ranks, clashes, placebos):
    figure, grid = plt.subplots(2, 3, layout="constrained")
    axes = iter(grid.flat)
    calls = (plot_effects, result), (plot_series, panel), (plot_ranks, ranks)
    calls += (plot_ledger, clashes), (plot_placebos, placebos), (plot_estimates, result)
    for plot, given in calls:
        ax = next(axes)
        assert plot(given, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


def test_one_figure_joins_the_texts_of_its_axes(result):
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    assert plot_effects(result, name="one", ax=left) is left
    plot_effects(result, name="two", ax=right)
    assert "for one," in alt_text(figure)
    assert "for two," in alt_text(figure)


def test_frames_are_left_as_they_were(panel, ranks, clashes):
    for plot, frame in (
        (plot_series, panel),
        (plot_ranks, ranks),
        (plot_ledger, clashes),
    ):
        before = frame.copy(deep=True)
        plot(frame)
        assert_frame_equal(frame, before)


def test_alternative_text_holds_the_numbers(result, panel, placebos, ranks, clashes):
    series = alt_text(plot_series(panel, units={"signal": "Signal"}))
    assert "Signal: median 415, highest 690 on 29 January 2021" in series
    assert "2 days known only between bounds, 2 days missing" in series
    effects = alt_text(plot_effects(result, name="Signal"))
    assert "Largest in the window: 300% on day 3." in effects
    estimates = alt_text(plot_estimates({"Signal": result}, placebos=placebos))
    assert "Signal: +100% (50% to 200%), p = 0.02, bundle" in estimates
    dots = alt_text(plot_placebos(placebos))
    assert "|t| = 5.0" in dots
    assert "4 are at least as far out, p = 0.12" in dots
    chart = alt_text(plot_ranks(ranks))
    assert "The chart's end: 100" in chart
    assert "signal: on the chart on 1 day, best rank 9 on 8 January 2021" in chart
    assert "telegram: never on the chart in 5 days" in chart
    ledger = alt_text(plot_ledger(clashes))
    assert "7.5 million, 15.5 million (13 Jan 2021, Feb 2021), ratio 2.1" in ledger


@pytest.mark.parametrize("plot", [plot_effects, plot_gap])
def test_a_path_says_its_days_and_no_effect_that_a_changing_sign_takes_back(
    plot, result, null
):
    """What the whole window shows is for the report, which knows the other baselines.

    The headline is drawn by neither figure, so neither speaks of it: results that
    differ in it alone are told alike.
    """
    text = alt_text(plot(result, name="Signal"))
    assert "300%" in text
    assert alt_text(plot(null, name="Signal")) == text


def test_the_split_day_by_market(markets):
    text = alt_text(plot_exposure(DELAY, markets, name="delay"))
    zones = {market.name: market.zone for market in markets}
    assert alt_text(plot_exposure(DELAY, zones, name="delay")) == text
    assert "Germany, France: 86% of 15 January" in text
    assert "India: 5% of 16 January" in text
    with pytest.raises(DisplayError, match="an instant, notice has none"):
        plot_exposure(None, markets, name="notice")


def test_simulated_shows_in_title_and_text(result, panel, placebos):
    panel.attrs["simulated"] = True
    made = replace(result, simulated=True)
    drawn = [
        plot_series(panel),
        plot_effects(made),
        plot_estimates([made]),
        plot_placebos(replace(placebos, simulated=True)),
    ]
    for ax in drawn:
        assert ax.get_title(loc="left").startswith("SIMULATED: ")
        assert alt_text(ax).startswith("SIMULATED")
        assert "SIMULATED" in [text.get_text() for text in ax.texts]


def test_observed_data_are_not_called_simulated(result):
    ax = plot_effects(result)
    assert "SIMULATED" not in ax.get_title(loc="left") + alt_text(ax)


def test_a_missing_day_breaks_the_line_and_a_censored_one_reaches_the_axis(panel):
    ax = plot_series(panel, units="signal")
    drawn = ax.lines[0].get_ydata()
    assert np.isnan(drawn[[10, 11, 20, 21]]).all()
    assert np.isfinite(np.delete(drawn, [10, 11, 20, 21])).all()
    (intervals,) = [c for c in ax.collections if len(c.get_segments()) == 2]
    for segment in intervals.get_segments():
        assert segment[:, 1].tolist() == [0.0, 250.0]


def test_a_day_without_a_row_breaks_the_line_too(panel):
    gone = panel[~((panel["app"] == "telegram") & (panel["period"] == "2020-12-05"))]
    drawn = plot_series(gone, units="telegram").lines[0].get_ydata()
    assert len(drawn) == 60
    assert np.isnan(drawn[4])
    assert np.isfinite(np.delete(drawn, 4)).all()


def test_a_series_that_stops_early_has_no_line_to_the_edge(panel):
    gone = (panel["app"] == "telegram") & (panel["period"] > "2021-01-10")
    ax = plot_series(panel[~gone])
    named = {text.get_text(): text for text in ax.texts}
    assert named["signal"].arrow_patch is not None
    assert named["telegram, to 10 January"].arrow_patch is None


def test_days_off_the_chart_reach_from_its_end_to_the_axis(ranks):
    ax = plot_ranks(ranks, units="telegram")
    floor = max(ax.get_ylim())
    ends = [c.get_segments() for c in ax.collections if c.get_segments()]
    assert [s[:, 1].tolist() for s in ends[0]] == [[101.0, floor]] * 5


def test_an_outcome_is_drawn_with_its_bounds():
    frame = pd.DataFrame(
        {
            "unit": "a",
            "period": pd.date_range("2021-01-01", periods=3),
            "y": [1.0, np.nan, 2.0],
            "y_lower": [1.0, -np.inf, 2.0],
            "y_upper": [1.0, 0.0, 2.0],
        }
    )
    assert "1 day known only between bounds" in alt_text(plot_series(frame))


def test_hollow_means_not_told_from_zero(result, null):
    ax = plot_estimates({"yes": result, "no": null})
    points = [line for line in ax.lines if line.get_marker() in "os"]
    faces = [mpl.colors.to_hex(p.get_markerfacecolor()) for p in points]
    assert faces[0] != "#ffffff"
    assert faces[1] == "#ffffff"
    assert "1 of 2 told from zero" in ax.get_title(loc="left")


def test_an_effect_whose_sign_changes_is_not_drawn(result, flips):
    ax = plot_estimates({"Signal": result}, sensitivity={"Signal": flips})
    assert [line for line in ax.lines if line.get_marker() == "o"] == []
    assert "not an effect: sign changes" in [t.get_text() for t in ax.texts]
    assert "100%" not in alt_text(ax)


def test_open_ends_are_arrows(unbounded):
    ax = plot_estimates(unbounded)
    assert {"<", ">"} <= {line.get_marker() for line in ax.lines}
    assert "(unbounded)" in alt_text(ax)


def test_frames_of_results_draw_their_headlines_only(result, null):
    frame = pd.concat([result.to_frame(), null.to_frame().assign(treated="other")])
    text = alt_text(plot_estimates(frame))
    assert "signal: +0.69 (0.41 to 1.10)" in text
    assert "other: " in text
    frame.attrs["outcome"] = "log_count"
    assert "signal: +100%" in alt_text(plot_estimates(frame))


def test_levels_of_windows_are_drawn(result):
    day = pd.Timestamp
    effects = pd.DataFrame(
        {
            "estimate": [0.5, 1.0],
            "std_error": 0.1,
            "conf_low": [0.1, -np.inf],
            "conf_high": [0.9, np.inf],
            "p_value": 0.1,
            "first_day": [day("2021-01-06"), day("2021-01-16")],
            "last_day": [day("2021-01-14"), day("2021-01-24")],
            "identification": ["bundle", "combined path"],
        },
        index=pd.Index(["notice", "delay"], name="segment"),
    )
    text = alt_text(plot_effects(replace(result, effects=effects, outcome="")))
    assert "notice: 0.50 (0.10 to 0.90, bundle)" in text
    assert "delay: 1.00 (unbounded, combined path)" in text


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: plot_effects(x.panel), r"needs an EffectResult, got DataFrame"),
        (lambda x: plot_effects(x.no_effects), r"effects with the columns"),
        (lambda x: plot_series(x.result), r"or an outcome frame, got EffectResult"),
        (lambda x: plot_series(x.panel[["app"]]), r"needs a panel .*got \['app'\]"),
        (lambda x: plot_series(x.panel, units=["wire"]), r"\['wire'\] are not in the"),
        (lambda x: plot_series(x.panel, units=[]), r"draws 1 to 7 series, got 0"),
        (lambda x: plot_series(x.panel, design="x"), r"needs a Design or a mapping"),
        (lambda _: plot_estimates([]), r"needs EffectResults.*got none"),
        (lambda x: plot_estimates([x.result] * 2), r"are named \['signal'\]"),
        (lambda x: plot_estimates(x.panel), r"columns of EffectResult.to_frame"),
        (
            lambda x: plot_estimates(x.result, placebos=x.panel),
            r"needs the result of placebo_in_space, got 'DataFrame'",
        ),
        (
            lambda x: plot_estimates(x.result, sensitivity={"x": x.panel}),
            r"sensitivity\['x'\] needs a CheckResult",
        ),
        (lambda x: plot_estimates(x.two_kinds), r"effects of one kind"),
        (lambda x: plot_placebos(x.result), r"needs the result of placebo_in_space"),
        (lambda x: plot_ledger(x.panel), r"the frame of migration.sources.clashes"),
        (lambda _: plot_exposure(DELAY, {}), r"needs at least one market"),
    ],
)
def test_wrong_input_is_refused_with_what_to_give(result, panel, call, message):
    given = SimpleNamespace(
        result=result,
        panel=panel,
        no_effects=replace(result, effects=panel),
        two_kinds={"a": result, "b": replace(result, outcome="")},
    )
    with pytest.raises(DisplayError, match=message):
        call(given)


def test_a_panel_of_two_metrics_is_refused_with_the_choice(panel):
    two = pd.concat([panel, panel.assign(metric="updates")], ignore_index=True)
    with pytest.raises(DisplayError, match=r"draws one metric, got \['new_ins.*choose"):
        plot_series(two)


def test_a_panel_that_contradicts_itself_is_refused(panel):
    panel.loc[0, "value"] = -1.0
    with pytest.raises(PanelError, match="outside its bounds"):
        plot_series(panel)


def test_clashes_of_other_periods_only_are_refused(clashes):
    with pytest.raises(DisplayError, match=r"same period, got none among 1 clashes"):
        plot_ledger(clashes.assign(how="part exceeds the whole"))


def test_vintages_of_unknown_order_are_not_ordered(clashes):
    known = {line.get_marker() for line in plot_ledger(clashes).lines}
    unsure = plot_ledger(clashes.assign(order_known=False))
    assert {"o", "s"} <= known
    assert "D" in {line.get_marker() for line in unsure.lines}
    assert "order of vintages unknown" in [
        text.get_text() for text in unsure.get_legend().get_texts()
    ]


def test_a_bound_is_drawn_without_a_point(result):
    bound = result.headline.copy()
    bound[:] = [math.nan, math.nan, 1.59, math.inf, math.nan]
    made = replace(result, headline=bound, outcome="minus_log_rank")
    axes = plot_estimates({"Signal": made})
    told = [text.get_text() for text in axes.texts]
    assert any("at least 1.59" in text and "p " not in text for text in told)
    assert "Signal: at least 1.59, bundle" in alt_text(axes.figure)
    assert not any(line.get_marker() == "o" for line in axes.lines)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "Day (UTC)"),
        ("Asia/Kolkata", "Day (Asia/Kolkata)"),
        ("America/Argentina/Buenos_Aires", "Day (Buenos Aires)"),
    ],
)
def test_a_zone_leaves_the_legend_its_room(panel, zone, said):
    ax = plot_series(panel.assign(zone=zone))
    assert ax.get_xlabel() == said
    plt.close(ax.figure)
