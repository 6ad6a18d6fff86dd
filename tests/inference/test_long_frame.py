"""A long frame's units and days, whatever holds them and however its rows lie."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.design import Design
from migration.errors import PanelError
from migration.inference.long_frame import check_numbers, placed_rows, units_by_days

DAYS = pd.date_range("2021-01-01", periods=40)
TEXTS = [object, "str", "string", pd.ArrowDtype(pa.string()), "category"]
DESIGN = Design(
    outcome="y",
    treated="b",
    event="2021-02-01",
    window=(0, 2),
    baseline=("2021-01-01", "2021-01-31"),
    controls=["a", "d"],
)


def long(kind=object):
    """SIMULATED; unit c is no unit of the design."""
    unit = np.repeat(["a", "b", "c", "d"], len(DAYS))
    y = np.random.default_rng(1).normal(size=len(unit))
    frame = pd.DataFrame({"unit": unit, "period": np.tile(DAYS, 4), "y": y})
    return frame.astype({"unit": kind})


def wide_of(frame):
    return units_by_days(placed_rows(frame, DESIGN), DESIGN, ["b", "a", "d"])


@pytest.mark.parametrize("kind", TEXTS, ids=str)
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), share=st.floats(0.5, 1.0))
def test_rows_in_any_order_come_to_their_places(kind, seed, share):
    frame = long(kind).sample(frac=share, random_state=seed)
    wanted = frame.astype({"unit": object}).pivot(
        index="unit", columns="period", values="y"
    )
    kept = wanted.loc[["b", "a", "d"]]
    pd.testing.assert_frame_equal(
        wide_of(frame), kept.dropna(axis=1, how="all"), check_names=False,
        check_index_type=False, check_column_type=False, check_freq=False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_rows_without_a_unit_are_counted(kind):
    frame = long().assign(unit=lambda f: f["unit"].mask(f.index.isin([3, 4, 90])))
    with pytest.raises(PanelError, match=r"^3 rows name no unit in 'unit'; name it"):
        placed_rows(frame.astype({"unit": kind}), DESIGN)


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_a_row_that_is_there_twice_is_named(kind):
    frame = long(kind)
    twice = pd.concat([frame, frame.iloc[[45]]])
    with pytest.raises(PanelError, match=r"^1 of the rows repeat.*b on 2021-01-06; ag"):
        wide_of(twice)


def test_a_frame_of_the_designs_units_alone_is_not_copied():
    frame = long()[lambda f: f["unit"] != "c"]
    assert placed_rows(frame, DESIGN).kept is frame


@pytest.mark.parametrize("value", [1e101, -1e101, 1e-101, -1e-101])
def test_numbers_too_large_or_small_are_told_by_their_size(value):
    frame = pd.DataFrame({"y": [np.nan, value, 0.0]})
    with pytest.raises(
        PanelError, match=re.escape(f"reaches {abs(value):.3g}, beyond")
    ):
        check_numbers(frame, "y")


def test_the_endless_are_no_size_where_they_may_be():
    frame = pd.DataFrame({"y": [np.inf, 2.0, -np.inf, np.nan]})
    check_numbers(frame, "y", endless=True)
    with pytest.raises(PanelError, match="'y' holds 2 infinite values"):
        check_numbers(frame, "y")
    check_numbers(pd.DataFrame({"y": [np.nan, np.nan]}), "y")
