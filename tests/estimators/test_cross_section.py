import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.cross_section import (
    LABEL,
    MAIN,
    NOTE,
    cross_section_tests,
)

NORMALS = ["market model", "market-adjusted", "constant mean"]
TREATED = ("hit", "c00", "c01")


@pytest.fixture
def three(design):
    """The hit series and two that the event left alone."""
    return design.but(treated=TREATED, controls=design.controls[2:])


@pytest.fixture(scope="module")
def markets():
    """SIMULATED: one hit app and 30 unrelated ones in four markets.

    What the markets of an app share is half of its noise; each market has a weekly
    cycle of its own. The hit app gains 1 from 6 January on.
    """
    rng = np.random.default_rng(20210116)
    days = pd.date_range("2020-11-01", "2021-01-31", name="period")
    apps, codes = ["hit", *(f"a{i:02d}" for i in range(30))], ["BR", "DE", "FR", "IN"]
    noise = rng.normal(size=(31, 1, len(days))) + rng.normal(size=(31, 4, len(days)))
    y = 5 + 0.1 * noise
    y += np.sin(2 * np.pi * (np.arange(len(days)) + np.arange(4)[:, None]) / 7)
    y[0, :, days >= "2021-01-06"] += 1
    names = [f"{app}:{code}" for app in apps for code in codes]
    wide = pd.DataFrame(y.reshape(len(names), -1).T, index=days, columns=names)
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


@pytest.fixture
def in_markets(design, markets):
    names = markets["unit"].unique()
    own = tuple(name for name in names if name.startswith("hit"))
    return design.but(treated=own, controls=tuple(n for n in names if n not in own))


def statistics(frame, design, **kwargs):
    found = cross_section_tests(frame, design, **kwargs).frame
    return found.set_index(["test", "over"])["statistic"].sort_index()


@pytest.mark.parametrize("normal", NORMALS)
def test_each_unit_is_its_own_series(frame, three, normal):
    """The sum over nine days of a lift of 0.8, and of none, within three errors."""
    found = cross_section_tests(frame, three, normal=normal)
    gap = found.units["car"] - [9 * 0.8, 0, 0]
    assert list(found.units.index) == list(TREATED)
    if normal != "constant mean":  # the frame's common drift is in the others' means
        assert (gap.abs() < 3 * found.units["std_error"]).all()
    by_unit = found.abnormal.groupby("unit", sort=False)["ar"].sum()
    np.testing.assert_allclose(by_unit, found.units["car"])
    first = found.abnormal[found.abnormal["event_time"] == 0]
    assert set(first["period"]) == {pd.Timestamp("2021-01-06")}


def test_a_shock_to_every_series_changes_nothing_net_of_the_market(frame, three):
    shock = np.random.default_rng(4).normal(size=frame.period.nunique())
    shocked = frame.assign(y=frame.y + frame.period.map(
        dict(zip(frame.period.unique(), shock, strict=True))
    ))  # fmt: skip
    np.testing.assert_allclose(
        statistics(shocked, three, normal="market-adjusted"),
        statistics(frame, three, normal="market-adjusted"),
        rtol=1e-6,
    )


@pytest.mark.parametrize("normal", NORMALS)
def test_a_weekly_cycle_of_a_unit_changes_nothing(frame, three, normal):
    cycle = np.array([0, 3, 1, -2, 4, 0, 1.0])[frame.period.dt.day_of_week]
    moved = frame.assign(y=frame.y + cycle * (frame.unit == "c00"))
    np.testing.assert_allclose(
        statistics(moved, three, normal=normal),
        statistics(frame, three, normal=normal),
        rtol=1e-6,
    )
    without = statistics(moved, three, normal=normal, weekday=False)
    assert abs(without - statistics(frame, three, normal=normal)).max() > 0.01


def test_the_order_of_rows_units_and_controls_does_not_matter(frame, three):
    turned = three.but(treated=TREATED[::-1], controls=three.controls[::-1])
    shuffled = frame.sample(frac=1, random_state=1)
    np.testing.assert_allclose(
        statistics(shuffled, turned), statistics(frame, three), rtol=1e-6
    )


