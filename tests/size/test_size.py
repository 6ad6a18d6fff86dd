"""A slice of the study of sizes: it can fail, and takes seconds.

Shares are held within what chance allows: a bound is crossed by a rule that keeps its
level once in a thousand seeds, and the seeds are fixed.
"""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.size import headline, noise, page, real, secondary, shares, tables
from migration.estimators.abnormal_interest import abnormal_interest, window_effect
from migration.estimators.interrupted_counts import interrupted_counts
from migration.inference.rule import decide

ROOT = Path(__file__).resolve().parents[2]
WORLDS = 150
NOTICE = pd.Timestamp("2021-01-06")


def at_most(share, n):
    """Largest count that a true ``share`` exceeds once in a thousand times."""
    return stats.binom.ppf(0.999, n, share)


@pytest.mark.parametrize(
    "name", ["AR 0", "AR 0.8", "AR 0.5, t with 4 df", "weekly cycle, AR 0.5"]
)
def test_the_headline_keeps_its_level_and_its_interval_covers(name, monkeypatch):
    """SIMULATED: a common shock hits the treated and all unrelated series."""
    monkeypatch.setattr(headline, "BATCH", WORLDS)
    found = headline.at_world(name, 0)
    rejected, covered = found.sum(axis=0)
    assert found.shape == (WORLDS, 2)
    assert 1 <= rejected <= at_most(0.05, WORLDS)
    assert WORLDS - covered <= at_most(0.05, WORLDS)


def test_block_t_alone_is_measured_by_what_it_is():
    """SIMULATED drift of the treated series alone: no rank can help, and it shows."""
    rng = np.random.default_rng(1)
    world = noise.World(noise.Arma(), treated=noise.LocalLevel(1.0))
    found = [
        headline.verdict(noise.sample_of(world.draw(rng)), np.zeros(9), "constant mean")
        for _ in range(WORLDS)
    ]
    assert sum(v.p_value <= 0.05 for v in found) > at_most(0.05, WORLDS)


@pytest.fixture(scope="module")
def pool():
    return real.embedded()


@pytest.fixture(scope="module")
def notice(pool):
    place = [at.christmas for at in real.placebos(pool) if at.event == NOTICE]
    assert place == ["yes", "no"]
    first = next(i for i, at in enumerate(real.placebos(pool)) if at.event == NOTICE)
    return headline.at_date("embedded", first, "market-adjusted")


def test_the_notice_on_observed_unrelated_series(pool, notice):
    """By volume within chance of 5%, coverage to match, and power that is there."""
    for tercile in range(3):
        rejected = notice.size[pool.tercile == tercile]
        assert rejected.sum() <= at_most(0.05, len(rejected))
    assert 2 <= notice.size.sum() <= at_most(0.05, len(pool.units))
    assert notice.covered.mean() >= 0.93
    busy = tables.busy_of(pool)
    assert notice.flat[busy].mean() >= 0.4
    np.testing.assert_array_equal(notice.flat, notice.idle)
    assert notice.late[busy].mean() < notice.flat[busy].mean()


def test_each_series_in_turn_is_what_the_estimator_says_of_it(pool):
    """The study's verdict is that of the public call with the units changed about."""
    at = real.placebos(pool)[4]
    sample = real.sample_at(pool, at)
    for row in (0, 17, 98):
        design = real.design_at(pool, at, pool.units[row])
        _, contrast = window_effect(pool.frame, design)
        turned = headline.in_place(sample, row)
        mine = headline.verdict(turned, np.zeros(9), "market-adjusted")
        theirs = decide(contrast)
        assert mine.p_value == pytest.approx(theirs.p_value, rel=1e-9)
        assert mine.conf_low == pytest.approx(theirs.conf_low, rel=1e-9)


def test_placebo_windows_do_not_overlap_and_no_baseline_meets_its_window(pool):
    found = real.placebos(pool)
    events = sorted({at.event for at in found})
    steps = {(b - a).days for a, b in itertools.pairwise(events)}
    assert steps == {real.LENGTH}
    assert events[-1] + pd.Timedelta(days=8) <= pool.last_day
    for at in found:
        first, last = at.baseline
        assert pool.first_day <= first
        assert (at.event - last).days >= real.GAP
        assert real.LEAST_DAYS <= (last - first).days + 1 <= real.BASELINE_DAYS
    assert {at.christmas for at in found} == {"yes", "in part", "no"}


def test_longer_windows_take_every_second_date_and_shorter_ones_all(pool):
    nine = [at.event for at in real.placebos(pool)]
    assert [at.event for at in real.placebos(pool, 3)][: len(nine)] == nine
    events = sorted({at.event for at in real.placebos(pool, 14)})
    steps = {(b - a).days for a, b in itertools.pairwise(events)}
    assert steps == {18}
    assert NOTICE in events
    assert set(events) < set(nine)
    assert events[-1] + pd.Timedelta(days=13) <= pool.last_day


