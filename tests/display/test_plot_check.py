"""The checks that have a table, drawn: one form after another, from frames by hand."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from migration.display import alt_text, plot_check, plot_each
from migration.errors import DisplayError
from migration.results import CheckResult

from .test_plots import inside, labels

NUMBER = 14
ESTIMATE = np.linspace(-0.2, 1.1, NUMBER)


def made(check, frame, **attrs):
    frame = pd.DataFrame(frame)
    frame.attrs = attrs
    return CheckResult(
        check=check, question="Does it?", answer="it does", passed=None, frame=frame
    )


def days(*texts):
    return pd.to_datetime(list(texts))


@pytest.fixture
def control():
    return made(
        "control dates",
        {
            "control": ["a year earlier", "outage"],
            "kind": ["negative", "positive"],
            "estimate": [0.25, np.nan],
            "conf_low": [-0.5, np.nan],
            "conf_high": [1.0, np.nan],
            "p_value": [0.4, np.nan],
        },
    )


@pytest.fixture
def left_out():
    return made(
        "leave one out over controls",
        {
            "left_out": [f"org.example.Application{k}" for k in range(NUMBER)],
            "estimate": ESTIMATE,
            "std_error": 0.1,
            "p_value": np.where(ESTIMATE > 0.5, 0.01, 0.4),
        },
    )


@pytest.fixture
def joint():
    return made(
        "joint significance",
        {
            "effect": [f"App {k}, a long name of an event" for k in range(NUMBER)],
            "p_value": np.linspace(0.01, 0.3, NUMBER),
            "p_family": np.linspace(0.02, 0.6, NUMBER),
            "p_discovery": np.linspace(0.015, 0.4, NUMBER),
        },
    )


@pytest.fixture
def calendar():
    first = pd.date_range("2021-01-02", periods=NUMBER)
    frame = {
        "label": [f"an event with a long label, number {k}" for k in range(NUMBER)],
        "first_day": first,
        "last_day": first + pd.Timedelta(days=1),
        "where": ["baseline"] * 4 + ["window"] * 10,
        "severity": ["low", "low", "high", "medium", *["medium"] * 9, "high"],
    }
    spans = {"baseline": ["2020-12-01", "2021-01-05"]}
    return made(
        "calendar collisions", frame, window=["2021-01-06", "2021-01-15"], **spans
    )


@pytest.fixture
def breaks():
    frame = {
        "last_day_before": days("2021-01-05", "2021-01-20"),
        "conf_first": days("2021-01-03", "2021-01-18"),
        "conf_last": days("2021-01-08", "2021-01-25"),
        "event": ["notice", ""],
        "known_break": ["", ""],
    }
    return made(
        "break dates",
        frame,
        events={"notice": "2021-01-06"},
        days=["2020-12-01", "2021-01-31"],
    )


@pytest.fixture
def memory():
    lags = {
        "acf_least_squares": [0.5, -0.2, 0.1],
        "acf_innovations": [0.1, 0.05, -0.3],
        "p_value": [np.nan, 0.2, 0.03],
    }
    return made("noise memory", pd.DataFrame(lags, index=[1, 2, 3]))


@pytest.fixture
def every(request):
    names = "control", "left_out", "joint", "calendar", "breaks", "memory"
    return [request.getfixturevalue(name) for name in names]


def drawn(ax, marker):
    """Where the points of one marker are, from left to right."""
    lines = [line for line in ax.lines if line.get_marker() == marker]
    return np.sort(np.concatenate([np.asarray(x.get_xdata(), float) for x in lines]))


def test_rows_are_the_estimates_and_their_bars(control, left_out):
    ax = plot_check(left_out, name="Signal")
    assert drawn(ax, "o") == pytest.approx(ESTIMATE[:5])
    ends = np.array([s[:, 0] for c in ax.collections for s in c.get_segments()])
    assert np.sort(ends[:, 0]) == pytest.approx(ESTIMATE[:5] - 0.2)
    assert np.sort(ends[:, 1]) == pytest.approx(ESTIMATE[:5] + 0.2)
    assert "5 of 14" in ax.get_title(loc="left")
    assert "bars are 2 standard errors" in ax.get_xlabel()
    told = alt_text(plot_check(control, name="Signal"))
    assert "a year earlier (negative): 0.25 (−0.50 to 1.00), p = 0.4" in told
    assert "outage (positive): out of reach" in told


def test_dots_are_the_numbers_of_each_row(joint):
    ax = plot_check(joint)
    for marker, column in zip(
        "osD", ("p_value", "p_family", "p_discovery"), strict=True
    ):
        assert drawn(ax, marker) == pytest.approx(joint.frame[column].to_numpy()[:12])
    assert ax.get_xscale() == "log"
    assert [0.05, 0.05] in [list(line.get_xdata()) for line in ax.lines]
    assert "App 0, a long name of an event: alone 0.01" in alt_text(ax)


def test_the_size_of_the_effect_stands_beside_hidden_trends():
    check = made(
        "pre-trend power",
        {
            "found_in": [0.5, 0.8],
            "slope_a_day": [0.01, 0.02],
            "hidden": [0.4, 0.8],
            "hidden_if_passed": [0.3, 0.7],
            "of_the_estimate": [0.5, 1.0],
        },
    )
    ax = plot_check(check)
    assert drawn(ax, "o") == pytest.approx([0.4, 0.8])
    assert drawn(ax, "s") == pytest.approx([0.3, 0.7])
    assert "the effect's size, 0.8" in [t.get_text() for t in ax.get_legend().texts]


def test_an_effect_that_nothing_finds_is_no_dot():
    sizes = dict.fromkeys(("loss", "formula", "blocks_gain", "blocks_loss"), np.nan)
    frame = {"app": ["A", "B"], "design": "alone", "gain": [0.5, np.nan], **sizes}
    ax = plot_check(made("power before the event", frame))
    assert drawn(ax, "o") == pytest.approx([0.5])
    assert "no answer" in [text.get_text() for text in ax.texts]
    assert "A, alone: gain 0.5, loss –" in alt_text(ax)


def test_bars_lie_on_the_days_of_the_gravest_events(calendar):
    ax = plot_check(calendar)
    bars = [bar for container in ax.containers for bar in container]
    kept = calendar.frame.drop([0, 1])  # of low severity, and not in the window
    starts = [date2num(day) - 0.5 for day in kept["first_day"]]
    assert [bar.get_x() for bar in bars] == pytest.approx(starts)
    assert [bar.get_width() for bar in bars] == pytest.approx([2.0] * 12)
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["baseline", "window", "severity high", "severity medium"]
    assert "number 2, 4–5 January 2021, in the baseline, severity high" in alt_text(ax)


@pytest.mark.parametrize("columns", [1, 2])
def test_the_name_of_an_event_stands_above_its_line_in_narrow_axes(breaks, columns):
    figure, axes = plt.subplots(
        1, columns, figsize=(7.2, 3), layout="constrained", squeeze=False
    )
    ax = plot_check(breaks, ax=axes[0, -1])
    figure.draw_without_rendering()
    (name,) = [text for text in ax.texts if "notice" in text.get_text()]
    box = name.get_window_extent()
    line, _ = ax.transData.transform((date2num(pd.Timestamp("2021-01-06")) - 0.5, 0))
    assert box.x0 - 1 <= line <= box.x1
    assert box.x1 <= figure.bbox.x1
    for other in axes[0, :-1]:
        assert other.get_window_extent().x1 < box.x0


@pytest.mark.parametrize("columns", [2, 3])
def test_names_wider_than_their_axes_stay_on_the_page_and_their_side(breaks, columns):
    events = {"notice": "2021-01-06", "delay": ("2021-01-15", "2021-01-16")}
    breaks.frame.attrs["events"] = events
    figure, axes = plt.subplots(1, columns, figsize=(7.2, 3), layout="constrained")
    ax, beside = plot_check(breaks, ax=axes[-1]), axes[-2].get_window_extent
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts if "January" in t.get_text()]
    assert len(boxes) == 2
    for box in boxes:
        assert beside().x1 < box.x0
        assert box.x1 <= figure.bbox.x1


def test_breaks_have_their_days_and_the_events_a_line(breaks):
    ax = plot_check(breaks)
    wanted = [date2num(day) for day in breaks.frame["last_day_before"]]
    assert drawn(ax, "o") == pytest.approx(wanted)
    assert "notice, 6 January" in [text.get_text() for text in ax.texts]
    assert "after 5 January 2021 (3–8 January 2021): notice" in alt_text(ax)


def test_lags_are_the_autocorrelations(memory):
    ax = plot_check(memory)
    for marker, column in zip(
        "xo", ("acf_least_squares", "acf_innovations"), strict=True
    ):
        line = next(line for line in ax.lines if line.get_marker() == marker)
        assert line.get_ydata() == pytest.approx(memory.frame[column].to_numpy())
    assert "lag 3: least squares 0.10, the model −0.30, p = 0.03" in alt_text(ax)


def test_no_label_covers_another_and_simulated_is_said(every):
    for check in every:
        ax = plot_check(replace(check, simulated=True), name="Signal")
        assert "SIMULATED" in [text.get_text() for text in ax.texts]
        assert alt_text(ax).startswith("SIMULATED. ")
        ax.figure.draw_without_rendering()
        texts = labels(ax)
        boxes = [text.get_window_extent().padded(-1) for text in texts]
        page = ax.figure.bbox
        assert all(inside(box, page) for box in boxes), check.check
        pairs = [(i, j) for i in range(len(boxes)) for j in range(i)]
        hit = [
            labels(ax)[i].get_text() for i, j in pairs if boxes[i].overlaps(boxes[j])
        ]
        assert not hit, check.check
        plt.close("all")


def test_without_rows_there_is_nothing_and_that_is_said(every):
    for check in every:
        ax = plot_check(replace(check, frame=check.frame.iloc[:0]))
        assert "nothing to draw" in [text.get_text() for text in ax.texts]
        assert "nothing to draw. It does." in alt_text(ax)
        plt.close("all")


def test_refusals(control):
    with pytest.raises(DisplayError, match="plot_check draws control dates, outage, "):
        plot_check(replace(control, check="placebo in time"))
    with pytest.raises(DisplayError, match="got str"):
        plot_check("control dates")
    bare = replace(control, frame=control.frame.drop(columns="kind"))
    with pytest.raises(DisplayError, match=r"\['kind'\] are absent"):
        plot_check(bare)


def test_where_no_app_has_an_answer_the_figure_says_why():
    why = pd.DataFrame([{"app": "Signal", "reason": "out of reach: needs 3 markets"}])
    ax = plot_each(plot_check, {}, refused=why)
    assert "Signal: out of reach: needs 3 markets" in ax.texts[0].get_text()
    assert alt_text(plot_each(plot_check, {}, refused=why.iloc[:0])).startswith(
        "Nothing to draw. every app: there is no estimate"
    )
