import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest

NORMALS = ["market-adjusted", "constant mean", "market model"]


def headline(frame, design, **kwargs):
    return abnormal_interest(frame, design, **kwargs).headline.to_numpy()


@pytest.mark.parametrize("shock", [-1e3, 0.5, 1e5])
def test_a_shock_common_to_all_series_changes_nothing(frame, design, shock):
    shocked = frame.assign(y=frame.y + shock * (frame.period >= "2021-01-06"))
    np.testing.assert_allclose(
        headline(shocked, design), headline(frame, design), atol=1e-6
    )


@pytest.mark.parametrize("normal", NORMALS)
def test_a_lift_of_the_treated_is_recovered(frame, design, normal):
    lift = 0.7 * ((frame.unit == "hit") & (frame.period >= "2021-01-06"))
    before = headline(frame, design, normal=normal)
    after = headline(frame.assign(y=frame.y + lift), design, normal=normal)
    np.testing.assert_allclose(after[:4] - before[:4], [0.7, 0, 0.7, 0.7], atol=1e-9)


@pytest.mark.parametrize("normal", NORMALS)
def test_a_weekly_pattern_of_the_treated_changes_nothing(frame, design, normal):
    pattern = np.array([0, 3, 1, -2, 4, 0, 1.0])[frame.period.dt.day_of_week]
    moved = frame.assign(y=frame.y + pattern * (frame.unit == "hit"))
    if normal == "market model":
        pattern_of_all = frame.assign(y=frame.y + pattern)
        moved = pattern_of_all
        reference = headline(frame, design, normal=normal)
        assert headline(moved, design, normal=normal)[0] == pytest.approx(
            reference[0], abs=0.15
        )
        return
    np.testing.assert_allclose(
        headline(moved, design, normal=normal),
        headline(frame, design, normal=normal),
        atol=1e-9,
    )


def test_the_true_lift_lies_in_the_interval(frame, design):
    h = abnormal_interest(frame, design).headline
    assert h.conf_low < 0.8 < h.conf_high
    assert h.p_value == pytest.approx(1 / 46)


def test_four_series_worked_by_hand():
    """Window of one day, no weekly pattern possible: checked on paper.

    Hit less the mean of two controls on seven baseline days: 1, 0, 1, 0, 1, 0, 1 (mean
    4/7, sd 0.534522); on the event's day 5.
    """
    days = pd.date_range("2021-01-01", periods=8)
    wide = pd.DataFrame(
        {"hit": [2.0, 3, 4, 5, 6, 7, 8, 14], "a": [0.0, 3, 2, 5, 4, 7, 6, 8],
         "b": [2.0, 3, 4, 5, 6, 7, 8, 10]},
        index=days,
    )  # fmt: skip
    long = wide.rename_axis("period").melt(
        ignore_index=False, var_name="unit", value_name="y"
    )
    design = Design(
        outcome="y",
        treated="hit",
        event="2021-01-08",
        window=(0, 0),
        baseline=("2021-01-01", "2021-01-07"),
        controls=["a", "b"],
    )
    # Seven days show each weekday once: the weekly pattern takes every deviation out,
    # so a baseline of two weeks with the same week twice is what moves the blocks.
    twice = long.reset_index()
    earlier = twice[twice.period < "2021-01-08"]
    earlier = earlier.assign(period=earlier.period - pd.Timedelta(days=7))
    # What one control has more the other has less: their mean repeats its week.
    earlier["y"] += earlier.unit.map({"hit": 2.0, "a": 1.0, "b": -1.0})
    both = pd.concat([earlier, twice], ignore_index=True)
    design = design.but(baseline=("2020-12-25", "2021-01-07"))
    found = abnormal_interest(both, design)
    # Net series: first week 3, 2, 3, 2, 3, 2, 3; second 1, 0, 1, 0, 1, 0, 1; day 5.
    # The weekday means are 2, 1, 2, 1, 2, 1, 2 (level 11/7), so the cleaned series is
    # 11/7 + 1 in the first week and 11/7 - 1 in the second: mean 11/7, sd sqrt(14/13).
    # The event's Friday has weekday mean 2: its 5 becomes 5 - (2 - 11/7) = 32/7.
    assert found.headline.estimate == pytest.approx(32 / 7 - 11 / 7)
    # Least squares with weekday dummies: fourteen squares of 1 on 14 - 7 df are a
    # variance of 2, and the Friday's fitted mean is one of two: 2 (1 + 1/2) = 3.
    assert found.headline.std_error == pytest.approx(np.sqrt(3))
    assert "not calibrated: 2 unrelated series" in " ".join(found.warnings)


