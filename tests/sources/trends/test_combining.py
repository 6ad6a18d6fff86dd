"""Draws averaged, windows stitched, markets chained: by hand, and against a truth."""

import dataclasses
import datetime as dt
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sources.trends_files import daily, raw, said

from migration.errors import PanelError
from migration.outcomes import to_outcome
from migration.panel import check_panel
from migration.sources.trends import panel
from migration.sources.trends.lines import CELLS, Lines, Series, one_draw
from migration.sources.trends.scales import put_on_scales

ONE = "Signal=signal"


def made(study, *files):
    return check_panel(panel(raw(study, *files), study))


def values(frame, app="signal", market="IN", metric="interest"):
    chosen = frame[
        (frame["app"] == app)
        & (frame["market"] == market)
        & (frame["metric"] == metric)
    ]
    return chosen.set_index("period").sort_index()


def test_three_draws_worked_by_hand(study):
    """Means, and standard errors sd/√3: of 10, 12, 14 it is 2/√3; of 100s none."""
    draws = [[10, 100, "<1", 3], [12, 100, "<1", "<1"], [14, 100, "<1", 4]]
    files = [
        (f"{n}.csv", daily("2021-01-05", {"Signal": draw}), said(ONE, draw=str(n)))
        for n, draw in enumerate(draws)
    ]
    frame = made(study, *files)
    found = values(frame)
    assert found["status"].tolist() == ["observed", "observed", "censored", "censored"]
    np.testing.assert_allclose(found["value"], [12, 100, np.nan, np.nan])
    np.testing.assert_allclose(
        found[["rounded_lower", "rounded_upper"]][:2], [[11.5, 12.5], [99.5, 100]]
    )
    np.testing.assert_allclose(
        found[["lower", "upper"]][2:],
        [[0, 1], [(2.5 + 3.5) / 3, (3.5 + 1 + 4.5) / 3]],
    )
    errors = values(frame, metric="interest_draw_se")
    np.testing.assert_allclose(errors["value"], [2 / np.sqrt(3), 0], atol=1e-12)
    (told,) = frame.attrs["draws"]
    assert (told["draws"], told["app"], told["market"]) == (3, "signal", "IN")
    assert told["cv"] == pytest.approx((2 / 12) / 2)  # the median of 2/12 and 0


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_files_changes_nothing(study, order):
    files = [
        ("a.csv", daily("2021-01-05", {"Signal": [20, 50, 100]}), said(ONE)),
        ("b.csv", daily("2021-01-05", {"Signal": [22, 48, 100]}), said(ONE)),
        ("c.csv", daily("2021-01-05", {"Signal": [24, 40, 100]}), said(ONE)),
    ]
    one, other = made(study, *files), made(study, *[files[at] for at in order])
    sort = ["metric", "app", "market", "period"]
    assert_frame_equal(
        one.sort_values(sort, ignore_index=True),
        other.sort_values(sort, ignore_index=True),
    )


def test_a_file_downloaded_twice_is_one_draw_unless_they_are_numbered(study):
    content = daily("2021-01-05", {"Signal": [20, 50, 100]})
    twice = made(
        study, ("a.csv", content, said(ONE)), ("a (1).csv", content, said(ONE))
    )
    assert set(twice["metric"]) == {"interest"}
    numbered = [(f"{n}.csv", content, said(ONE, draw=str(n))) for n in (1, 2)]
    errors = values(made(study, *numbered), metric="interest_draw_se")
    assert errors["value"].tolist() == [0, 0, 0]


