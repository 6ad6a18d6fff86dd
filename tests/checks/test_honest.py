"""The window's effect under trends that may go on: on frames, mirrored, refused."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.checks.honest import honest_pretrends
from migration.design import Design
from migration.errors import DesignError

DAYS = pd.date_range("2020-11-01", "2021-01-14")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    y = rng.normal(0, 0.2, (9, len(DAYS)))
    y[0, -9:] += 1.0
    wide = pd.DataFrame(y.T, index=pd.Index(DAYS, name="period"))
    wide.columns = [f"u{n}" for n in range(9)]
    return wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()


@pytest.fixture(scope="module")
def design():
    return Design(
        outcome="y", treated="u0", event="2021-01-06", window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"), controls=[f"u{n}" for n in range(1, 9)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(frame, design):
    return honest_pretrends(frame, design)


def test_a_plain_jump_survives_and_says_how_much(found):
    sets = found.frame[found.frame["restriction"] == "relative magnitudes"]
    first = sets.iloc[0]
    assert first["conf_low"] < 1 < first["conf_high"]
    assert found.breakdown_magnitude > 1
    assert sets.loc[sets["bound"] < found.breakdown_magnitude, "excludes_zero"].all()
    assert not sets.loc[
        sets["bound"] > found.breakdown_magnitude, "excludes_zero"
    ].any()
    assert f"{found.breakdown_magnitude:.2g} times" in found.answer


def test_the_leads_are_bins_against_the_last(found):
    """Seven bins of nine days end on 3 January; the last, from 26 December, is 0."""
    leads = found.leads[found.leads["lead"]]
    assert leads["period"].iloc[0] == pd.Timestamp("2020-11-02")
    assert leads["period"].iloc[-1] == pd.Timestamp("2020-12-17")
    assert len(leads) == 6


def test_a_shock_to_every_series_changes_nothing(frame, design, found):
    shocked = frame.assign(y=frame.y + 5.0 * (frame.period >= "2021-01-06"))
    again = honest_pretrends(shocked, design)
    assert_frame_equal(again.frame, found.frame, atol=1e-6)


def test_a_loss_is_the_mirror_of_a_gain(frame, design, found):
    mirrored = honest_pretrends(frame.assign(y=-frame.y), design).frame
    np.testing.assert_allclose(mirrored.conf_high, -found.frame.conf_low, atol=4e-3)


def test_the_caller_keeps_the_frame(frame, design):
    before = frame.copy()
    honest_pretrends(frame, design, mbars=(1.0,), bends=())
    assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"bin_days": 30}, r"needs 3 bins of 30 days .* has 64: lengthen"),
        ({"bin_days": 0}, "bin_days is 0; use 1 or more whole days"),
        ({"bin_days": 2.5}, "bin_days is 2.5"),
        ({"mbars": (-1.0,)}, "finite numbers of 0 or more"),
        ({"bends": (np.inf,)}, "finite numbers of 0 or more"),
        ({"bin_days": 1}, "at most 7 periods after the event.*bin the window"),
    ],
)
def test_bad_input_is_refused_in_words(frame, design, asked, words):
    with pytest.raises(DesignError, match=words):
        honest_pretrends(frame, design, **asked)
