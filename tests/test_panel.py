"""A panel says what it means, or is refused."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.errors import PanelError
from migration.panel import (
    COLUMNS,
    check_panel,
    coverage,
    empty_panel,
    is_simulated,
)

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def panel():
    """One row of each status, two apps; Namibia is a market."""
    return pd.DataFrame(
        {
            "source": "s",
            "metric": "m",
            "app": ["a", "a", "a", "b"],
            "market": ["NA", "NA", "NA", "WW"],
            "period": pd.to_datetime(["2021-01-01", "2021-01-02", "2021-01-05"] * 2)[
                :4
            ],
            "zone": "UTC",
            "value": [1.0, NAN, 2.0, NAN],
            "lower": [1.0, -INF, 2.0, NAN],
            "upper": [1.0, 5.0, INF, NAN],
            "status": ["observed", "censored", "partial", "missing"],
        }
    )


def test_a_sound_panel_comes_back_untouched(panel):
    before = panel.copy(deep=True)
    assert check_panel(panel) is panel
    assert_frame_equal(panel, before)
    assert check_panel(empty_panel()).empty


def test_rows_may_come_in_any_order(panel):
    shuffled = panel.sample(frac=1, random_state=1)
    assert check_panel(shuffled) is shuffled
    assert_frame_equal(coverage(shuffled), coverage(panel))


CHANGES = {
    "have a status that is not one of": {"status": ["fine"] * 4},
    "observed without a value": {"value": [NAN, NAN, 2.0, NAN]},
    "partial without a value": {"value": [1.0, NAN, NAN, NAN]},
    "censored with a value": {"value": [1.0, 3.0, 2.0, NAN]},
    "missing and yet hold a number": {"lower": [1.0, -INF, 2.0, 0.0]},
    "lack a lower or an upper bound": {"upper": [1.0, NAN, INF, NAN]},
    "outside its bounds": {"lower": [1.0, -INF, 2.5, NAN]},
    "lower bound above the upper": {"lower": [1.0, 6.0, 2.0, NAN]},
    "bounds that differ from the value": {"upper": [1.5, 5.0, INF, NAN]},
    "an infinite value": {"value": [1.0, NAN, INF, NAN]},
    "have no market": {"market": ["NA", "", "NA", "WW"]},
    "have no app": {"app": ["a", None, "a", "b"]},
    "a time of day": {"period": pd.to_datetime(["2021-01-01 12:00"] * 4)},
    "have no period": {"period": pd.to_datetime(["2021-01-01"] * 3 + [None])},
    "days without a zone": {"period": pd.to_datetime(["2021-01-01"] * 4, utc=True)},
    "needs floats": {"value": ["1", "2", "3", "4"]},
}


@pytest.mark.parametrize("fault", CHANGES)
def test_each_thing_that_a_panel_cannot_mean_is_refused(panel, fault):
    with pytest.raises(PanelError, match=fault):
        check_panel(panel.assign(**CHANGES[fault]))


def test_a_repeated_day_is_refused_and_named(panel):
    with pytest.raises(PanelError, match=r"1 rows.*repeat.*app=a.*2021-01-05"):
        check_panel(pd.concat([panel, panel.iloc[[2]]], ignore_index=True))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_that_is_absent_is_named(panel, name):
    with pytest.raises(PanelError, match=f"{name} are absent"):
        check_panel(panel.drop(columns=name))


def test_coverage_counts_a_day_without_a_row_as_missing(panel):
    table = coverage(panel).set_index("app")
    assert table.loc["a", ["days", "observed", "censored", "partial"]].tolist() == [
        5,
        1,
        1,
        1,
    ]
    assert table.loc["a", "missing"] == 2
    assert table.loc["b", ["days", "missing"]].tolist() == [1, 1]
    assert table.loc["a", "first"] == pd.Timestamp("2021-01-01")
    assert table.loc["a", "market"] == "NA"


def test_coverage_adds_up_to_the_days(panel):
    table = coverage(panel)
    known = table[["observed", "censored", "partial", "missing"]].sum(axis=1)
    np.testing.assert_array_equal(known, table["days"])


def test_simulated_is_known_by_attrs_or_by_its_column():
    frame = pd.DataFrame({"y": [1.0]})
    assert not is_simulated(frame)
    assert is_simulated(frame.assign(simulated=[True]))
    assert not is_simulated(frame.assign(simulated=[False]))
    frame.attrs["simulated"] = True
    assert is_simulated(frame)