def test_a_ratio_of_means_worked_by_hand(frame, design):
    """Twice the counts in the window is log 2, whatever the noise."""
    counts = design.but(outcome="n", estimand="log ratio of means")
    window = (frame.unit == "hit") & frame.period.between("2021-01-06", "2021-01-14")
    doubled = frame.assign(n=frame.n * np.where(window, 2, 1))
    gain = headline(doubled, counts)[0] - headline(frame, counts)[0]
    assert gain == pytest.approx(np.log(2))


def test_one_zero_day_does_no_harm_to_a_ratio_of_means(frame, design):
    counts = design.but(outcome="n", estimand="log ratio of means")
    zero = (frame.unit == "hit") & (frame.period == "2020-12-01")
    result = abnormal_interest(frame.assign(n=frame.n.mask(zero, 0.0)), counts)
    assert np.isfinite(result.headline).all()
    daily = result.effects.set_index("period")
    assert np.isnan(daily.estimate["2020-12-01"])
    others = daily.drop(index=pd.Timestamp("2020-12-01"))
    plain = abnormal_interest(frame, counts).effects.set_index("period")
    assert others.notna().drop(columns="cumulated").all(axis=None)
    moved = others.estimate - plain.estimate.reindex(others.index)
    assert moved[others.index.day_of_week != 1].abs().max() < 0.02  # not its Tuesdays
    told = "1 days of the treated series (the first 2020-12-01; 1 in the baseline)"
    assert any(told in warning for warning in result.warnings)
    assert not any("no log" in w for w in abnormal_interest(frame, counts).warnings)


def test_a_zero_day_of_a_control_leaves_that_days_rank_alone(frame, design):
    counts = design.but(outcome="n", estimand="log ratio of means")
    zero = (frame.unit == "c07") & (frame.period == "2020-12-01")
    result = abnormal_interest(frame.assign(n=frame.n.mask(zero, 0.0)), counts)
    assert result.effects.drop(columns="cumulated").notna().all(axis=None)
    assert any("of 1 of 45 unrelated series" in w for w in result.warnings)


@pytest.mark.parametrize("normal", NORMALS)
def test_a_control_without_a_day_leaves_that_days_rank(frame, design, normal):
    """After the window 30 of 45 controls end: the day's p is that of 15 others."""
    ended = frame.unit.isin(design.controls[:30]) & (frame.period >= "2021-01-20")
    found = abnormal_interest(frame[~ended], design, normal=normal).effects
    whole = abnormal_interest(frame, design, normal=normal).effects
    assert_frame_equal(found.loc[:13], whole.loc[:13])
    later = found.loc[14:]
    assert later["estimate"].notna().all()
    assert (later["p_value"] >= 1 / 16).all()
    assert np.isinf(later["conf_high"]).all()


def copied(frame, kinds):
    """45 controls that are copies of the first few, each at a level of its own."""
    wide = frame.pivot(index="period", columns="unit", values="y")
    names = [name for name in wide if name != "hit"]
    made = {n: wide[names[i % kinds]] + 0.1 * i for i, n in enumerate(names)}
    wide = wide.assign(**made)
    return wide.melt(ignore_index=False, value_name="y").reset_index()


