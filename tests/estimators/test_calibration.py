"""The rule's own worth: by volume, and when a warning is due."""

import numpy as np
import pandas as pd
import pytest

from migration.estimators.calibration import (
    calibration,
    size_warnings,
    volume_tercile,
)
from migration.estimators.finish import halves_of_the_rule
from migration.inference.blocks import BlockContrast
from migration.inference.rule import decide
from migration.inference.sample import Sample

J = 60


def sample(treated_level):
    """1 + 60 flat series; the controls' levels are 0, 1, ... 59."""
    levels = np.array([treated_level, *range(J)], dtype=float)
    days = pd.date_range("2020-11-01", periods=20)
    return Sample(
        y=np.repeat(levels[:, None], 20, axis=1),
        controls=tuple(f"c{i:02d}" for i in range(J)),
        days=days,
        baseline=np.arange(20) < 15,
        window=np.arange(20) >= 15,
        event_time=np.arange(20) - 15,
    )


def contrast(beyond):
    """|t| of 50 where ``beyond``, and small and different ones elsewhere."""
    t = np.r_[1.0, np.where(beyond, 50.0, np.linspace(0.1, 1, J))]
    return BlockContrast(estimate=t, std_error=np.ones(1 + J), df=6)


def test_terciles_are_cut_at_the_controls_own():
    places = volume_tercile(sample(1000.0))
    assert places[0] == 2
    assert [(places[1:] == k).sum() for k in range(3)] == [20, 20, 20]
    assert volume_tercile(sample(-1.0))[0] == 0


def test_a_part_that_rejects_too_often_is_warned_of_only_there():
    """Three of sixty is 5% over all; three of twenty is 15% of the loud third."""
    loud = contrast(np.arange(J) >= J - 3)
    by_volume = calibration(sample(1000.0), loud)
    assert by_volume.loc["high", "rejection"] == pytest.approx(3 / 20)
    assert by_volume.loc["low", "rejection"] == 0
    (said,) = size_warnings(sample(1000.0), loud)
    assert "3 of the 20 unrelated series of like volume" in said
    assert "probability 0.08" in said  # binomial by hand: 1 - .3585 - .3774 - .1887
    assert size_warnings(sample(-1.0), loud) == []


def test_series_without_a_number_are_in_neither_half_of_the_rule():
    """The rank alone is the rank of the headline: 1 of 40, not of 61."""
    found = contrast(np.zeros(J, dtype=bool))
    t = np.r_[30.0, np.where(np.arange(J) < 21, np.nan, found.estimate[1:])]
    thin = BlockContrast(t, found.std_error, found.df)
    alone = halves_of_the_rule(thin)[1]
    assert alone["test"] == "rank alone"
    assert alone["p_value"] == decide(thin).p_rank == 1 / 40
