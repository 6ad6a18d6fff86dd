"""Many specifications: by hand, against one at a time, in size, refused."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from migration.checks.choices import Choices
from migration.checks.multiverse import multiverse
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.finish import decide_row
from migration.inference.blocks import BlockContrast
from migration.inference.rule import decide
from migration.inference.spec_curve import Curves, curve_p, rule_p


@pytest.fixture(scope="module")
def lively(frame):
    """SIMULATED: the common frame, with a jump of its own in one unrelated series."""
    jump = 0.1 * ((frame.unit == "c03") & (frame.period >= "2021-01-08"))
    return frame.assign(y=frame.y + jump)


def test_each_row_is_what_the_estimator_says_alone(lively, design):
    found = multiverse(lively, design, permutations=45)
    assert 8 <= len(found.frame) <= 60
    firm = Choices.of_a_referee(design)
    for _, row in found.frame.iloc[::4].iterrows():
        window = firm.windows[row["window"]]
        alone = design.but(baseline=firm.baselines[row["baseline"]], window=window)
        _, contrast = window_effect(lively, alone, normal=row["normal"])
        told = decide_row(contrast)
        assert row["estimate"] == pytest.approx(told["estimate"], abs=1e-10)
        assert row["p_value"] == pytest.approx(told["p_value"], abs=1e-12)


def test_the_rules_p_of_every_series_is_that_of_one_at_a_time():
    rng = np.random.default_rng(2)
    contrast = BlockContrast(rng.normal(size=12), rng.uniform(0.5, 2, 12), 6)
    together = rule_p(contrast)
    for j in range(12):
        others = [k for k in range(1, 12) if k != j]
        order = [j, *others]
        one = BlockContrast(contrast.estimate[order], contrast.std_error[order], 6)
        assert together[j] == pytest.approx(decide(one).p_value, abs=1e-12)


def test_the_curve_by_hand():
    """Two specifications, three series: medians 2, 0, -1 and shares 1/2, 0, 1."""
    curves = Curves(
        np.array([[1.0, 0.5, -1.0], [3.0, -0.5, -1.0]]),
        np.array([[0.04, 0.5, 0.01], [0.2, 0.5, 0.01]]),
    )
    found = curves.statistics()
    np.testing.assert_allclose(found[:2], [[2, 0, -1], [0.5, 0, 1]])
    assert found[2, 0] == pytest.approx((2.053749 + 1.281552) / 2, abs=1e-6)
    p = curve_p(found[:, 0], found[:, 1:])
    np.testing.assert_allclose(p, [1 / 3, 2 / 3, 2 / 3])


def test_an_effect_in_every_specification_is_told_from_chance(lively, design):
    found = multiverse(lively, design)
    assert found.passed
    assert found.same_days == 45
    assert found.permutations > 45
    assert (found.curve["p_value"] <= 2 / 46).all()
    assert "one sign" in found.answer


def test_a_series_without_an_event_is_not(lively, design):
    null = design.but(
        treated="c07", controls=[c for c in design.controls if c != "c07"]
    )
    found = multiverse(lively, null)
    assert found.curve["p_value"].iloc[0] > 0.05


def test_the_same_seed_gives_the_same_curve(lively, design):
    one, two = (multiverse(lively, design, permutations=90) for _ in range(2))
    assert_frame_equal(one.curve, two.curve)
    assert one.permutations == 90


@pytest.mark.slow
def test_under_the_null_the_curves_p_keeps_its_level(frame):
    """Each unrelated series in turn is treated: the p of the median is uniform."""
    from migration.design import Design

    names = sorted(set(frame.unit) - {"hit"})
    rejected = []
    for name in names[::2]:
        design = Design(
            outcome="y", treated=name, event="2021-01-06", window=(0, 8),
            baseline=("2020-11-01", "2021-01-03"),
            controls=[c for c in names if c != name],
        )  # fmt: skip
        choices = Choices(
            baselines={"declared": design.baseline},
            holidays={"kept": ()},
            windows={"declared": (0, 8), "first": (0, 4)},
            day_zeros={"first full day": 0},
            normals=("market-adjusted", "constant mean"),
            controls={"all": design.controls},
        )
        found = multiverse(frame, design, choices=choices, permutations=60)
        rejected.append(found.curve["p_value"].iloc[0] <= 0.05)
    assert np.mean(rejected) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(rejected))


def test_what_has_no_answer_is_named(lively, design):
    long = Choices.of_a_referee(design)
    windows = {"declared": (0, 8), "into the delay": (0, 12)}
    asked = Choices(**{**vars(long), "windows": windows})
    found = multiverse(lively, design, choices=asked, permutations=45)
    assert any("into the delay" in name for name in found.refused)
    assert all("holds 'delay'" in w or "needs" in w for w in found.refused.values())
    assert f"{len(found.refused)} refused" in found.answer


def test_a_gap_weeks_later_costs_that_series_null_curves_and_no_more(lively, design):
    """The first unrelated series ends after the window: the others still stand."""
    gone = (lively.unit == "c00") & (lively.period > "2021-01-20")
    whole = multiverse(lively, design)
    found = multiverse(lively[~gone], design)
    assert_frame_equal(found.frame, whole.frame)
    assert found.same_days == whole.same_days == 45
    assert 45 < found.permutations < whole.permutations


def test_the_caller_keeps_the_frame(lively, design):
    before = lively.copy()
    multiverse(lively, design, permutations=45)
    assert_frame_equal(lively, before)


def test_nothing_to_estimate_is_refused_in_words(lively, design):
    short = {"short": (pd.Timestamp("2020-12-25"), pd.Timestamp("2021-01-03"))}
    only = Choices(**{**vars(Choices.of_a_referee(design)), "baselines": short})
    with pytest.raises(
        DesignError, match=r"no specification has an answer; .*needs 36 base"
    ):
        multiverse(lively, design, choices=only)
    with pytest.raises(DesignError, match="two unrelated series and one permutation"):
        multiverse(lively, design.but(controls=("c01",)))
    with pytest.raises(DesignError, match="two unrelated series and one permutation"):
        multiverse(lively, design, permutations=0)


def test_a_grid_has_a_name_and_may_leave_out_the_doubted(lively, design):
    doubted = ["c01", "c02"]
    named = multiverse(lively, design, choices="referee", doubtful=doubted)
    given = multiverse(
        lively, design, choices=Choices.of_a_referee(design, doubtful=doubted)
    )
    assert_frame_equal(named.frame, given.frame)
    why = dict.fromkeys(doubted, "moves by itself")  # as a study says it
    told = multiverse(lively, design, choices="referee", doubtful=why)
    assert_frame_equal(told.frame, named.frame)
    assert set(named.frame["controls"]) == {"all", "without the doubted"}
    with pytest.raises(DesignError, match=r"grid is 'all'; use one of \('referee'"):
        multiverse(lively, design, choices="all")


def test_the_grids_are_as_large_as_they_say(design):
    doubted = ["c01", "c02"]
    full = Choices.full(design, doubtful=doubted)
    assert len(list(full.specifications())) >= 1000
    few = Choices.of_a_referee(design, doubtful=doubted)
    assert 30 <= len(list(few.specifications())) <= 60


@pytest.mark.parametrize(("last", "windows"), [(0, 1), (2, 1), (3, 2), (8, 2)])
def test_a_short_window_counts_once_and_has_a_full_grid(lively, design, last, windows):
    """Half of three days is all of them: the same choice twice would weigh double."""
    short = design.but(window=(0, last))
    referee = Choices.of_a_referee(short)
    assert len(set(referee.windows.values())) == len(referee.windows) == windows
    full = Choices.full(short)
    assert (0, last) in full.windows.values()
    assert full.days[2] == last + 1
    found = multiverse(lively, short, permutations=45)
    assert not found.frame.duplicated(["estimate", "p_value", "normal"]).any()


def test_a_series_without_an_error_stands_for_no_chance():
    """A constant one: neither further out than any other, nor told from zero."""
    contrast = BlockContrast(
        np.array([1.0, 2.0, 0.1, -0.3, 0.0]), np.array([0.2, 0.0, 0.3, 0.3, 0.0]), 6
    )
    found = rule_p(contrast)
    assert np.isnan(found[[1, 4]]).all()
    assert found[0] == pytest.approx(decide(contrast).p_value)
    kept = BlockContrast(contrast.estimate[[0, 2, 3]], contrast.std_error[[0, 2, 3]], 6)
    np.testing.assert_allclose(found[[0, 2, 3]], rule_p(kept))