def test_copies_of_three_series_are_no_45_unrelated_ones(frame, design):
    """Ranked among them a true null has p = 1/46 whenever it beats the three."""
    with pytest.raises(DesignError, match=r"45 of 46 series move as 3.*c00, c03.*keep"):
        abnormal_interest(copied(frame, 3), design)


def test_a_control_that_is_the_treated_series_is_refused(frame, design):
    twin = frame[frame.unit == "hit"].assign(unit="c00", y=lambda f: 2 * f.y - 1)
    both = pd.concat([frame[frame.unit != "c00"], twin], ignore_index=True)
    with pytest.raises(DesignError, match=r"2 of 46 series move as 1.*\(hit, c00\)"):
        abnormal_interest(both, design)


@pytest.mark.parametrize("normal", NORMALS[:2])
def test_an_effect_that_is_rounding_error_is_refused(frame, design, normal):
    """A repeating week, and a sum of others, leave 1e-16: any step is beyond that."""
    week = np.array([0.1, 0.7, 0.3, 1.1, 2.3, 0.9, 1.7])[frame.period.dt.day_of_week]
    still = frame.assign(y=frame.y.mask(frame.unit == "c05", week + 0.1 * 3))
    if normal == "constant mean":
        with pytest.raises(
            DesignError, match=r"no error beyond rounding for \['c05'\]"
        ):
            abnormal_interest(still, design, normal=normal)
    wide = frame.pivot(index="period", columns="unit", values="y")
    mean = wide[list(design.controls)].mean(axis=1)
    fitted = frame.assign(y=frame.y.mask(frame.unit == "hit", frame.period.map(mean)))
    if normal == "market-adjusted":
        with pytest.raises(
            DesignError, match=r"no error beyond rounding for \['hit'\]"
        ):
            abnormal_interest(fitted, design, normal=normal)


def test_the_order_of_rows_and_of_controls_does_not_matter(frame, design):
    shuffled = frame.sample(frac=1, random_state=1)
    turned = design.but(controls=design.controls[::-1])
    np.testing.assert_allclose(
        headline(shuffled, turned), headline(frame, design), rtol=1e-9
    )


def test_the_result_is_complete_frozen_and_plain(frame, design):
    first, second = (abnormal_interest(frame, design) for _ in range(2))
    assert repr(first) == repr(second)
    assert "2021-01-06 to 2021-01-14 (window)" in repr(first)
    json.dumps(first.to_dict(), allow_nan=False)
    assert first.to_frame().test.iloc[0].startswith("headline")
    assert first.secondary.set_index("test").size_here.drop("rank alone").notna().all()
    assert first.calibration.n.to_dict() == {
        "all": 45,
        "low": 15,
        "middle": 15,
        "high": 15,
    }
    assert first.mde["gain"] > 0
    with pytest.raises(AttributeError):
        first.method = "another"


def test_simulated_data_are_marked(frame, design):
    marked = frame.copy()
    marked.attrs["simulated"] = True
    assert repr(abnormal_interest(marked, design)).startswith("<SIMULATED")


def test_input_is_left_alone(frame, design):
    before = frame.copy()
    abnormal_interest(frame, design)
    assert_frame_equal(frame, before)


