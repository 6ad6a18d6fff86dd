"""Outcomes keep bounds, and make no number of what is not one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from migration.errors import PanelError
from migration.outcomes import (
    INSTALLS_BAND,
    default_outcome,
    period_means,
    series_outcome,
    to_outcome,
)
from migration.panel import check_panel

NAN, INF = float("nan"), float("inf")
Y = ["y", "y_lower", "y_upper"]


def make(rows, **columns):
    """A panel of ``(value, lower, upper, status)``, one day after another."""
    frame = pd.DataFrame(rows, columns=["value", "lower", "upper", "status"])
    frame = frame.astype({"value": float, "lower": float, "upper": float})
    days = pd.date_range("2021-01-01", periods=len(frame))
    about = {"source": "s", "metric": "m", "app": "a", "market": "WW", "zone": "UTC"}
    panel = frame.assign(period=days, **{**about, **columns})
    panel.attrs = {"vintage": {"source": "s"}, "simulated": False}
    return check_panel(panel)


def seen(*values):
    return [(v, v, v, "observed") for v in values]


MISSING = (NAN, NAN, NAN, "missing")


def test_log_counts_by_hand():
    rows = [*seen(10, 0), (NAN, 0, 5, "censored"), (NAN, 2, 5, "censored"), MISSING]
    frame = to_outcome(make(rows), "log_count")
    expected = [
        [np.log(10), np.log(10), np.log(10)],
        [NAN, -INF, 0],
        [NAN, -INF, np.log(5)],
        [NAN, np.log(2), np.log(5)],
        [NAN, NAN, NAN],
    ]
    np.testing.assert_allclose(frame[Y], expected)
    assert frame.attrs == {
        "vintage": {"source": "s"},
        "simulated": False,
        "outcome": "log_count",
        "source": "s",
        "metric": "m",
        "zone": "UTC",
    }


def test_shares_take_the_bounds_that_the_panel_knows_better():
    rows = [*seen(40, 40), (NAN, 0, 1, "censored"), MISSING]
    known = {"rounded_lower": [39, NAN, NAN, NAN], "rounded_upper": [47, NAN, NAN, NAN]}
    panel = make(rows).assign(**known)
    frame = to_outcome(panel, "interest_share")
    expected = [
        [0.4, 0.39, 0.47], [0.4, 0.395, 0.405], [NAN, 0, 0.01], [NAN, NAN, NAN],
    ]  # fmt: skip
    np.testing.assert_allclose(frame[Y], expected)
    one = to_outcome(panel.drop(columns="rounded_upper"), "interest_share")
    np.testing.assert_allclose(one[Y][:1], [[0.4, 0.395, 0.405]])
    assert_frame_equal(to_outcome(panel, "count"), to_outcome(make(rows), "count"))


def test_a_partial_day_gives_bounds_and_no_number():
    rows = [(7, 7, INF, "partial"), (-3, -3, INF, "partial")]
    frame = to_outcome(make(rows), "log_count")
    np.testing.assert_allclose(frame[Y], [[NAN, np.log(7), INF], [NAN, -INF, INF]])
    assert to_outcome(make(rows), "count")["y"].isna().all()


def test_ranks_by_hand():
    """Rank r is (-log(r + 1/2), -log(r - 1/2)); a chart of 100 ends at 100.5."""
    tied = (NAN, 4, 6, "censored")
    off = (NAN, 101, INF, "censored")
    frame = to_outcome(make([*seen(1, 2), tied, off, MISSING]), "minus_log_rank")
    expected = [
        [0, -np.log(1.5), INF],
        [-np.log(2), -np.log(2.5), -np.log(1.5)],
        [NAN, -np.log(6.5), -np.log(3.5)],
        [NAN, -INF, -np.log(100.5)],
        [NAN, NAN, NAN],
    ]
    np.testing.assert_allclose(frame[Y], expected, atol=1e-15)


def test_installs_are_the_ranks_bounds_times_the_band_by_hand():
    """Rank 1 has no ceiling and the chart no floor: both stay unbounded."""
    tied = (NAN, 4, 6, "censored")
    off = (NAN, 101, INF, "censored")
    panel = make([*seen(1, 2), tied, off, MISSING])
    frame = to_outcome(panel, "log_installs", b_band=(0.5, 1.0))
    expected = [
        [NAN, -np.log(1.5), INF],
        [NAN, -np.log(2.5), -0.5 * np.log(1.5)],
        [NAN, -np.log(6.5), -0.5 * np.log(3.5)],
        [NAN, -INF, -0.5 * np.log(100.5)],
        [NAN, NAN, NAN],
    ]
    np.testing.assert_allclose(frame[Y], expected, atol=1e-15)
    assert frame.attrs["b_band"] == [0.5, 1.0]
    assert to_outcome(panel, "log_installs").attrs["b_band"] == [0.43, 0.985]


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=9),
    st.tuples(st.floats(0.1, 1), st.floats(1.01, 3)),
    st.floats(0, 1),
)
def test_every_exponent_of_the_band_lies_between_the_bounds(ranks, band, share):
    frame = to_outcome(make(seen(*ranks)), "log_installs", b_band=band)
    assert frame["y"].isna().all()
    by_law = -(band[0] + share * (band[1] - band[0])) * np.log(ranks)
    assert (frame["y_lower"] <= by_law).all()
    assert (by_law <= frame["y_upper"]).all()


def test_a_wider_band_has_wider_bounds_and_a_better_rank_higher_ones():
    panel = make(seen(2, 3, 40))
    narrow = to_outcome(panel, "log_installs", b_band=(0.8, 0.9))
    wide = to_outcome(panel, "log_installs", b_band=(0.4, 1.2))
    assert (wide["y_lower"] < narrow["y_lower"]).all()
    assert (wide["y_upper"] > narrow["y_upper"]).all()
    assert narrow["y_lower"].is_monotonic_decreasing
    assert narrow["y_upper"].is_monotonic_decreasing


def test_the_default_band_holds_what_was_published_of_downloads():
    """The ratios of weekly installs against the rise from rank 750, worked anew."""
    least, most = INSTALLS_BAND
    implied = np.log([17.5, 22]) / np.log(750)
    np.testing.assert_allclose(implied, [0.43, 0.47], atol=0.005)
    assert least == pytest.approx(implied[0], abs=0.005)
    assert least <= min(implied.round(2)) < max(0.944, 0.985) == most


@pytest.mark.parametrize(
    "band",
    [
        (0.9, 0.9), (0.9, 0.4), (0, 1), (-1, 1), (0.4, 3.1), (0.4, NAN), (0.4, INF),
        (1,), (0.4, 0.9, 1.2), 0.9, "ab", ("0.4", "0.9"), (True, 2), (None, 1),
    ],
)  # fmt: skip
def test_a_band_that_is_none_is_refused(band):
    with pytest.raises(PanelError, match=r"b_band needs the least .* not one number"):
        to_outcome(make(seen(1, 2)), "log_installs", b_band=band)


def test_a_band_is_of_installs_alone():
    with pytest.raises(PanelError, match="of 'log_installs', not of 'count': leave it"):
        to_outcome(make(seen(1, 2)), "count", b_band=(0.4, 0.9))


def test_interest_by_hand():
    below = (NAN, 0, 1, "censored")
    frame = to_outcome(make([*seen(0, 40, 100), below, MISSING]), "interest_share")
    expected = [
        [0, 0, 0.005],
        [0.4, 0.395, 0.405],
        [1, 0.995, 1],
        [NAN, 0, 0.01],
        [NAN, NAN, NAN],
    ]
    np.testing.assert_allclose(frame[Y], expected, atol=1e-15)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(1, 50))
def test_log_counts_move_by_a_constant_when_counts_are_scaled(counts, factor):
    one = to_outcome(make(seen(*counts)), "log_count")
    many = to_outcome(make(seen(*[factor * c for c in counts])), "log_count")
    np.testing.assert_allclose(many["y"] - one["y"], one["y"] * 0 + np.log(factor))
    assert (one["y"].notna() == (np.array(counts) > 0)).all()
    inside = one["y"].between(one["y_lower"], one["y_upper"]) | one["y"].isna()
    assert inside.all()


@pytest.mark.parametrize("kind", ["log_count", "count", "minus_log_rank"])
def test_the_order_of_rows_changes_nothing_and_the_input_is_untouched(kind):
    panel = make(seen(3, 1, 2))
    before = panel.copy(deep=True)
    shuffled = to_outcome(panel.iloc[[2, 0, 1]], kind)
    assert_frame_equal(shuffled, to_outcome(panel, kind))
    assert_frame_equal(panel, before)
    assert panel.attrs == before.attrs


def two_markets():
    """IN: 2, 8, 0, 4, 4; NA: 8, 8, 5, missing, and no fifth row."""
    india = make(seen(2, 8, 0, 4, 4), market="IN")
    namibia = make([*seen(8, 8, 5), MISSING], market="NA")
    return pd.concat([india, namibia], ignore_index=True)


def test_units_of_several_markets_are_app_and_market():
    frame = to_outcome(two_markets(), "log_count")
    assert frame["unit"].unique().tolist() == ["a:IN", "a:NA"]


def test_markets_are_averaged_only_where_all_are_observed():
    frame = to_outcome(two_markets(), "log_count", over_markets=True)
    expected = [
        [np.log(4)] * 3,
        [np.log(8)] * 3,
        [NAN, -INF, np.log(5) / 2],
        [NAN, NAN, NAN],
        [NAN, NAN, NAN],
    ]
    assert frame["unit"].unique().tolist() == ["a"]
    np.testing.assert_allclose(frame[Y], expected, atol=1e-15)


def test_contaminated_markets_are_no_part_of_an_average_unless_asked_for():
    """With NA doubted, India alone remains: 2, 8, a zero, 4, 4."""
    panel = two_markets()
    panel.attrs["contaminated"] = {"NA": "a probe", "US": "not in this panel"}
    frame = to_outcome(panel, "log_count", over_markets=True)
    np.testing.assert_allclose(np.exp(frame["y"]), [2, 8, NAN, 4, 4])
    assert frame.attrs["left_out"] == {"NA": "a probe"}
    assert frame.attrs["averaged"] == ["IN"]
    kept = to_outcome(panel, "log_count", over_markets=True, contaminated=True)
    plain = to_outcome(two_markets(), "log_count", over_markets=True)
    assert_frame_equal(kept, plain)
    assert kept.attrs["averaged"] == ["IN", "NA"]
    apart = to_outcome(panel, "log_count")
    assert apart["unit"].unique().tolist() == ["a:IN", "a:NA"]


def test_an_average_of_doubted_markets_alone_is_refused():
    panel = two_markets()
    panel.attrs["contaminated"] = {"NA": "a probe", "IN": "a court"}
    with pytest.raises(PanelError, match=r"all 2 markets .*contaminated=True"):
        to_outcome(panel, "log_count", over_markets=True)


def test_the_world_is_not_averaged_with_its_parts():
    both = pd.concat([make(seen(1), market="IN"), make(seen(1))], ignore_index=True)
    with pytest.raises(PanelError, match="the world"):
        to_outcome(both, "count", over_markets=True)


def test_an_app_that_a_market_lacks_is_not_averaged():
    other = make(seen(1), market="IN", app="b")
    both = pd.concat([two_markets(), other], ignore_index=True)
    with pytest.raises(PanelError, match="'b' is in 1"):
        to_outcome(both, "count", over_markets=True)


def test_refusals_say_what_to_do():
    with pytest.raises(PanelError, match=r"one of log_count, .*got 'log'"):
        to_outcome(make(seen(1)), "log")
    with pytest.raises(PanelError, match="1 or more"):
        to_outcome(make(seen(1, 0)), "minus_log_rank")
    with pytest.raises(PanelError, match="ranks, 1 or more, are needed"):
        to_outcome(make(seen(1, 0)), "log_installs")
    with pytest.raises(PanelError, match="0 to 100"):
        to_outcome(make(seen(101)), "interest_share")
    with pytest.raises(PanelError, match="0 or more"):
        to_outcome(make(seen(-1)), "log_count")
    two = pd.concat([make(seen(1)), make(seen(1), metric="n")], ignore_index=True)
    with pytest.raises(PanelError, match="one metric, got m, n"):
        to_outcome(two, "count")


@pytest.mark.parametrize("metric", ["rank", "rank_page", "tranco_rank", "chart_rank"])
@pytest.mark.parametrize("kind", ["log_count", "count"])
def test_a_rank_is_refused_as_a_count(metric, kind):
    said = (
        f"'{metric}' is a rank, where 1 is the best, and no count: '{kind}' of it "
        "would say the opposite of what happened; use 'minus_log_rank', on which "
        "higher is better, or rank_event_study for charts that end"
    )
    with pytest.raises(PanelError) as refused:
        to_outcome(make(seen(3, 4), metric=metric), kind)
    assert str(refused.value) == said


def test_an_outcome_by_the_metrics_nature():
    assert default_outcome("rank_page") == "minus_log_rank"
    assert default_outcome("rank", logs=False) == "minus_log_rank"
    assert default_outcome("new_installs") == "log_count"
    assert default_outcome("frankfurt_installs", logs=False) == "count"
    places = series_outcome(make(seen(90, 147), metric="rank"))
    assert places["y"].is_monotonic_decreasing  # from place 90 to 147 is a fall
    assert places.attrs["outcome"] == "minus_log_rank"
    installs = make(seen(10, 20), metric="installs")
    assert_frame_equal(series_outcome(installs), to_outcome(installs, "log_count"))
    counts = series_outcome(installs, logs=False)
    assert_frame_equal(counts, to_outcome(installs, "count"))
    with pytest.raises(PanelError, match="a panel with rows of one metric, got none"):
        series_outcome(installs.iloc[:0])


def test_means_of_places_are_places():
    frame = series_outcome(make(seen(10, 40, 5, 20), metric="rank"))
    days = ("2021-01-01", "2021-01-02"), ("2021-01-03", "2021-01-04")
    (row,) = period_means(frame, before=days[0], during=days[1]).to_dict("records")
    assert [row["before"], row["during"], row["ratio"]] == pytest.approx([20, 10, 0.5])
