"""Bounds, curves and placebo dates drawn from results made by hand."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from migration.checks.choices import NAMES
from migration.checks.honest import HonestResult
from migration.checks.multiverse import MultiverseResult
from migration.display import (
    alt_text,
    plot_breakdown,
    plot_placebo_dates,
    plot_specifications,
    table_curve,
    table_dates,
    table_honest,
    to_png,
)
from migration.errors import DisplayError
from migration.results import CheckResult

from .test_plots import inside, labels

WAYS = ("relative magnitudes",) * 3 + ("smoothness",)


@pytest.fixture
def honest():
    """Zero is in the set from Mbar = 1.4 on."""
    frame = pd.DataFrame(
        {
            "restriction": WAYS,
            "bound": [0.0, 1.0, 2.0, 0.3],
            "conf_low": [0.8, 0.3, -0.4, 0.1],
            "conf_high": [1.2, 1.7, 2.4, 1.9],
            "excludes_zero": [True, True, False, True],
            "excluded_here": [0.05, 0.01, 0.0, np.nan],
        }
    )
    return HonestResult(
        check="honest pre-trends", question="How far?", answer="told until 1.4",
        passed=None, frame=frame, breakdown_magnitude=1.4, breakdown_bend=0.35,
        leads=pd.DataFrame(),
    )  # fmt: skip


def curve(number):
    """``number`` specifications from -0.2 to 1, half of them from each baseline."""
    frame = pd.DataFrame(dict.fromkeys(NAMES, "declared"), index=range(number))
    frame["baseline"] = np.where(np.arange(number) % 2, "later half", "declared")
    frame["normal"] = np.where(np.arange(number) < number // 2, "one", "two")
    frame["estimate"] = np.linspace(-0.2, 1.0, number)
    frame["std_error"] = 0.1
    frame["p_value"] = np.where(frame["estimate"] > 0.4, 0.01, 0.4)
    told = pd.DataFrame(
        {"observed": [0.4, 0.5, 2.0], "p_same_days": [0.02, 0.02, 0.02],
         "p_value": [0.03, 0.02, 0.0005]},
        index=pd.Index(["median estimate", "share significant", "mean z"]),
    )  # fmt: skip
    return MultiverseResult(
        check="multiverse", question="One choice?", answer="specifications have signs",
        passed=False, frame=frame, curve=told, permutations=99, same_days=45,
    )  # fmt: skip


@pytest.fixture
def dates():
    days = pd.to_datetime(["2020-12-26", "2020-12-17", "2020-12-08"])
    frame = pd.DataFrame(
        {
            "first_day": days,
            "last_day": days + pd.Timedelta(days=8),
            "estimate": [0.1, -0.2, 0.5],
            "conf_low": [-0.2, -0.6, 0.2],
            "conf_high": [0.4, 0.2, 0.8],
            "p_value": [0.5, 0.3, 0.02],
        }
    )
    return CheckResult(
        check="placebo in time", question="Where none was?", answer="1 of 3 windows",
        passed=False, frame=frame,
    )  # fmt: skip


@pytest.fixture
def drawings(honest, dates):
    return {
        "breakdown": lambda: plot_breakdown(honest, name="Signal"),
        "curve": lambda: plot_specifications(curve(20), name="Signal"),
        "long curve": lambda: plot_specifications(curve(1000)),
        "dates": lambda: plot_placebo_dates(dates, name="Signal"),
    }


@pytest.mark.parametrize("kind", ["breakdown", "curve", "long curve", "dates"])
def test_same_bytes_and_no_text_covers_another(drawings, kind):
    ax = drawings[kind]()
    page = ax.figure.bbox
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent().padded(-1) for text in labels(ax)]
    assert len(boxes) > 4
    assert all(inside(box, page) for box in boxes)
    pairs = [(i, j) for i in range(len(boxes)) for j in range(i)]
    assert not [pair for pair in pairs if boxes[pair[0]].overlaps(boxes[pair[1]])]
    first = to_png(ax)
    plt.close("all")
    assert to_png(drawings[kind]()) == first


def test_the_texts_hold_the_numbers(honest, dates):
    told = alt_text(plot_breakdown(honest, name="Signal"))
    assert "for Signal" in told
    assert "1: 0.30 to 1.70" in told
    assert "Told until 1.4." in told
    told = alt_text(plot_specifications(curve(20)))
    assert "normal one 0.08, two 0.72" in told
    told = alt_text(plot_placebo_dates(dates))
    assert "17–25 December 2020: −0.20 (−0.60 to 0.20), p = 0.3" in told


def test_the_breakdown_is_marked_where_it_lies(honest):
    ax = plot_breakdown(honest)
    lines = [line for line in ax.lines if list(line.get_xdata()) == [1.4, 1.4]]
    assert len(lines) == 1
    assert "zero is in the set from 1.4 on" in [t.get_text() for t in ax.texts]


def test_a_filled_dot_is_told_from_zero(dates):
    ax = plot_specifications(curve(20))
    clouds = [line for line in ax.lines if line.get_marker() == "o"]
    told = next(line for line in clouds if line.get_markerfacecolor() != "white")
    assert len(told.get_xdata()) == int((curve(20).frame.p_value <= 0.05).sum())
    assert "1 of 3 windows" in plot_placebo_dates(dates).get_title(loc="left")


def test_a_thousand_specifications_are_thinned_and_the_figure_says_so():
    ax = plot_specifications(curve(1000))
    marks = [line for line in ax.lines if line.get_marker() == "|"]
    assert sum(len(line.get_xdata()) for line in marks) == 2 * 160
    assert "160 evenly spaced" in ax.get_xlabel()
    assert "|" in {line.get_marker() for line in plot_specifications(curve(20)).lines}


def test_simulated_is_said(honest, dates):
    for result, plot in (
        (honest, plot_breakdown),
        (curve(20), plot_specifications),
        (dates, plot_placebo_dates),
    ):
        object.__setattr__(result, "simulated", True)
        ax = plot(result)
        assert ax.get_title(loc="left").startswith("SIMULATED: ")
        assert alt_text(ax).startswith("SIMULATED. ")
    made = table_honest({"Signal": honest})
    assert made.caption.startswith("SIMULATED: ")


def test_the_tables_hold_every_row_and_answer(honest):
    made = table_honest({"Signal": honest}).as_raw_html()
    assert "moves at most 1 times as much as in the baseline" in made
    assert "0.30 to 1.70" in made
    assert "Signal: told until 1.4." in made
    made = table_curve({"Signal": curve(20)}).as_raw_html()
    assert "Mean z" in made
    assert "&lt; 0.001" in made


def test_a_date_out_of_reach_names_the_days_and_no_number(dates):
    day = pd.Timestamp("2021-02-08")
    row = {"control": "void", "kind": "negative", "first_day": day, "last_day": day,
           "estimate": 0.1, "conf_low": -0.2, "conf_high": 0.4, "p_value": 0.5,
           "n_controls": 99, "can_tell": True, "reached": True, "why": ""}  # fmt: skip
    numbers = dict.fromkeys(("estimate", "conf_low", "conf_high", "p_value"), np.nan)
    out = row | numbers | {"control": "far", "reached": False, "why": "OUT OF REACH: x"}
    few = row | {"control": "few", "can_tell": False, "n_controls": 5}
    check = replace(dates, frame=pd.DataFrame([row, out, few]))
    made = table_dates({"Signal": check}).as_raw_html()
    assert "0.10 (−0.20 to 0.40)" in made
    assert "OUT OF REACH: x" in made
    assert "cannot tell: 5 series" in made
    assert "nan" not in made
    with pytest.raises(DisplayError, match="table_dates needs the columns control"):
        table_dates({"Signal": dates})


def test_what_is_no_such_result_is_refused(honest, dates):
    with pytest.raises(DisplayError, match="plot_breakdown needs a HonestResult, got"):
        plot_breakdown(dates)
    with pytest.raises(DisplayError, match="needs a MultiverseResult, got CheckResult"):
        plot_specifications(dates)
    with pytest.raises(DisplayError, match="plot_placebo_dates needs the check"):
        plot_placebo_dates(honest)
    with pytest.raises(DisplayError, match="table_honest needs a mapping of names"):
        table_honest(honest)
    with pytest.raises(DisplayError, match="got CheckResult for Signal"):
        table_curve({"Signal": dates})
    bare = replace(honest, frame=honest.frame.iloc[3:])
    with pytest.raises(DisplayError, match="sets of relative magnitudes, got none"):
        plot_breakdown(bare)
