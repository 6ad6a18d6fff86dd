"""Size and coverage of paths under a shock that all units share: SIMULATED nulls."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from migration.design import Design
from migration.estimators.path_options import PathOptions
from migration.estimators.path_track import (
    column,
    largest_t,
    make_track,
    rule_contrast,
    sup_t_limit,
)
from migration.estimators.second_path import _line
from migration.estimators.second_rows import Later
from migration.inference.rule import decide, rank_critical
from migration.inference.sample import arrange

DAYS = pd.date_range("2020-11-01", "2021-01-24", name="period")
NAMES = [f"u{i:02d}" for i in range(41)]
TRUTH = 0.4
DELAY = pd.Timestamp("2021-01-16"), pd.Timestamp("2021-01-24")
DESIGN = Design(
    outcome="y",
    treated="u00",
    event="2021-01-06",
    window=(0, 8),
    baseline=("2020-11-01", "2021-01-03"),
    controls=NAMES[1:],
)


def noise(rng, rho):
    """Each unit's AR(1), and one that all of them share, 30% of the variance."""
    draws = rng.normal(size=(42, len(DAYS) + 30))
    for day in range(1, draws.shape[1]):
        draws[:, day] = rho * draws[:, day - 1] + np.sqrt(1 - rho**2) * draws[:, day]
    draws = draws[:, 30:]
    return np.sqrt(0.7) * draws[1:] + np.sqrt(0.3) * draws[0]


def drawn(rng, rho):
    y = noise(rng, rho)
    y[0, DAYS >= "2021-01-06"] += TRUTH  # held for good: no later event does a thing
    return y


def arranged(y):
    wide = pd.DataFrame(y.T, index=DAYS, columns=NAMES)
    frame = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    return arrange(frame, DESIGN)


FIRST = arranged(drawn(np.random.default_rng(0), 0.0))


def sample_of(rng, rho):
    """As a frame of the same series would be arranged, without the frame."""
    return replace(FIRST, y=drawn(rng, rho))


def test_a_draw_is_what_its_frame_is_arranged_to():
    rng = np.random.default_rng(5)
    y = drawn(rng, 0.5)
    np.testing.assert_allclose(arranged(y).y, y)
    assert arranged(y).controls == FIRST.controls


def once(rng, rho):
    """Whether headline, daily intervals, band, line and sup-t alone miss the truth."""
    track = make_track(sample_of(rng, rho), PathOptions(noise="ar1"))
    window = track.sample.window
    verdict = decide(rule_contrast(track, window))
    missed = not verdict.conf_low <= TRUTH <= verdict.conf_high
    found = track.days(window)
    found.beta[0] -= TRUTH
    daily = [
        decide(column(found, k)).conf_low * decide(column(found, k)).conf_high > 0
        for k in range(9)
    ]
    largest = largest_t(found)
    normal = sup_t_limit(found.cov[0], found.df, draws=2_000)
    band = largest[0] > max(normal, rank_critical(largest[1:]))
    later = Later("delay", track.sample.span(*DELAY), window, alone=True)
    line = next(_line(track, later, window, (0.0,)))
    bent = line["conf_low"] * line["conf_high"] > 0
    return np.array([missed, np.mean(daily), band, bent, largest[0] > normal])


def measured(rho, draws, seed=21):
    rng = np.random.default_rng(seed)
    return np.mean([once(rng, rho) for _ in range(draws)], axis=0)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_intervals_hold_the_truth(rho):
    """At most one in ten missed of 80 draws: 5% give more with probability .01."""
    headline, daily, band, line, _ = measured(rho, 80)
    assert headline <= 0.1
    assert daily <= 0.075
    assert band <= 0.1
    assert line <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_size_is_at_most_seven_and_a_half_percent(rho):
    headline, daily, band, line, _ = measured(rho, 300, seed=22)
    assert line <= 0.075
    assert headline <= 0.075
    assert daily <= 0.075
    assert band <= 0.075
