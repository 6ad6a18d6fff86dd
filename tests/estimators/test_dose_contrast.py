"""Dose contrasts on markets: SIMULATED worlds, a case by hand, size, refusals."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.design import Design, design_for
from migration.errors import DesignError, PanelError
from migration.estimators.dose_contrast import dose_contrast
from migration.inference.dose import region_means, slope_weights
from migration.outcomes import to_outcome
from migration.sources import load_panel
from migration.study import load_study

DAYS = pd.date_range("2020-11-01", "2021-01-24", name="period")
MARKETS = [f"M{i:02d}" for i in range(30)]
REGION = {m: f"R{i // 3}" for i, m in enumerate(MARKETS)}
APPS = ["hit", *(f"a{i:02d}" for i in range(40))]
BETA = 0.25


def world(*, seed=5, beta=BETA, regional=0.0):
    """SIMULATED: apps in markets, a shock an app shares, another that regions share."""
    rng = np.random.default_rng(seed)
    shape = len(APPS), len(MARKETS), len(DAYS)
    place = np.arange(len(MARKETS)) // 3
    shared = 0.2 * rng.normal(size=(shape[0], 1, shape[2]))
    region = regional * rng.normal(size=(shape[0], 10, shape[2]))[:, place]
    cycle = 0.3 * np.sin(2 * np.pi * np.arange(shape[2]) / 7)
    y = 5 + cycle + shared + region + 0.1 * rng.normal(size=shape)
    dose = rng.normal(size=10)[place] + 0.2 * rng.normal(size=len(MARKETS))
    y[0][:, DAYS >= "2021-01-06"] += 1 + beta * dose[:, None]
    return y, dict(zip(MARKETS, dose, strict=True))


def long(y, apps=APPS):
    names = [f"{app}:{market}" for app in apps for market in MARKETS]
    wide = pd.DataFrame(y.reshape(len(names), -1).T, index=DAYS, columns=names)
    made = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    return made.assign(n=np.exp(made.y).round())


def units(*apps):
    return [f"{app}:{market}" for app in apps for market in MARKETS]


DESIGN = Design(
    outcome="y",
    treated=units("hit"),
    event="2021-01-06",
    window=(0, 8),
    baseline=("2020-11-01", "2021-01-03"),
    controls=units(*APPS[1:]),
    event_name="notice",
)


@pytest.fixture(scope="module")
def made():
    y, dose = world()
    return y, long(y), dose


def test_a_level_and_a_unit_of_the_dose_change_nothing(made):
    """A thousand million more everywhere, and the dose in millionths."""
    dose = {m: round(64 * d) / 64 for m, d in made[2].items()}
    few = DESIGN.but(controls=units(*APPS[1:21]))

    def found(changed):
        result = dose_contrast(made[1], few, dose=changed, region=REGION)
        tests = result.secondary.drop(columns=["test", "assumes"])
        return result.headline.to_numpy(), tests.to_numpy(float), result.balance

    one, raised = found(dose), found({m: d + 2**30 for m, d in dose.items()})
    assert np.isfinite(raised[0]).all()
    for before, after in zip(one, raised, strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-12)
    small = found({m: 1e-6 * d for m, d in dose.items()})
    factor = np.array([1e6, 1e6, 1e6, 1e6, 1])
    np.testing.assert_allclose(small[0], one[0] * factor, rtol=1e-6)


def test_slopes_that_only_rounding_makes_are_refused(made):
    """Every market moves as the app does and by its dose: no block differs."""
    y, dose = made[0].copy(), np.array([made[2][m] for m in MARKETS])
    shared = np.random.default_rng(3).normal(size=len(DAYS))
    y[0] = 5 + shared + 0.1 * dose[:, None]
    y[0][:, DAYS >= "2021-01-06"] += dose[:, None]
    with pytest.raises(DesignError, match="no slope with an error beyond rounding"):
        dose_contrast(long(y), DESIGN.but(controls=()), dose=made[2], region=REGION)


@pytest.fixture(scope="module")
def result(made):
    return dose_contrast(made[1], DESIGN, dose=made[2], region=REGION)


def test_the_slope_put_in_is_found_and_all_is_said(result):
    assert result.headline.estimate == pytest.approx(BETA, abs=0.03)
    assert result.headline.conf_low < BETA < result.headline.conf_high
    assert result.headline.p_value <= 1 / 41 + 1e-12
    assert set(result.markets["region"]) == set(REGION.values())
    slope = np.polyfit(result.markets["dose"], result.markets["change"], 1)[0]
    assert slope == pytest.approx(BETA, abs=0.03)
    rows = result.secondary.set_index("test")
    assert rows.loc["region permutation", "p_value"] <= 2 / 5_000
    assert rows.loc["region permutation", "estimate"] == pytest.approx(
        result.headline.estimate
    )
    assert rows["size_here"].drop("rank alone").between(0, 0.3).all()
    assert list(result.balance.index) == ["log volatility", "level"]
    assert result.effects.loc[0:8, "estimate"].mean() == pytest.approx(BETA, abs=0.03)
    assert "10 regions" in result.inference
    assert repr(result).startswith("<dose contrast, slope over regions of hit in 30")
    assert json.loads(json.dumps(result.to_dict()))["markets"][0]["market"] == "M00"


def test_the_headline_is_the_stricter_of_the_two(result):
    rows = result.secondary.set_index("test")
    parts = rows.loc[["block-t alone", "rank alone", "region permutation"]]
    assert result.headline.p_value == pytest.approx(parts["p_value"].max())
    assert result.headline.conf_low == pytest.approx(parts["conf_low"].min())
    assert result.headline.conf_high == pytest.approx(parts["conf_high"].max())


def test_what_all_markets_share_cancels(made, result):
    y, _, dose = made
    shocked = y.copy()
    shocked[0] += 7.0 * (DAYS >= "2021-01-06")
    other = dose_contrast(long(shocked), DESIGN, dose=dose, region=REGION)
    np.testing.assert_allclose(other.headline, result.headline, atol=1e-9)


def test_what_all_apps_of_a_market_share_cancels(made, result):
    y, _, dose = made
    shocked = y + np.linspace(0, 9, len(MARKETS))[:, None] * (DAYS >= "2021-01-08")
    other = dose_contrast(long(shocked), DESIGN, dose=dose, region=REGION)
    np.testing.assert_allclose(other.headline, result.headline, atol=1e-9)


def test_the_doses_unit_and_the_order_of_rows_do_not_matter(made, result):
    _, frame, dose = made
    tenfold = pd.Series(dose).mul(10).sample(frac=1, random_state=2)
    mixed = frame.sample(frac=1, random_state=2)
    other = dose_contrast(mixed, DESIGN, dose=tenfold, region=pd.Series(REGION))
    np.testing.assert_allclose(other.headline.iloc[:4] * 10, result.headline.iloc[:4])
    assert other.headline.p_value == result.headline.p_value


def test_the_callers_frame_is_left_as_it_is(made):
    before = made[1].copy()
    dose_contrast(made[1], DESIGN, dose=made[2], region=REGION)
    assert_frame_equal(made[1], before)


def test_six_markets_worked_by_hand():
    """Blocks of +1 and -1 in market A alone; after the event each rises by its dose.

    Doses 0 to 5: weights (d - 2.5) / 17.5. The slope of a block is A's weight, -1/7,
    times its value; the window's slope is 1.
    """
    days = pd.date_range("2021-03-01", periods=30, name="period")
    sign = np.repeat([1.0, -1.0, 1.0, -1.0], 7)
    wide = pd.DataFrame(0.0, index=days, columns=list("ABCDEF"))
    wide.loc[days[:28], "A"] = sign
    for place, market in enumerate("BCDEF", start=1):
        wide.loc[days[:28], market] = 1e-9 * np.cos(place * np.arange(28))
    for place, market in enumerate("ABCDEF"):
        wide.loc[days[28:], market] = place
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    design = Design(
        outcome="y",
        treated=list("ABCDEF"),
        event="2021-03-29",
        window=(0, 1),
        baseline=("2021-03-01", "2021-03-28"),
    )
    dose = {m: float(i) for i, m in enumerate("ABCDEF")}
    found = dose_contrast(frame, design, dose=dose)
    assert found.headline.estimate == pytest.approx(1, abs=1e-6)
    # Fourteen blocks of two days: three whole weeks' worth of each sign, two mixed.
    signs = sign.reshape(14, 2).mean(axis=1)
    error = signs.std(ddof=1) / 7
    # White noise net of weekday means of four days each: 14 blocks of two days have
    # 14/13 of (1 - 1/4) / 2, the window's two days (1 + 1/4) / 2.
    error *= np.sqrt((1 + 1 / 4) / (1 - 1 / 4) * 13 / 14)
    assert found.headline.std_error == pytest.approx(error, rel=1e-6)
    rows = found.secondary.set_index("test")
    assert rows.loc["region permutation", "p_value"] == pytest.approx(2 / 720)
    assert any("each of 6 markets is its own region" in w for w in found.warnings)
    assert any("not calibrated" in w for w in found.warnings)


def test_without_unrelated_apps_block_t_stands_for_the_rule(made):
    _, frame, dose = made
    found = dose_contrast(frame, DESIGN.but(controls=()), dose=dose, region=REGION)
    assert found.headline.estimate == pytest.approx(BETA, abs=0.05)
    assert np.isfinite(found.headline[["conf_low", "conf_high"]].astype(float)).all()
    assert any("not calibrated" in w for w in found.warnings)


def test_counts_give_log_ratios(made):
    _, frame, dose = made
    design = DESIGN.but(outcome="n", estimand="log ratio of means")
    found = dose_contrast(frame, design, dose=dose, region=REGION)
    assert found.headline.estimate == pytest.approx(BETA, abs=0.04)


def test_apps_that_are_not_everywhere_are_left_out_and_named(made):
    _, frame, dose = made
    design = DESIGN.but(controls=DESIGN.controls[1:])
    found = dose_contrast(frame, design, dose=dose, region=REGION)
    assert any("1 of 40 unrelated apps are left out" in w for w in found.warnings)


def test_a_dose_inside_regions_is_said_and_tested_there(made):
    frame = made[1]
    inside = {m: float(i % 3) + 0.01 * (i // 3) for i, m in enumerate(MARKETS)}
    found = dose_contrast(frame, DESIGN, dose=inside, region=REGION)
    assert any("lies inside regions" in w for w in found.warnings)
    assert found.secondary["test"].str.startswith("t over the slopes inside 10").any()


def test_no_test_is_named_that_is_not_in_the_table(made):
    """Three of five regions have one market alone: no slope inside them."""
    inside = {m: float(i % 3) + 0.01 * (i // 3) for i, m in enumerate(MARKETS)}
    kept = [0, 1, 2, 3, 4, 5, 6, 9, 12]
    few = [MARKETS[i] for i in kept]
    named = {u for app in APPS for u in (f"{app}:{m}" for m in few)}
    design = DESIGN.but(
        treated=[u for u in DESIGN.treated if u in named],
        controls=[u for u in DESIGN.controls if u in named],
    )
    found = dose_contrast(made[1], design, dose=inside, region=REGION)
    assert not found.secondary["test"].str.startswith("t over the slopes").any()
    said = [w for w in found.warnings if "lies inside regions" in w]
    assert said[0].endswith("fewer than 4 regions have markets enough to test it there")


def test_the_later_events_dose_is_held_against_the_days_before(made):
    y, _, dose = made
    later = y.copy()
    later[0][:, DAYS >= "2021-01-16"] -= 0.5 * np.array(list(dose.values()))[:, None]
    design = DESIGN.but(
        event="2021-01-16",
        other_events={"notice": "2021-01-06"},
        identification="dose",
        event_name="delay",
    )
    found = dose_contrast(long(later), design, dose=dose, region=REGION)
    assert found.identification == "dose"
    assert found.headline.estimate == pytest.approx(BETA - 0.5, abs=0.03)
    before = found.secondary.set_index("test").loc[
        "region permutation before the event"
    ]
    assert before["estimate"] == pytest.approx(BETA, abs=0.03)
    assert before["p_value"] < 0.01
    assert any("later event's own only if" in w for w in found.warnings)


def test_so_few_ways_to_deal_a_dose_that_nothing_can_be_found_are_said(made):
    """One of ten regions is dosed: its slope is the largest of ten ways at best."""
    dose = {market: float(region == "R0") for market, region in REGION.items()}
    found = dose_contrast(made[1], DESIGN, dose=dose, region=REGION)
    assert found.headline.p_value >= 0.1 - 1e-12
    assert np.isinf(found.headline[["conf_low", "conf_high"]].astype(float)).all()
    said = "can be dealt in 10 ways that differ, so that no p is below 1/10"
    assert any(said in warning for warning in found.warnings)


def test_unlike_volatility_is_warned_of(made):
    y, _, dose = made
    rng = np.random.default_rng(3)
    rank = np.argsort(np.argsort(list(dose.values())))
    noisy = y.copy()
    noisy[0] += 0.05 * rank[:, None] * rng.normal(size=noisy[0].shape)
    found = dose_contrast(long(noisy), DESIGN, dose=dose, region=REGION)
    assert found.balance.loc["log volatility", "p_value"] < 0.05
    assert any("more or less variable before" in w for w in found.warnings)


REFUSED = [
    ({"identification": "bounds"}, {}, "dose_contrast computes"),
    ({"treated": units("hit", "a00"), "controls": ()}, {}, "one app in many markets"),
    ({"controls": ("a00:XX",)}, {}, "lie in no market"),
    ({"controls": ("a00",)}, {}, "lie in no market"),
    ({}, {"dose": {"M00": 1.0}}, "no dose for the markets"),
    ({}, {"dose": dict.fromkeys(MARKETS, 1.0)}, "same in all regions"),
    ({}, {"dose": dict.fromkeys(MARKETS, "high")}, "must be a number"),
    ({}, {"dose": dict.fromkeys(MARKETS, float("nan"))}, "not finite"),
    ({}, {"region": {"M00": "R0"}}, "no region for the markets"),
    (
        {},
        {"region": {m: f"R{i % 4}" for i, m in enumerate(MARKETS)}},
        "needs 5 regions",
    ),
    ({"treated": ("hit:M00",), "controls": ()}, {}, "needs 5 regions"),
]


@pytest.mark.parametrize(("changes", "words", "match"), REFUSED)
def test_designs_that_it_cannot_answer(made, changes, words, match):
    _, frame, dose = made
    given = {"dose": dose, "region": REGION} | words
    with pytest.raises(DesignError, match=match):
        dose_contrast(frame, DESIGN.but(**changes), **given)


BAD_FRAMES = [
    (
        lambda f: f[~((f.unit == "hit:M03") & (f.period == "2021-01-07"))],
        "treated unit",
    ),
    (lambda f: f[~((f.unit == "a03:M03") & (f.period == "2021-01-07"))], "control a03"),
    (lambda f: pd.concat([f, f.head(2)]), "2 of the rows repeat"),
    (lambda f: f.assign(y=f.y.astype(object)), "needs numbers"),
    (lambda f: f.assign(period=f.period.dt.tz_localize("UTC")), "carries the zone"),
    (lambda f: f.assign(y=f.y.mask(f.period == "2021-01-07", -np.inf)), "infinite"),
]


@pytest.mark.parametrize(("change", "match"), BAD_FRAMES)
def test_frames_that_it_cannot_read(made, change, match):
    _, frame, dose = made
    with pytest.raises(PanelError, match=match):
        dose_contrast(change(frame), DESIGN, dose=dose, region=REGION)


def test_a_day_without_counts_costs_one_market_that_day(made):
    _, frame, dose = made
    design = DESIGN.but(outcome="n", estimand="log ratio of means")
    days = pd.to_datetime(["2020-12-24", "2021-01-09"])
    hush = (frame.unit == "a03:M04") & frame.period.isin(days)
    quiet = frame.assign(n=frame.n.mask(hush, 0.0))
    one, other = (
        dose_contrast(f, design, dose=dose, region=REGION) for f in (frame, quiet)
    )
    assert other.effects["estimate"].notna().all()
    # One of 40 unrelated apps moves the mean of its market on two days.
    np.testing.assert_allclose(
        other.effects["estimate"], one.effects["estimate"], atol=0.01
    )


def test_unrelated_apps_that_fall_silent_are_left_out_and_named(made):
    _, frame, dose = made
    design = DESIGN.but(outcome="n", estimand="log ratio of means")
    hush = (frame.unit == "a03:M04") & (frame.period >= "2021-01-06")
    quiet = frame.assign(n=frame.n.mask(hush, 0.0))
    found = dose_contrast(quiet, design, dose=dose, region=REGION)
    assert any("1 of 40 unrelated apps are left out: all" in w for w in found.warnings)
    assert found.headline.estimate == pytest.approx(BETA, abs=0.04)


def test_silent_markets_are_named(made):
    _, frame, dose = made
    design = DESIGN.but(outcome="n", estimand="log ratio of means")
    hush = (frame.unit == "hit:M04") & (frame.period >= "2021-01-06")
    with pytest.raises(DesignError, match=r"all zeros over .* \['M04'\]"):
        dose_contrast(
            frame.assign(n=frame.n.mask(hush, 0.0)), design, dose=dose, region=REGION
        )


def test_a_market_that_never_moves_is_named(made):
    _, frame, dose = made
    flat = frame.assign(y=frame.y.mask(frame.unit == "hit:M05", 1.0))
    with pytest.raises(DesignError, match=r"constant over the whole baseline.*hit:M05"):
        dose_contrast(flat, DESIGN, dose=dose, region=REGION)


@pytest.mark.parametrize("regional", [0.0, 0.1])
def test_size_where_the_dose_does_nothing(regional):
    """Eight worlds of 41 apps that no dose moved; each app's slope a true null."""
    refused, alone, number = 0, 0, 0
    for seed in range(8):
        y, dose = world(seed=100 + seed, beta=0.0, regional=regional)
        found = dose_contrast(long(y), DESIGN, dose=dose, region=REGION)
        refused += found.headline.p_value <= 0.05
        rows = found.secondary.set_index("test")["size_here"]
        alone += 40 * rows["region permutation"]
        number += 40
    assert refused <= 2
    assert alone / number <= 0.085


