"""Effects by market as tiles and as a forest; what was left of one, week by week."""

import math
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from migration.display import (
    alt_text,
    caption_of,
    plot_decay,
    plot_market_forest,
    plot_tiles,
    to_png,
)
from migration.display.plots_decay import half_life, pieces
from migration.display.plots_tiles import FALLS, RISES, by_region, market_rows
from migration.errors import DisplayError
from migration.estimators.persistence import DECAY, RATIOS, PersistenceResult
from migration.results import COLUMNS

NAN, INF = math.nan, math.inf


def _row(estimate, low, high, p_value=0.02):
    return dict(zip(COLUMNS, (estimate, 0.1, low, high, p_value), strict=True))


@pytest.fixture
def markets(result):
    """India doubles, Brazil halves, Germany is not told, France has no sign.

    Of the United States a bound is known, of Namibia nothing.
    """
    numbers = {
        "IN": _row(math.log(2), math.log(1.5), math.log(3)),
        "BR": _row(-math.log(2), -math.log(3), -math.log(1.5)),
        "DE": _row(0.05, -0.2, 0.3, 0.4),
        "FR": _row(0.5, 0.4, 0.6),
        "US": _row(NAN, math.log(1.25), INF, NAN),
        "NA": _row(NAN, -INF, INF, NAN),
    }
    return {
        code: replace(result, headline=pd.Series(row)) for code, row in numbers.items()
    }


def _texts(ax):
    return [text.get_text() for text in ax.texts]


def _grounds(ax):
    """Colour of each tile, in the order drawn: by region, then by code."""
    tiles = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    return [patch.get_facecolor()[:3] for patch in tiles]


def test_each_market_is_a_tile_under_its_part_of_the_world(markets, flips):
    ax = plot_tiles(markets, sensitivity={"FR": flips}, name="Signal")
    said = _texts(ax)
    regions = ["Africa", "Americas", "Asia", "Europe"]
    assert [text for text in said if text in regions] == regions
    for words in ("+100%", "50% to 200%", "−50%", "−67% to −33%", "≥ 25%", "a bound"):
        assert words in said
    assert "FR" in said
    assert not any("65%" in text for text in said)
    assert said.count("no defensible\nnumber") == 2


def test_colour_says_what_the_words_say(markets, flips):
    ax = plot_tiles(markets, sensitivity={"FR": flips})
    namibia, brazil, us, india, germany, france = _grounds(ax)
    assert brazil == pytest.approx(to_rgb(FALLS[2]))
    assert india == pytest.approx(to_rgb(RISES[2]))
    assert us == pytest.approx(to_rgb(RISES[0]))
    assert germany == (1, 1, 1)
    assert namibia == france != (1, 1, 1)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == [
        "−37% to −50%",
        "0.0% to +26%",
        "+59% to +100%",
        "interval holds zero",
        "no defensible number",
    ]


def test_the_text_of_tiles_counts_and_names(markets, flips):
    said = alt_text(plot_tiles(markets, sensitivity={"FR": flips}, name="Signal"))
    assert said.startswith("Tiles, one a market, of Signal. 6 markets: 2 rose, 1 fell")
    assert "1 the interval holds zero, 2 have no number" in said
    assert "IN +100% (50% to 200%); US at least 25%; BR −50% (−67% to −33%)." in said


def test_simulated_markets_say_so_in_text_and_picture(markets):
    made = {code: replace(one, simulated=True) for code, one in markets.items()}
    for plot in (plot_tiles, plot_market_forest):
        ax = plot(made)
        assert alt_text(ax).startswith("SIMULATED. ")
        assert "SIMULATED" in ax.get_title(loc="left")


def test_units_of_apps_by_market_are_read_by_their_market(markets):
    made = {f"signal:{code}": one for code, one in markets.items()}
    rows = market_rows(made, None, "plot")
    assert {r: len(group) for r, group in by_region(rows).items()} == {
        "Africa": 1, "Americas": 2, "Asia": 1, "Europe": 2,
    }  # fmt: skip


def test_two_effects_of_a_market_are_refused(markets):
    made = {"signal:IN": markets["IN"], "viber:IN": markets["BR"]}
    with pytest.raises(DisplayError, match="one effect a market, got several of IN"):
        plot_tiles(made)


def test_effects_of_two_kinds_are_refused(markets, result):
    made = {"IN": markets["IN"], "US": replace(result, outcome="minus_log_rank")}
    with pytest.raises(DisplayError, match="effects of one kind"):
        plot_market_forest(made)


def test_the_forest_stands_in_order_of_size_and_says_what_has_none(markets, flips):
    ax = plot_market_forest(markets, names={"IN": "India"}, sensitivity={"FR": flips})
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[:4] == ["India", "US", "DE", "BR"]
    assert set(names[4:]) == {"FR", "NA"}
    assert "not an effect: sign changes" in _texts(ax)
    assert "at least 25%" in _texts(ax)
    assert "3 of 6 told from zero" in ax.get_title(loc="left")