def test_the_market_is_the_mean_of_the_controls_and_never_the_treated(frame, three):
    others = frame[frame.unit.isin(three.controls)]
    market = others.groupby("period")["y"].mean()
    np.testing.assert_allclose(
        statistics(frame, three, market=market), statistics(frame, three), rtol=1e-9
    )
    lifted = frame.assign(y=frame.y + 5 * frame.unit.isin(["hit"]))
    np.testing.assert_allclose(
        statistics(lifted, three), statistics(frame, three), rtol=1e-6
    )


def test_units_in_markets_are_held_against_their_own_market(markets, in_markets):
    """A shock to everything in one market changes nothing net of that market."""
    shock = markets.period.dt.day % 5 * markets.unit.str.endswith(":FR")
    shocked = markets.assign(y=markets.y + shock)
    np.testing.assert_allclose(
        statistics(shocked, in_markets, normal="market-adjusted"),
        statistics(markets, in_markets, normal="market-adjusted"),
        rtol=1e-6,
    )
    found = cross_section_tests(markets, in_markets)
    assert found.market == (
        "mean of the unrelated series of the unit's own market (120 in all)"
    )
    assert found.diagnostics["portfolios"] == 30
    rbar = found.diagnostics["rbar"]
    assert rbar == pytest.approx(0.5, abs=0.2)
    assert found.diagnostics["df_eff"] == pytest.approx(4 / (1 + 3 * rbar) - 1)


def test_the_size_shows_what_the_markets_of_one_app_share(markets, in_markets):
    """Half of the noise is common: plain tests reject unrelated apps, KP does not."""
    found = cross_section_tests(markets, in_markets).frame
    size = found[found.over == "window"].set_index("test")["size_here"]
    assert size["Patell"] >= 0.1
    assert size["Patell"] > size["Patell, adjusted"]
    assert size["BMP"] >= size["Kolari-Pynnonen"]


def test_every_row_is_labelled_and_measured(frame, three):
    found = cross_section_tests(frame, three)
    assert (found.frame["label"] == LABEL).all()
    assert found.frame["assumes"].str.len().min() > 0
    assert found.frame["size_here"].between(0, 1).all()
    fit = found.frame["test"].isin(MAIN) & (found.frame["size_here"] <= 0.075)
    assert (found.frame["main"] == fit).all()
    assert found.warnings[0] == NOTE
    assert LABEL in repr(found)
    assert 190 <= found.diagnostics["portfolios"] <= 200  # a repeated draw counts once
    window = found.frame[found.frame.over == "window"]
    assert window["distribution"].str.contains("N|t").all()


def test_a_window_of_one_day_has_no_rows_of_its_first_day(frame, three):
    found = cross_section_tests(frame, three.but(window=(0, 0)))
    assert set(found.frame["over"]) == {"window"}
    assert found.units["volatility_ratio"].isna().all()


def test_the_result_is_plain_repeatable_and_marked(frame, three):
    first, second = (cross_section_tests(frame, three) for _ in range(2))
    told = json.dumps(first.to_dict(), allow_nan=False)
    assert told == json.dumps(second.to_dict(), allow_nan=False)
    assert {"units", "abnormal", "diagnostics"} <= first.to_dict().keys()
    assert first.passed is None
    with pytest.raises(AttributeError):
        first.market = "another"
    marked = frame.copy()
    marked.attrs["simulated"] = True
    assert repr(cross_section_tests(marked, three)).startswith("<SIMULATED")


def test_input_is_left_alone(frame, three):
    before = frame.copy()
    cross_section_tests(frame, three)
    assert_frame_equal(frame, before)


def test_controls_that_cannot_stand_in_leave_the_size_unknown(frame, three):
    found = cross_section_tests(frame, three.but(controls=("c10", "c11", "c12")))
    assert found.frame["size_here"].isna().all()
    assert "size_here is not known" in " ".join(found.warnings)
    alone = cross_section_tests(frame, three.but(controls=()), normal="constant mean")
    assert alone.market == "none"
    assert np.isfinite(alone.frame["statistic"]).all()


