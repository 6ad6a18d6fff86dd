"""What could be found: by the formula by hand, from days before the event alone."""

import dataclasses as dc

import numpy as np
import pandas as pd
import pytest
import study_file
from pandas.testing import assert_frame_equal
from scipy import stats

from migration.checks.power import BLOCKS, FORMULA, minimum_detectable_effect
from migration.checks.power_before import power_before
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.inference.contrast import window_contrast
from migration.inference.power_bounds import bootstrap_effects, formula_effect
from migration.inference.sample import Sample
from migration.report.power import why_lines
from migration.study import load_study


@pytest.fixture
def study(tmp_path, design):
    return load_study(study_file.write(tmp_path, design.controls))


@pytest.fixture
def outcome(frame):
    made = frame.copy()
    made.attrs = {"source": "flathub"}
    return made


def test_the_table_is_the_same_whatever_happens_after_the_event(study, outcome):
    after = outcome["period"] > "2021-01-03"
    noise = np.random.default_rng(1).normal(0, 50, len(outcome))
    changed = outcome.assign(y=outcome["y"].mask(after, noise))
    gone = outcome.assign(y=outcome["y"].mask(after & (outcome["unit"] != "hit")))
    cut = outcome[~after].copy()
    for other in (changed, gone, cut):
        other.attrs = outcome.attrs
    first = power_before(study, outcome, event="notice")
    for other in (changed, gone, cut):
        again = power_before(study, other, event="notice")
        assert_frame_equal(again.frame, first.frame)
        assert again.answer == first.answer
    louder = outcome.assign(y=outcome["y"].where(after, 3 * outcome["y"]))
    louder.attrs = outcome.attrs
    told = power_before(study, louder, event="notice").frame
    assert (told["gain"] > 2 * first.frame["gain"]).all()


def test_the_window_stands_at_the_baselines_end(study, outcome):
    found = power_before(study, outcome, event="notice", apps=["hit", "rival"])
    row = found.frame.iloc[0]
    assert row["first_day"] == pd.Timestamp("2020-12-26")
    assert row["last_day"] == pd.Timestamp("2021-01-03")
    assert row["n_controls"] == 45
    assert found.frame["why"].iloc[2] == "no series of this app in flathub"
    assert "Rival has no answer" in found.answer
    assert list(found.frame["design"].unique()) == ["net of unrelated series", "alone"]


def test_an_event_without_a_window_is_refused(study, outcome):
    with pytest.raises(DesignError, match="'tweet' declares none; choose a focal"):
        power_before(study, outcome, event="tweet")


def test_the_formula_by_hand(frame, design):
    """White noise of .1 and 63 days: sqrt(.01 (1/9 + 1/63)) times t.975 + t.80.

    Nine days against nine whole weeks: the day-of-week dummies cost a little more than
    the mean alone, because nine days are not whole weeks.
    """
    rng = np.random.default_rng(3)
    white = frame.assign(y=rng.normal(0, 0.1, len(frame)))
    sample, _ = window_effect(white, design.but(baseline=("2020-11-02", "2021-01-03")))
    df = 63 - 7
    plain = np.sqrt(0.01 * (1 / 9 + 1 / 63))
    by_hand = (stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)) * plain
    found = formula_effect(sample, net=False, logs=False)
    assert found == pytest.approx(by_hand, rel=0.3)


def test_twice_the_noise_needs_twice_the_effect(frame, design):
    quiet, _ = window_effect(frame, design)
    loud, _ = window_effect(frame.assign(y=2 * frame.y), design)
    for found in (formula_effect, lambda s, **k: bootstrap_effects(s, 2.4, **k)[0]):
        one, two = (found(s, net=True, logs=False) for s in (quiet, loud))
        assert two == pytest.approx(2 * one, rel=1e-6)


def test_neither_reads_the_window(frame, design):
    shifted = frame.assign(y=frame.y + 9.0 * (frame.period > "2021-01-03"))
    one, two = (window_effect(f, design)[0] for f in (frame, shifted))
    for net in (True, False):
        assert formula_effect(one, net=net, logs=False) == pytest.approx(
            formula_effect(two, net=net, logs=False)
        )
        assert bootstrap_effects(one, 2.4, net=net, logs=False) == bootstrap_effects(
            two, 2.4, net=net, logs=False
        )


def test_counts_and_logs_of_them_need_nearly_the_same(frame, design):
    logs = minimum_detectable_effect(frame, design).frame.set_index("error")
    ratio = design.but(outcome="n", estimand="log ratio of means")
    counts = minimum_detectable_effect(frame, ratio).frame.set_index("error")
    for kind in (FORMULA, BLOCKS):
        assert counts.gain[kind] == pytest.approx(logs.gain[kind], rel=0.35)


def test_drawn_blocks_need_what_white_noise_needs():
    """SIMULATED: 900 blocks' worth of noise; the needed size is that of a t-test."""
    from migration.design import Design

    rng = np.random.default_rng(9)
    days = pd.date_range("2018-01-01", periods=912)
    y = rng.normal(size=(2, 912))
    wide = pd.DataFrame(y.T, index=days.rename("period"), columns=["a", "b"])
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    design = Design(
        outcome="y", treated="a", event=days[903], window=(0, 8),
        baseline=(days[0], days[899]), controls=["b"],
    )  # fmt: skip
    sample, contrast = window_effect(long, design)
    gain, loss = bootstrap_effects(
        sample, contrast.critical(0.05), net=False, logs=False
    )
    expected = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / 3
    assert gain == pytest.approx(expected, rel=0.15)
    assert loss == pytest.approx(expected, rel=0.15)


def test_too_few_unrelated_series_are_told_as_the_reason(study, outcome):
    few = dc.replace(
        study.source("flathub"), controls=study.source("flathub").controls[:9]
    )
    found = power_before(
        dc.replace(study, sources=(few,)), outcome, event="notice", apps=["hit"]
    )
    assert np.isinf(found.frame["gain"]).all()
    assert found.frame["why"].iloc[0] == (
        "among 9 unrelated series no effect, however large, has a p-value of 5% at a "
        "power of 80%: name more"
    )
    assert "no gain and no loss, however large" in found.answer


def test_reasons_stand_below_the_table_once_an_app(study, outcome):
    found = power_before(study, outcome, event="notice", apps=["hit", "rival"])
    (line,) = why_lines(found)
    assert line == f"Rival: {found.frame['why'].iloc[2]}"
    one = found.frame.assign(why=["", "", "a", "b"])
    assert why_lines(dc.replace(found, frame=one)) == [
        "Rival, net of unrelated series: a", "Rival, alone: b",
    ]  # fmt: skip


def test_drawn_blocks_know_what_the_weekly_cycle_costs_a_short_window():
    """SIMULATED: three days after 28, a cycle estimated there: the size that is needed.

    What the blocks of one history say is compared with 3,000 histories of the same
    noise: the size that 80% of them would find.
    """
    rng = np.random.default_rng(21)
    days = pd.date_range("2021-01-04", periods=31)
    base, window = np.arange(31) < 28, np.arange(31) >= 28
    sample = Sample(
        y=rng.normal(size=(3_000, 31)), controls=("b",), days=days, baseline=base,
        window=window, event_time=np.arange(31) - 28,
    )  # fmt: skip
    own = window_contrast(sample, window, normal="constant mean", logs=False)
    needed = np.quantile(2.3 * own.std_error - own.estimate, 0.8)
    found = [
        bootstrap_effects(dc.replace(sample, y=row[None]), 2.3, net=False, logs=False)
        for row in sample.y[:150]
    ]
    assert np.mean(found) == pytest.approx(needed, rel=0.1)