def test_on_the_simulated_study():
    """60 SIMULATED markets, whose effects do not differ by any dose."""
    study = load_study("simulated-2021")
    frame = to_outcome(
        load_panel(study, source="simulated", metric="installs"), "count"
    )
    codes = [m.code for m in study.markets]
    listed = study.source("simulated").controls
    design = design_for(
        study,
        frame,
        app="signal",
        event="notice",
        treated=[f"signal:{c}" for c in codes],
        controls=[f"{a}:{c}" for a in listed for c in codes],
        estimand="log ratio of means",
    )
    rng = np.random.default_rng(1)
    region = {c: f"R{i % 12:02d}" for i, c in enumerate(codes)}
    level = rng.normal(size=12)
    dose = {c: level[i % 12] + 0.3 * rng.normal() for i, c in enumerate(codes)}
    found = dose_contrast(frame, design, dose=dose, region=region)
    assert found.simulated
    assert found.headline.p_value > 0.05
    assert found.headline.conf_low < 0 < found.headline.conf_high
    assert abs(found.headline.estimate) < 0.1
    # A dose that does something: added to the counts of the window, then found.
    weight = frame["unit"].str.rpartition(":")[2].map(dose)
    inside = frame["unit"].str.startswith("signal:") & (frame["period"] >= "2021-01-06")
    moved = frame.assign(y=frame["y"] * np.exp(0.3 * weight * inside))
    again = dose_contrast(moved, design, dose=dose, region=region)
    assert again.headline.estimate == pytest.approx(
        found.headline.estimate + 0.3, abs=0.05
    )
    assert again.headline.p_value <= 0.05


def test_the_slope_over_regions_by_hand(result):
    """The markets' changes of the result, averaged and regressed here."""
    place = np.array([int(r[1:]) for r in result.markets["region"]])
    change = region_means(result.markets["change"].to_numpy(), place)
    dose = region_means(result.markets["dose"].to_numpy(), place)
    slope = change @ slope_weights(dose)
    assert result.headline.estimate == pytest.approx(slope)


@pytest.mark.parametrize("deals", [0, 98, 99.5, True, "many"])
def test_too_few_deals_are_refused_before_the_data_are_read(made, deals):
    with pytest.raises(DesignError, match=r"whole number of at least 99, got"):
        dose_contrast(made[1], DESIGN, dose=made[2], deals=deals)