def test_what_the_data_break_is_said(frame, three):
    days = frame.period.unique()
    memory = pd.Series(np.sin(np.arange(len(days)) / 9), index=days)
    hit = frame.unit.isin(TREATED)
    noisy = frame.period.between("2021-01-06", "2021-01-14") & hit
    wild = np.random.default_rng(6).normal(size=len(frame))
    moved = frame.assign(y=frame.y + hit * frame.period.map(memory) + wild * noisy)
    thin = frame.unit == "c00"
    moved["y"] = moved.y.mask(thin, moved.y.round(0))
    told = " ".join(cross_section_tests(moved, three).warnings)
    assert "remember earlier days" in told
    assert "times as much as the days before" in told
    assert "1 units have one value" in told
    short = three.but(baseline=("2020-11-20", "2021-01-03"), window=(0, 2))
    told = " ".join(cross_section_tests(frame, short).warnings)
    assert "45 days of estimation, fewer than 60" in told


def spoilt(frame, unit, day, value):
    here = (frame.unit == unit) & (frame.period == day)
    return frame.assign(y=frame.y.mask(here, value))


@pytest.mark.parametrize(
    ("spoil", "error", "told"),
    [
        (lambda f: spoilt(f, "c01", "2020-12-01", np.nan), PanelError, "unit c01 on"),
        (lambda f: spoilt(f, "c09", "2021-01-07", np.nan), PanelError, "control c09"),
        (
            lambda f: f.assign(y=f.y.mask(f.unit == "c01", 2.0)),
            DesignError,
            r"constant.*\['c01'\]",
        ),
        (
            lambda f: f.assign(y=f.y.mask(f.unit == "c01", f.period.dt.day_of_week)),
            DesignError,
            r"no residual for \['c01'\]",
        ),
        (lambda f: f[f.unit != "c01"], DesignError, r"no such units: \['c01'\]"),
    ],
)
def test_data_that_cannot_answer_are_refused(frame, three, spoil, error, told):
    with pytest.raises(error, match=told):
        cross_section_tests(spoil(frame), three)


def test_designs_that_cannot_answer_are_refused(frame, design, three):
    with pytest.raises(DesignError, match=r"two treated units or more, got \['hit'\]"):
        cross_section_tests(frame, design)
    with pytest.raises(DesignError, match="needs unrelated units"):
        cross_section_tests(frame, three.but(controls=()))
    with pytest.raises(DesignError, match="use one of"):
        cross_section_tests(frame, three, normal="mean")
    counts = three.but(outcome="n", estimand="log ratio of means")
    with pytest.raises(DesignError, match=r"'mean of outcome'.*bring logs"):
        cross_section_tests(frame, counts)
    short = three.but(baseline=("2020-12-25", "2021-01-03"), window=(0, 0))
    with pytest.raises(DesignError, match=r"needs 14 baseline days"):
        cross_section_tests(frame, short)
    with pytest.raises(DesignError, match="compete with the treated units"):
        three.but(competitors=("c07",))
    with pytest.raises(DesignError, match="end it before the event"):
        three.but(baseline=("2020-11-01", "2021-01-08"))


def test_a_rival_among_the_treated_is_no_rival_of_the_controls(frame, three):
    named = three.but(competitors=("c00", "c01"))
    np.testing.assert_allclose(statistics(frame, named), statistics(frame, three))


@pytest.mark.parametrize(
    ("market", "told"),
    [
        (lambda m: m * 0 + 3, "constant, or repeats the weekly cycle"),
        (lambda m: m[m.index != "2020-12-05"], r"no number on 1 days.*2020-12-05"),
        (lambda m: m.to_numpy(), "needs a Series"),
        (lambda m: pd.concat([m, m]), "days that repeat"),
        (lambda m: m.astype(str), "needs numbers"),
        (lambda m: m + 1j, "market holds complex128, needs numbers"),
        (lambda m: m > 5, "market holds bool, needs numbers"),
    ],
)
def test_markets_that_are_none_are_refused(frame, three, market, told):
    given = market(frame.groupby("period")["y"].mean())
    with pytest.raises(DesignError, match=told):
        cross_section_tests(frame, three, market=given)


def test_a_market_that_the_model_does_not_use_is_refused(frame, three):
    market = frame.groupby("period")["y"].mean()
    with pytest.raises(DesignError, match="uses no market"):
        cross_section_tests(frame, three, normal="constant mean", market=market)
    no_controls = three.but(controls=())
    assert cross_section_tests(frame, no_controls, market=market).market == (
        "a series of the caller's own"
    )


