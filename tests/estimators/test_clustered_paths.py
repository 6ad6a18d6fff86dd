"""Paths of several events at once: recovered, apart, and refused where they are one."""

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.errors import DesignError, PanelError
from migration.estimators.clustered_paths import clustered_paths
from migration.inference.two_way import two_way

DAYS = pd.date_range("2020-12-01", "2021-01-31", name="period")
UNITS = [f"u{i:02d}" for i in range(30)]
SHAPE = {
    "outcome": "y",
    "baseline": ("2020-12-01", "2021-01-03"),
    "controls": UNITS[20:],
    "window": (0, 8),
}


@pytest.fixture
def two_events():
    """SIMULATED: a notice hits units 0 to 11, a delay ten days later 8 to 19."""
    rng = np.random.default_rng(11)
    y = rng.normal(size=(len(DAYS), 1)) + 0.01 * rng.normal(size=(len(DAYS), 30))
    y[DAYS >= "2021-01-06", :12] += 1.0
    y[DAYS >= "2021-01-16", 8:20] -= 0.5
    wide = pd.DataFrame(y, index=DAYS, columns=UNITS)
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


@pytest.fixture
def designs():
    return {
        "notice": Design(treated=UNITS[:12], event="2021-01-06", **SHAPE),
        "delay": Design(treated=UNITS[8:20], event="2021-01-16", **SHAPE),
    }


def test_each_event_has_its_own_effect_where_their_units_differ(two_events, designs):
    found = clustered_paths(two_events, designs, leads=5)
    mean = found.effects.query("event_time >= 0").groupby("event")["estimate"].mean()
    np.testing.assert_allclose(mean[["notice", "delay"]], [1.0, -0.5], atol=0.01)
    before = found.effects.query("event_time < 0")["estimate"]
    assert before.abs().max() < 0.02
    assert list(found.later["event"]) == ["notice"]
    assert found.later["estimate"][0] == pytest.approx(1.0, abs=0.01)
    # The delay's dummies begin after the baseline, not five days before it.
    first = found.effects.groupby("event")["period"].min()
    assert list(first[["notice", "delay"]]) == [pd.Timestamp("2021-01-01"),
                                                pd.Timestamp("2021-01-04")]  # fmt: skip
    assert found.n_units == 30
    assert repr(found).startswith("<clustered paths of notice, delay: 35 daily effects")


def test_the_numbers_are_those_of_the_regression(two_events, designs):
    found = clustered_paths(two_events, designs, leads=3, lags=4)
    wide = two_events.pivot(index="unit", columns="period", values="y")
    wide = wide.loc[UNITS, : pd.Timestamp("2021-01-20")]
    u = np.array([np.isin(UNITS, one.treated) for one in designs.values()], float)
    since = [(wide.columns - one.event).days for one in designs.values()]
    dummies = [np.array([since[0] == k for k in range(-3, 5)] + [since[0] > 4], float),
               np.array([since[1] == k for k in range(-12, 5)], float)]  # fmt: skip
    place = np.repeat([0, 1], [9, 17])
    fit = two_way(wide.to_numpy(), u, np.vstack(dummies), place)
    own = np.delete(np.arange(26), 8)
    np.testing.assert_allclose(found.effects["estimate"], fit.coef[own], atol=1e-12)
    np.testing.assert_allclose(found.covariance, fit.cov[np.ix_(own, own)], atol=1e-15)
    np.testing.assert_allclose(
        found.effects["std_error"] ** 2, np.diag(found.covariance), rtol=1e-9
    )


def test_shocks_to_a_day_or_a_unit_and_the_order_of_rows_change_nothing(
    two_events, designs
):
    one = clustered_paths(two_events, designs).effects
    day = two_events["period"].dt.day
    level = two_events["unit"].str[1:].astype(int)
    moved = two_events.assign(y=two_events["y"] + day**2 - 3 * level)
    other = clustered_paths(moved.sample(frac=1, random_state=0), designs).effects
    pd.testing.assert_frame_equal(one, other, rtol=1e-6, atol=1e-9)


def test_events_that_hit_the_same_units_have_one_path(two_events, designs):
    same = designs["delay"].but(treated=UNITS[:12])
    with pytest.raises(DesignError, match="no units tell the events' paths apart"):
        clustered_paths(two_events, {"notice": designs["notice"], "delay": same})


def test_an_event_that_hit_all_units_is_refused(two_events, designs):
    everyone = designs["notice"].but(treated=UNITS, controls=())
    with pytest.raises(DesignError, match="no unrelated unit is left that"):
        clustered_paths(two_events, {"notice": everyone})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"designs": []}, "designs needs a mapping of event to Design"),
        ({"designs": {"notice": 3}}, "needed a Design"),
        ({"leads": -1}, "leads is -1; use 0 days or more"),
        ({"leads": 36}, "notice: 36 leads leave no day of the baseline"),
        ({"lags": True}, "lags is True; use 0 days or more"),
        ({"lags": 60}, "the data cover 2020-12-01 to 2021-01-31"),
    ],
)
def test_what_cannot_be_meant_is_refused(two_events, designs, asked, said):
    with pytest.raises(DesignError, match=said):
        clustered_paths(two_events, **{"designs": designs} | asked)


def test_events_of_different_panels_are_refused(two_events, designs):
    other = designs["delay"].but(baseline=("2020-12-05", "2021-01-03"))
    with pytest.raises(DesignError, match="delay: baseline differs from that of the"):
        clustered_paths(two_events, designs | {"delay": other})
    counts = designs["delay"].but(estimand="log ratio of means")
    with pytest.raises(DesignError, match="estimates the 'mean of outcome'"):
        clustered_paths(two_events, designs | {"delay": counts})


def test_a_gap_is_refused_with_its_unit_and_day(two_events, designs):
    gone = (two_events["unit"] == "u03") & (two_events["period"] == "2021-01-11")
    with pytest.raises(PanelError, match="treated unit u03 on 2021-01-11"):
        clustered_paths(two_events[~gone], designs)


def test_it_says_that_one_shared_event_is_one_observation(two_events, designs):
    two_events.attrs["simulated"] = True
    found = clustered_paths(two_events, designs)
    assert found.simulated
    assert "one observation of its effect" in found.warnings[0]
    assert "show their sum" in found.warnings[1]
    one = clustered_paths(two_events, {"notice": designs["notice"]})
    assert len(one.warnings) == 1