@pytest.mark.parametrize("plot", [plot_tiles, plot_market_forest])
def test_axes_that_are_given_are_used_and_bytes_stay(markets, plot):
    _, (left, right) = plt.subplots(1, 2)
    assert plot(markets, ax=left) is left
    assert list(right.texts) == []
    assert to_png(plot(markets)) == to_png(plot(markets))


def _week(result, horizon, numbers, **more):
    first = result.design.event + pd.Timedelta(days=horizon)
    estimate, low, high = numbers
    about = {
        "horizon": horizon, "first_day": first, "days": "all days", "early": 1.0,
        "last_day": first + pd.Timedelta(days=6), "late": estimate, "why": "",
        "estimate": estimate, "low": low, "high": high, "kind": "interval",
        "set": f"{low:g} to {high:g}", "identification": "window",
    }  # fmt: skip
    return about | more


@pytest.fixture
def persisted(result):
    """A half, a quarter that may be anything, and a week without a number."""
    rows = [
        _week(result, 9, (0.5, 0.4, 0.6)),
        _week(result, 16, (0.25, -INF, INF), identification="combined path"),
        _week(result, 23, (NAN, NAN, NAN), why="no day is left", set=""),
    ]
    numbers = {"decay a day": (0.9, 0.8, 0.95), "half-life, days": (6.6, 3.1, 13.5)}
    decay = [
        {"shape": "pulse", "quantity": name, **_row(*values), "why": None}
        for name, values in numbers.items()
    ]
    return PersistenceResult(
        ratios=pd.DataFrame(rows, columns=RATIOS),
        decay=pd.DataFrame(decay, columns=DECAY),
        answer="", inference="", design=result.design, warnings=(),
    )  # fmt: skip


def test_the_caption_says_whose_data_are_drawn_or_that_they_are_simulated(persisted):
    told = replace(persisted, vintage={"source": "flathub"})
    assert caption_of(plot_decay(told)).endswith("Source: Flathub.")
    made = caption_of(plot_decay(replace(told, simulated=True)))
    assert made.endswith(". SIMULATED data.")


def test_each_week_is_a_point_at_its_middle_and_half_is_marked(persisted):
    ax = plot_decay(persisted, name="Signal")
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [tuple(line.get_xydata()[0]) for line in points] == [(12, 0.5), (19, 0.25)]
    assert points[1].get_markerfacecolor() == "white"
    (half,) = [line for line in ax.lines if line.get_marker() == "d"]
    assert tuple(half.get_xydata()[0]) == pytest.approx((4 + 6.6, 0.5))
    assert ax.get_title(loc="left") == (
        "Signal: what was left, half-life 6.6 days (3.1 to 13.5)"
    )


def test_a_set_without_bounds_leaves_the_axes_by_an_arrow(persisted):
    ax = plot_decay(persisted)
    marks = [line.get_marker() for line in ax.lines]
    assert (marks.count("^"), marks.count("v")) == (1, 1)


def test_a_decay_that_is_refused_is_not_drawn_and_the_text_says_why(persisted):
    refused = {"shape": "pulse", "quantity": "refused", "why": "it does not decay"}
    decay = pd.DataFrame([refused], columns=DECAY)
    made = replace(persisted, decay=decay, simulated=True)
    ax = plot_decay(made, name="Signal")
    assert half_life(made) is None
    assert "no half-life" in ax.get_title(loc="left")
    assert not [line for line in ax.lines if line.get_marker() == "d"]
    assert alt_text(ax) == (
        "SIMULATED. Share of the first effect of Signal that was left, by week. days 9 "
        "to 15: 50%, set 40% to 60%; days 16 to 22: 25%, set unbounded; days 23 to "
        "29: no day is left. No half-life: it does not decay."
    )


def test_a_set_that_leaves_a_middle_out_is_two_intervals():
    row = {"kind": "outside", "set": "at most -1.5 or at least 0.25"}
    assert pieces(row) == [(-INF, -1.5), (0.25, INF)]
    assert pieces({"kind": "interval", "low": 0, "high": 1}) == [(0, 1)]


def test_an_outside_set_is_told_in_percent_and_advice_to_callers_is_not(persisted):
    ratios = persisted.ratios.copy()
    ratios.loc[0, ["kind", "set"]] = ["outside", "at most -1.5 or at least 0.25"]
    refused = {"shape": "pulse", "quantity": "refused", "why": "none; use shape='a'"}
    decay = pd.DataFrame([refused], columns=DECAY)
    text = alt_text(plot_decay(replace(persisted, ratios=ratios, decay=decay)))
    assert "days 9 to 15: 50%, set at most −150% or at least 25%" in text
    assert text.endswith("No half-life: none.")


def test_the_half_life_has_its_interval_on_the_level_of_half(persisted):
    ax = plot_decay(persisted)
    spans = [path for lines in ax.collections for path in lines.get_segments()]
    assert any(
        span[:, 1] == pytest.approx([0.5, 0.5])
        and span[:, 0] == pytest.approx([4 + 3.1, 4 + 13.5])
        for span in spans
    )


def test_another_result_is_refused(result):
    with pytest.raises(DisplayError, match="needs a PersistenceResult, got EffectRes"):
        plot_decay(result)