def test_the_counts_own_test_is_measured_in_windows_of_any_length(pool):
    found = secondary.on_dates("embedded", 4, "counts", 3)
    at = real.placebos(pool, 3)[4]
    design = real.design_at(pool, at, pool.units[28], length=3)
    assert design.length == 3
    frame, design = secondary.in_counts(
        pool.frame.assign(n=np.exp(pool.frame["y"]).round()), design
    )
    rows = interrupted_counts(frame, design).secondary.set_index("test")["size_here"]
    own = rows.filter(like="quasi-Poisson").iloc[0]
    assert found["interrupted_counts, 3 days", "quasi-Poisson"] == own > 0.1


def test_competitors_that_nothing_touched_are_measured():
    found = secondary.on_dates("embedded", 6, "spillover")
    tests = {test for method, test in found if method == "spillover_control"}
    assert {"block-t alone", "HEADLINE, high"} < tests


def test_no_messenger_is_among_the_unrelated(pool):
    assert len(pool.units) == 99
    talk = pd.Series(pool.units).str.contains(real.TALK, case=False)
    assert not talk.any()


def test_the_secondary_sizes_are_those_that_the_estimator_prints(pool):
    found = secondary.on_dates("embedded", 4, "market-adjusted")
    at = real.placebos(pool)[4]
    result = abnormal_interest(pool.frame, real.design_at(pool, at, pool.units[28]))
    printed = result.secondary.set_index("test")["size_here"]
    key = "abnormal_interest, market-adjusted", "conformal, moving block"
    assert found[key] == printed["conformal, moving block"] > 0.05


def test_tests_over_markets_that_share_a_shock_are_shown_to_reject(monkeypatch):
    """SIMULATED: BMP takes 20 markets for 20 events, Kolari-Pynnonen does not."""
    monkeypatch.setattr(secondary, "N_WORLDS", 100)
    shared, alone = secondary.over_markets(0.3, 0.0), secondary.over_markets(0.0, 0.0)
    assert shared["BMP"].mean() > 0.3
    assert alone["BMP"].sum() <= at_most(0.05, 100)
    assert shared["Kolari-Pynnonen"].sum() <= at_most(0.075, 100)


@pytest.mark.parametrize("name", [*noise.WORLDS, *noise.UNLIKE])
def test_a_world_is_seeded_and_has_the_spread_it_says(name):
    world = (noise.WORLDS | noise.UNLIKE)[name]
    first, again = (world.draw(np.random.default_rng(7), 5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (6, len(noise.DAYS))


@pytest.mark.parametrize(
    ("process", "lag_one"),
    [
        (noise.Arma(0.8), 0.8),
        (noise.Arma(0.8, ma=-0.4), (1 - 0.32) * 0.4 / (1 - 0.64 + 0.16)),
        (noise.Arma(0.5, 0.3), 0.5 / 0.7),
        (noise.Arma(0.5, heavy=True), 0.5),
    ],
)
def test_noise_has_variance_one_and_the_memory_of_its_name(process, lag_one):
    y = process(np.random.default_rng(8), (400, 400))
    assert y.var() == pytest.approx(1, abs=0.05)
    assert (y[:, 1:] * y[:, :-1]).mean() == pytest.approx(lag_one, abs=0.04)


def test_a_share_of_independent_draws_worked_by_hand():
    """0 of 20: the upper end is 1 - 0.025^(1/20)."""
    found = shares.of_independent(np.zeros(20))
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_one_series_at_ten_dates_is_not_ten_series():
    """A series that always rejects among 20 that never do: 20 pieces, not 200."""
    hits = np.zeros((20, 10))
    hits[0] = 1
    found = shares.of_table(hits)
    alone = shares.of_independent(hits.ravel())
    assert found.value == alone.value == 0.05
    assert found.high - found.low > 1.5 * (alone.high - alone.low)
    by_date = shares.of_table(hits.T)
    assert (by_date.low, by_date.high) == (found.low, found.high)


def test_means_of_worlds_worked_by_hand():
    """0.04 and 0.06: 0.05 on 12.706 x 0.0141421 / sqrt 2."""
    found = shares.of_means(np.array([0.04, 0.06]), 99)
    assert found.value == pytest.approx(0.05)
    assert found.high == pytest.approx(0.05 + 12.7062 * 0.01, rel=1e-4)
    assert found.low == 0
    assert (found.n, found.clusters) == (198, 2)


def test_a_missed_target_stands_first_and_is_counted():
    text = page.targets([("a", "x", "1", True), ("b", "y", "2", False)])
    assert "1 of 2 targets missed" in text
    assert text.index("| b |") < text.index("| a |")
    assert "**NO**" in text


def test_the_page_in_the_docs_is_that_of_this_seed_and_holds_no_path():
    text = (ROOT / "docs" / "size.md").read_text(encoding="utf-8")
    assert f"Seed\n{headline.SEED}" in text or f"Seed {headline.SEED}" in text
    assert "SIMULATED" in text
    assert str(ROOT) not in text
    assert "nan" not in text
