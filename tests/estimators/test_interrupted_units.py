"""Many units at once give what each gives alone; what cannot answer is named."""

import numpy as np
import pandas as pd
import pytest

from migration.errors import DesignError, PanelError
from migration.estimators.interrupted_series import (
    interrupted_series,
    interrupted_units,
)
from migration.results import COLUMNS

NUMBERS = list(COLUMNS)


@pytest.fixture
def many(design):
    """Six of the series as units, the other forty unrelated."""
    units = ["hit", *design.controls[:5]]
    return design.but(treated=units, controls=design.controls[5:])


@pytest.mark.parametrize("normal", ["market-adjusted", "constant mean", "market model"])
def test_each_unit_has_the_numbers_that_it_has_alone(frame, many, normal):
    found = interrupted_units(frame, many, normal=normal)
    assert found.refused.empty
    for unit in many.treated:
        alone = interrupted_series(frame, many.but(treated=unit), normal=normal)
        rows = found.effects[found.effects["unit"] == unit].set_index("segment")
        kept = ["first_day", "last_day", "identification"]
        pd.testing.assert_frame_equal(
            rows[[*NUMBERS, *kept]], alone.effects[[*NUMBERS, *kept]], rtol=1e-9
        )
        hac = alone.secondary[alone.secondary["test"].str.startswith("OLS")]
        mine = found.contrast[found.contrast["unit"] == unit]
        both = [*NUMBERS, "size_here"]
        np.testing.assert_allclose(mine[both], hac[both], rtol=1e-7)
        lags = hac["test"].str.extract(r"lag (\d+)")[0].astype(int)
        assert list(mine["lag"]) == list(lags)


def test_units_in_another_order_are_the_same_rows(frame, many):
    one = interrupted_units(frame, many).effects
    turned = many.but(treated=many.treated[::-1])
    other = interrupted_units(frame.sample(frac=1, random_state=1), turned).effects
    assert list(other["unit"].unique()) == [*many.treated[::-1]]
    keys = ["unit", "segment"]
    pd.testing.assert_frame_equal(
        one.sort_values(keys, ignore_index=True),
        other.sort_values(keys, ignore_index=True),
    )


def test_a_gap_costs_a_unit_what_needs_the_day_and_no_other_unit(frame, many):
    gone = (frame["unit"] == "hit") & (frame["period"] == "2021-01-20")
    gone |= (frame["unit"] == "c01") & (frame["period"] == "2020-12-24")
    still = frame["y"].where(frame["unit"] != "c02", 5.0)
    copied = frame[frame["unit"] == "c30"].set_index("period")["y"]
    swapped = still.mask(frame["unit"] == "c03", frame["period"].map(2 * copied + 1))
    spoilt = frame.assign(y=swapped)[~gone]
    found = interrupted_units(spoilt, many)
    assert found.refused.to_numpy().tolist() == [
        ["c01", "", "'y' lacks 1 values on baseline or window days, the first on "
         "2020-12-24"],
        ["c02", "", "constant over the whole baseline"],
        ["c03", "", "a copy of the control c30"],
        ["hit", "delay", "no value on some day of its window"],
    ]  # fmt: skip
    held = found.effects.groupby("unit", sort=False)["segment"].agg(list)
    assert held.to_dict() == {
        "hit": ["notice"],
        "c00": ["notice", "delay"],
        "c04": ["notice", "delay"],
    }
    alone = interrupted_series(spoilt, many.but(treated="hit"))
    mine = found.effects.iloc[[0]][NUMBERS]
    np.testing.assert_allclose(mine, alone.effects[NUMBERS], rtol=1e-9)


def test_what_fits_the_controls_exactly_has_no_error(frame, many):
    mean = frame[frame["unit"].isin(many.controls)].groupby("period")["y"].mean()
    own = frame["unit"] == "c00"
    fitted = frame.assign(y=frame["y"].mask(own, frame["period"].map(mean) + 1))
    found = interrupted_units(fitted, many)
    assert found.refused["unit"].tolist() == ["c00"]
    assert "no error beyond rounding" in found.refused["reason"][0]
    with pytest.raises(DesignError, match="no treated unit has an effect"):
        interrupted_units(fitted, many.but(treated="c00"))


def test_no_unit_that_can_be_used_is_refused(frame, many):
    short = frame[~((frame["unit"] == "hit") & (frame["period"] == "2021-01-07"))]
    with pytest.raises(PanelError, match=r"none of the 1 treated.*hit: 'y' lacks"):
        interrupted_units(short, many.but(treated="hit"))


def test_counts_and_other_labels_are_refused(frame, many):
    with pytest.raises(DesignError, match="use interrupted_counts"):
        interrupted_units(frame, many.but(estimand="log ratio of means", outcome="n"))
    with pytest.raises(DesignError, match="not 'decay'"):
        interrupted_units(frame, many.but(identification="decay"))


def test_it_says_what_it_is(frame, many):
    marked = frame.copy()
    marked.attrs["simulated"] = True
    found = interrupted_units(marked, many)
    said = repr(found)
    assert said.startswith("<SIMULATED interrupted series of 6 units, 12 effects, ")
    assert found.warnings[-1].startswith("`contrast` over-rejects for windows")
    assert set(found.to_frame()["event"]) == {"notice"}
    assert (
        found.effects["p_value"]
        .eq(found.effects[["p_block", "p_rank"]].max(axis=1))
        .all()
    )