def test_a_draw_in_which_the_last_day_was_over_speaks_for_it_alone(study):
    """The other two were exported on the day itself: 80 and 90 are not counted."""
    columns = [[20, 80], [20, 100], [22, 90]]
    exported = ["2021-01-06", "2021-01-07", None]
    files = [
        (f"{n}.csv", daily("2021-01-05", {"Signal": c}), said(ONE, exported=day or ""))
        for n, (c, day) in enumerate(zip(columns, exported, strict=True))
    ]
    found = values(made(study, *files))
    assert found["value"].tolist() == [pytest.approx(62 / 3), 100]
    assert found["status"].tolist() == ["observed", "observed"]
    partial = values(made(study, files[0], files[2]))
    assert partial["status"].tolist() == ["observed", "partial"]
    assert partial[["lower", "upper"]].iloc[1].tolist() == [0, 100]
    assert set(made(study, files[0], files[2])["metric"]) == {
        "interest",
        "interest_draw_se",
    }


A = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
B = [20, 40, 60, 80, 100, 60, 40, 20]


def test_two_windows_worked_by_hand(study):
    """A's last five days are 60 to 100; in B, of half A's unit, they are 30 to 50.

    So B counts double: factor (60+70+80+90+100)/(30+35+40+45+50) = 2. B's later days
    of 100 and 25 are 200 and 50 on A's scale. Bounds: 62.5 % each way by rounding.
    """
    later = [30, 35, 40, 45, 50, 100, 25]
    files = [
        ("a.csv", daily("2021-01-01", {"Signal": A}), said(ONE)),
        ("b.csv", daily("2021-01-06", {"Signal": later}), said(ONE)),
    ]
    frame = made(study, *files)
    (scale,) = frame.attrs["scales"]
    (link,) = scale["links"]
    assert (link["factor"], link["median"], link["points"]) == (2, 2, 5)
    assert link["lower"] == pytest.approx(397.5 / 202.5)
    assert link["upper"] == pytest.approx(402 / 197.5)  # 100 is rounded down alone
    found = values(frame)
    top = 100 / (100 * 402 / 197.5)  # the largest upper bound becomes 100
    expected = np.array([*A, 200, 50]) * top
    np.testing.assert_allclose(found["value"], expected)
    assert found["rounded_upper"].max() == pytest.approx(100)
    np.testing.assert_allclose(found["rounded_lower"].iloc[0], 9.5 * top)
    np.testing.assert_allclose(
        found[["rounded_lower", "rounded_upper"]].iloc[-1],
        [24.5 * link["lower"] * top, 25.5 * link["upper"] * top],
    )
    assert [(b["app"], b["day"]) for b in frame.attrs["breaks"]] == [
        ("signal", "2021-01-11")
    ]


def test_windows_that_overlap_too_little_are_refused(study):
    files = [
        ("a.csv", daily("2021-01-01", {"Signal": A}), said(ONE)),
        ("b.csv", daily("2021-01-07", {"Signal": B}), said(ONE)),
    ]
    words = (
        r"cannot put the windows of signal in IN on one scale: b.csv and a.csv share "
        r"fewer than 5 points of 10 or more, and 2021-01-11 is in the first alone: "
        r"export windows that overlap by more, or name files in the option leave_out"
    )
    with pytest.raises(PanelError, match=words):
        made(study, *files)


def test_points_below_ten_make_no_link(study):
    """Six days in common, of which one series has four of ten or more."""
    low = [9, 9, 10, 10, 10, 10, 100]
    files = [
        ("a.csv", daily("2021-01-01", {"Signal": A}), said(ONE)),
        ("b.csv", daily("2021-01-05", {"Signal": low}), said(ONE)),
    ]
    with pytest.raises(PanelError, match="share fewer than 5 points of 10 or more"):
        made(study, *files)


def test_a_link_that_one_point_carries_is_cautioned_against(study):
    odd = [30, 35, 40, 45, 50, 100, 25]
    spiky = [*A[:8], 20, 20]
    files = [
        ("a.csv", daily("2021-01-01", {"Signal": spiky}), said(ONE)),
        ("b.csv", daily("2021-01-06", {"Signal": odd}), said(ONE)),
    ]
    (caution,) = made(study, *files).attrs["cautions"]
    assert "the median ratio of 5 points is 2, that of their sums 1.25" in caution