def broken(frame, **columns):
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("spoil", "error", "told"),
    [
        (lambda f: f.drop(columns="y"), PanelError, r"lacks \['y'\].*rename"),
        (lambda f: f.y, PanelError, "needed a long data frame"),
        (
            lambda f: pd.concat([f, f.iloc[[0]]]),
            PanelError,
            "1 of the rows repeat",
        ),
        (lambda f: f.drop(index=3), PanelError, "lacks 1 values.*treated unit hit"),
        (
            lambda f: f.assign(y=f.y.mask(f.index == 95)),
            PanelError,
            "lacks 1 values.*control c00 on 2020-11-04",
        ),
        (lambda f: f.assign(y=f.y.where(f.index != 5, np.inf)), PanelError, "infinite"),
        (lambda f: f.assign(y=f.y.astype(str)), PanelError, "needs numbers"),
        (lambda f: f.assign(y=f.y.astype(object)), PanelError, "needs numbers"),
        (
            lambda f: f.assign(period=f.period.dt.tz_localize("UTC")),
            PanelError,
            "zone UTC",
        ),
        (
            lambda f: f.assign(period=f.period.astype(str)),
            PanelError,
            "pandas.to_datetime",
        ),
        (
            lambda f: f.assign(period=f.period + pd.Timedelta(hours=3)),
            PanelError,
            "times of day",
        ),
        (
            lambda f: f.assign(y=f.y.mask(f.unit == "c03", 1.0)),
            DesignError,
            r"constant.*\['c03'\]",
        ),
        (lambda f: f[f.unit != "c07"], DesignError, r"no such units: \['c07'\]"),
        (lambda f: f[f.period < "2021-01-10"], DesignError, "the data cover"),
    ],
)
def test_data_that_cannot_answer_are_refused(frame, design, spoil, error, told):
    with pytest.raises(error, match=told):
        abnormal_interest(spoil(frame), design)


def test_a_censored_day_is_refused_with_advice(frame, design):
    here = (frame.unit == "hit") & (frame.period == "2020-12-01")
    censored = frame.assign(
        y=frame.y.mask(here), y_lower=frame.y.mask(here, -np.inf), y_upper=frame.y
    )
    with pytest.raises(PanelError, match=r"interval.*log ratio of means"):
        abnormal_interest(censored, design)


def test_questions_that_it_does_not_answer_are_refused(frame, design):
    with pytest.raises(DesignError, match="use one of"):
        abnormal_interest(frame, design, normal="mean")
    with pytest.raises(DesignError, match="needs unrelated units"):
        abnormal_interest(frame, design.but(controls=()))
    with pytest.raises(DesignError, match="cannot tell two events apart"):
        abnormal_interest(frame, design.but(window=(0, 20), identification="decay"))
    counts = design.but(outcome="n", estimand="log ratio of means")
    with pytest.raises(DesignError, match="market model"):
        abnormal_interest(frame, counts, normal="market model")
    with pytest.raises(DesignError, match="needs 80 baseline days"):
        abnormal_interest(frame, design.but(window=(0, 19), identification="bundle"))


def test_without_controls_nothing_is_claimed(frame, design):
    alone = abnormal_interest(frame, design.but(controls=()), normal="constant mean")
    assert alone.headline.p_value == 1
    assert np.isinf(alone.headline.conf_high)
    assert "not calibrated: 0 unrelated series" in " ".join(alone.warnings)


def test_several_treated_units_are_one_series(frame, design):
    """Two copies of the hit series say no more than one."""
    copy = frame[frame.unit == "hit"].assign(unit="twin")
    both = pd.concat([frame, copy], ignore_index=True)
    np.testing.assert_allclose(
        headline(both, design.but(treated=("hit", "twin"))), headline(frame, design)
    )


def test_what_has_no_finite_answer_is_refused_by_name(frame, design):
    counts = design.but(outcome="n", estimand="log ratio of means")
    wednesdays = frame.period.dt.day_of_week == 2
    silent = frame.assign(n=frame.n.mask((frame.unit == "c07") & wednesdays, 0.0))
    with pytest.raises(DesignError, match=r"no finite effect or error for \['c07'\]"):
        abnormal_interest(silent, counts)
    window = frame.period.between("2021-01-06", "2021-01-14")
    gone = frame.assign(n=frame.n.mask((frame.unit == "hit") & window, 0.0))
    with pytest.raises(DesignError, match=r"\['hit'\]"):
        abnormal_interest(gone, counts)


def test_fewer_than_two_weeks_of_baseline_are_refused(frame, design):
    short = design.but(window=(0, 0), baseline=("2020-12-22", "2021-01-03"))
    with pytest.raises(DesignError, match=r"needs 14 baseline days.*got 13"):
        abnormal_interest(frame, short)