@pytest.mark.parametrize("normal", NORMALS)
def test_abnormal_interest_prints_the_windows_tests_beside(frame, three, normal):
    beside = abnormal_interest(frame, three, normal=normal).secondary
    rows = beside[beside.test.str.startswith("over units: ")].set_index("test")
    own = cross_section_tests(frame, three, normal=normal).frame
    own = own[own.over == "window"].set_index("test")
    assert list(rows.index) == [f"over units: {test}" for test in own.index]
    np.testing.assert_allclose(rows["p_value"], own["p_value"])
    np.testing.assert_allclose(rows["size_here"], own["size_here"])
    assert rows["assumes"].str.startswith(LABEL).all()
    assert np.isnan(rows.loc["over units: BMP", "estimate"])
    crude = rows.loc["over units: Brown-Warner"]
    assert crude["conf_low"] < crude["estimate"] < crude["conf_high"]


def test_one_unit_or_counts_print_no_tests_over_units(frame, design, three):
    counts = three.but(outcome="n", estimand="log ratio of means")
    for made in (design, counts):
        beside = abnormal_interest(frame, made).secondary
        assert not beside.test.str.startswith("over units").any()


def test_the_headline_stands_when_the_units_have_no_tests(frame, three):
    """One unit repeats a weekly cycle: the mean of three still has an answer."""
    still = frame.assign(
        y=frame.y.mask(frame.unit == "c01", frame.period.dt.day_of_week)
    )
    found = abnormal_interest(still, three, normal="constant mean")
    assert np.isfinite(found.headline["estimate"])
    assert "no tests over the treated units" in " ".join(found.warnings)


def test_twins_are_one_unit_and_no_test_over_them_is_made(frame, design):
    twin = frame[frame.unit == "hit"].assign(unit="twin")
    both = pd.concat([frame, twin], ignore_index=True)
    pair = design.but(treated=("hit", "twin"))
    with pytest.raises(DesignError, match=r"2 of 2 series move as 1.*\(hit, twin\)"):
        cross_section_tests(both, pair)
    said = abnormal_interest(both, pair).warnings
    assert any(w.startswith("no tests over the treated units: 2 of 2") for w in said)


@pytest.mark.parametrize("normal", ["market model", "market-adjusted"])
def test_a_unit_that_its_market_fits_exactly_is_refused(frame, three, normal):
    wide = frame.pivot(index="period", columns="unit", values="y")
    mean = wide[list(three.controls)].mean(axis=1)
    name = three.treated[0]
    exact = frame.assign(y=frame.y.mask(frame.unit == name, frame.period.map(mean)))
    with pytest.raises(DesignError, match=rf"model (fits|leaves no).*'{name}'"):
        cross_section_tests(exact, three, normal=normal)


def test_a_case_worked_by_hand():
    """Two units on fourteen days and one more, no weekly cycle, constant mean.

    a: -1 and 1 in turn, then 3: s^2 = 14/13, V = s^2 (1 + 1/14) = 15/13.
    b: two days of -1 and two of 1 in turn, the last two 1 and -1, then 6.
    """
    a = [*[-1.0, 1] * 7, 3]
    b = [*[-1.0, -1, 1, 1] * 3, 1, -1, 6]
    days = pd.date_range("2021-01-01", periods=15, name="period")
    wide = pd.DataFrame({"a": a, "b": b}, index=days)
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    design = Design(
        outcome="y",
        treated=("a", "b"),
        event="2021-01-15",
        window=(0, 0),
        baseline=("2021-01-01", "2021-01-14"),
    )
    found = cross_section_tests(long, design, normal="constant mean", weekday=False)
    np.testing.assert_allclose(found.units["scar"], np.array([3, 6]) / np.sqrt(15 / 13))
    told = found.frame.set_index("test")
    # mean 4.5, sd 3/sqrt(2): sqrt(2) 4.5 / (3/sqrt(2)) = 3.
    assert told.loc["BMP", "statistic"] == pytest.approx(3)
    # Products: twelve days cancel, then -1 and -1, over 14.
    assert found.diagnostics["rbar"] == pytest.approx(-1 / 7)
    assert told.loc["Kolari-Pynnonen", "statistic"] == pytest.approx(
        3 * np.sqrt((8 / 7) / (6 / 7))
    )
    assert told.loc["Patell", "statistic"] == pytest.approx(
        9 / np.sqrt(15 / 13) / np.sqrt(2 * 13 / 11)
    )
    assert "below zero" in " ".join(found.warnings)