def test_a_stitch_across_a_change_of_method_is_cautioned_against(study):
    files = [
        ("a.csv", daily("2021-12-20", {"Signal": A}), said(ONE)),
        ("b.csv", daily("2021-12-25", {"Signal": B}), said(ONE)),
    ]
    attrs = made(study, *files).attrs
    assert any("stitched across 2022-01-01" in words for words in attrs["cautions"])
    assert "2022-01-01" in [one["day"] for one in attrs["breaks"]]
    alone = made(study, files[0]).attrs
    assert alone["cautions"] == []


def markets(anchor, others, first="2021-01-01"):
    """One keyword in several places, as one request shows them."""
    columns = {"India": anchor, **others}
    head = ",".join(["Day", *(f"Signal: ({label})" for label in columns)])
    start = dt.date.fromisoformat(first)
    rows = [
        ",".join([f"{start + dt.timedelta(days=n)}", *map(str, row)])
        for n, row in enumerate(zip(*columns.values(), strict=True))
    ]
    return "\n".join([head, *rows]).encode()


LOW = ["<1"] * 6


def test_markets_chained_by_an_anchor_worked_by_hand(study):
    """India is 50 in one request and 25 in the other: Brazil's 40 there is 80 here."""
    words = said(ONE, geo="")
    files = [
        ("a.csv", markets([50] * 6, {"Germany": [100] * 6}), words),
        (
            "b.csv",
            markets([25] * 6, {"Brazil": [40] * 5 + [100], "Namibia": LOW}),
            words,
        ),
    ]
    frame = made(study, *files)
    (scale,) = frame.attrs["scales"]
    assert [link["factor"] for link in scale["links"]] == [2]
    means = {m: values(frame, market=m)["value"].iloc[0] for m in ("IN", "DE", "BR")}
    assert means["DE"] / means["IN"] == pytest.approx(2)
    assert means["BR"] / means["IN"] == pytest.approx(80 / 50)
    namibia = values(frame, market="NA")
    assert set(namibia["status"]) == {"censored"}
    assert namibia["lower"].tolist() == [0] * 6
    assert namibia["upper"].iloc[0] == pytest.approx(
        scale["links"][0]["upper"] * 100 / (100 * scale["links"][0]["upper"])
    )


def test_markets_whose_anchor_is_too_small_keep_a_scale_of_their_own(study):
    words = said(ONE, geo="")
    files = [
        ("a.csv", markets([50] * 6, {"Germany": [100] * 6}), words),
        ("b.csv", markets([9] * 6, {"Brazil": [40] * 5 + [100]}), words),
    ]
    frame = made(study, *files)
    held = [[m for _, m in scale["series"]] for scale in frame.attrs["scales"]]
    assert sorted(map(sorted, held)) == [["BR"], ["DE", "IN"]]
    assert values(frame, market="BR")["value"].tolist() == [40] * 5 + [100]
    assert values(frame, market="IN")["value"].tolist() == [50] * 6


TRUTHS = st.lists(st.floats(0.02, 1.0), min_size=30, max_size=30)


def lines_of(truth, first, *, name, app="signal"):
    """A window of true shares, as a request would show it: scaled and rounded."""
    scaled = 100 * np.asarray(truth) / max(truth)
    value = np.rint(scaled)[:, None]
    start = np.datetime64(first, "s")
    periods = start + np.arange(len(truth)) * np.timedelta64(86400, "s")
    bounds = (np.clip(value - 0.5, 0, 100), np.clip(value + 0.5, 0, 100))
    return Lines(
        metric="interest",
        series=(Series(app, "IN", "topic"),),
        periods=periods.astype("datetime64[s]"),
        **one_draw(value, *bounds, partial=np.zeros(value.shape, dtype=bool)),
        files=(name,),
    )


@settings(max_examples=150, deadline=None)
@given(TRUTHS, st.integers(8, 16))
def test_the_truth_lies_within_the_bounds_of_every_stitch(truth, start):
    """Without noise there is one scale on which all true shares are in their bounds."""
    day = f"2021-01-{start + 1:02d}"
    windows = [
        lines_of(truth[:20], "2021-01-01", name="a"),
        lines_of(truth[start:], day, name="b"),
    ]
    scales = put_on_scales(windows)
    for scale in scales:
        lines = scale.lines
        since = lines.periods.astype("datetime64[D]") - np.datetime64("2021-01-01")
        true = np.array(truth)[since.astype(int)]
        low, high = lines.lower[:, 0] / true, lines.upper[:, 0] / true
        assert low.max() <= high.min() * (1 + 1e-12)
        inside = (lines.lower <= lines.value) & (lines.value <= lines.upper)
        assert inside.all()


@settings(max_examples=50, deadline=None)
@given(TRUTHS)
def test_a_second_series_of_the_same_numbers_changes_no_factor(truth):
    windows = [
        lines_of(truth[:20], "2021-01-01", name="a"),
        lines_of(truth[8:], "2021-01-09", name="b"),
    ]
    twice = [with_twin(window) for window in windows]
    links = [scale.links for scale in put_on_scales(windows, points=5)]
    doubled = [scale.links for scale in put_on_scales(twice, points=10)]
    for one, other in zip(
        itertools.chain(*links), itertools.chain(*doubled), strict=True
    ):
        assert other.points == 2 * one.points
        for name in ("factor", "lower", "upper", "median"):
            assert getattr(other, name) == pytest.approx(getattr(one, name))


def with_twin(lines):
    cells = {name: np.tile(getattr(lines, name), 2) for name in CELLS}
    twin = lines.series[0]._replace(app="twin")
    return dataclasses.replace(lines, series=(*lines.series, twin), **cells)


def test_a_chain_of_many_windows_is_put_on_one_scale_quickly():
    """Forty windows of a year apiece by 30 days' overlap: one root, 39 links."""
    rng = np.random.default_rng(1)
    truth = 1 + rng.random(40 * 60 + 30)
    windows = [
        lines_of(
            truth[60 * n : 60 * n + 90],
            str(np.datetime64("2010-01-01") + np.timedelta64(60 * n, "D")),
            name=f"{n:02d}",
        )
        for n in range(40)
    ]
    (scale,) = put_on_scales(windows)
    assert len(scale.links) == 39
    ratio = scale.lines.value[:, 0] / truth
    assert ratio.std() / ratio.mean() < 0.05


def test_draws_of_a_map_are_averaged_though_a_small_place_comes_and_goes(study):
    head = "Country,Signal: (12/1/20 - 6/30/21)\n"
    words = said(ONE, geo="WW")
    frame = made(
        study,
        ("a.csv", f"{head}India,100\nChad,10\n".encode(), words),
        ("b.csv", f"{head}India,100\nGermany,50\n".encode(), words),
    )
    found = frame[frame["metric"] == "interest_by_region"].set_index("market")
    assert found["value"].to_dict() == {"IN": 100, "TD": 10, "DE": 50}
    errors = frame[frame["metric"] == "interest_by_region_draw_se"]
    assert errors["market"].tolist() == ["IN"]


def test_the_outcome_has_the_bounds_of_the_stitch(study):
    later = [30, 35, 40, 45, 50, 100, 25]
    frame = made(
        study,
        ("a.csv", daily("2021-01-01", {"Signal": A}), said(ONE)),
        ("b.csv", daily("2021-01-06", {"Signal": later}), said(ONE)),
    )
    outcome = to_outcome(frame, "interest_share")
    found = values(frame)
    np.testing.assert_allclose(outcome["y"], found["value"] / 100)
    np.testing.assert_allclose(outcome["y_lower"], found["rounded_lower"] / 100)
    np.testing.assert_allclose(outcome["y_upper"], found["rounded_upper"] / 100)
    half = to_outcome(frame.drop(columns="rounded_lower"), "interest_share")
    np.testing.assert_allclose(half["y_lower"], half["y"] - 0.005)
    assert isinstance(json.dumps(frame.attrs), str)
    assert pd.api.types.is_float_dtype(outcome["y"])
