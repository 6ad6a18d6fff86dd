"""Several effects at once: by hand, beside statsmodels, in size, refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from migration.checks.joint import joint_significance
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.inference.step_down import step_down


def test_the_step_down_by_hand():
    """Two windows of one app, statistics 3 and 2, four unrelated series.

    The largest of each: 3.5, 2.5, 1, 1. Against 3, one is as far out: (1 + 1) / 5.
    The second window alone has 1, 2.5, 0.5, 1: against 2, one again: 2/5.
    """
    null = np.array([[3.5, 1.0], [0.2, -2.5], [1.0, 0.5], [-0.9, 1.0]])
    found = step_down(np.array([-3.0, 2.0]), [null], np.array([0, 0]))
    np.testing.assert_allclose(found, [2 / 5, 2 / 5])
    # A second app, its statistic 4 beyond all of its five series, comes first:
    # 1/6 for itself and 1/5 for the other app's windows. Then they are alone.
    both = step_down(
        np.array([-3.0, 2.0, 4.0]), [null, np.ones((5, 1))], np.array([0, 0, 1])
    )
    np.testing.assert_allclose(both, [2 / 5, 2 / 5, 1 / 6 + 1 / 5])


def test_later_steps_never_have_a_smaller_p():
    null = np.array([[9.0, 0.1], [9.0, 0.1], [9.0, 0.1]])
    found = step_down(np.array([3.0, 2.0]), [null], np.array([0, 0]))
    np.testing.assert_allclose(found, [1, 1])


def test_with_one_window_an_app_it_is_holms():
    rng = np.random.default_rng(6)
    observed = np.array([2.5, 0.3, 1.7, 2.1])
    draws = rng.normal(size=(60, 1))
    rank = [(1 + (np.abs(draws) >= abs(t)).sum()) / 61 for t in observed]
    found = step_down(observed, [draws] * 4, np.arange(4))
    np.testing.assert_allclose(found, multipletests(rank, method="holm")[1])


def test_windows_that_move_together_cost_nothing():
    """The same statistic twice is one hypothesis; Holm would double its p."""
    draws = np.random.default_rng(1).normal(size=(99, 1))
    one = step_down(np.array([2.2]), [draws], np.array([0]))
    two = step_down(np.array([2.2, 2.2]), [np.hstack([draws] * 2)], np.array([0, 0]))
    np.testing.assert_allclose(two, one[0])


def test_under_the_null_even_one_finding_is_rare():
    """SIMULATED: three apps with two windows each, 59 unrelated series, 400 times."""
    rng = np.random.default_rng(20210106)
    groups = np.array([0, 0, 1, 1, 2, 2])
    any_adjusted, any_alone = [], []
    for _ in range(400):
        shared = rng.standard_t(6, size=(62, 1))
        t = 0.7 * shared + 0.7 * rng.standard_t(6, size=(62, 2))
        found = step_down(t[:3].ravel(), [t[3:]] * 3, groups)
        beyond = (np.abs(t[3:])[:, None, :] >= np.abs(t[:3])).sum(axis=0)
        any_adjusted.append((found <= 0.05).any())
        any_alone.append(((1 + beyond) / 60 <= 0.05).any())
    assert np.mean(any_adjusted) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(any_alone) > 0.15


def _of(design):
    return SimpleNamespace(design=design)


def test_a_real_effect_stays_and_a_lucky_one_goes(frame, design):
    """Seven null apps and the hit one: what stands alone at 5% may not stand here."""
    names = ["hit", *design.controls[:7]]
    rest = design.controls[7:]
    results = {n: _of(design.but(treated=n, controls=rest)) for n in names}
    found = joint_significance(frame, results)
    assert f"Which of these {len(results)} effects" in found.question
    table = found.frame.set_index("effect")
    assert (table["p_family"] >= table["p_value"] - 1e-12).all()
    assert (table["p_discovery"] >= table["p_value"] - 1e-12).all()
    assert table["p_family"].idxmin() == "hit"
    alone = abnormal_interest(frame, results["hit"].design).headline
    assert table.loc["hit", "p_value"] == alone.p_value
    assert table.loc["hit", "estimate"] == pytest.approx(alone.estimate)
    assert table.loc["hit", "p_family"] == pytest.approx(8 / 39)  # eight apps, floors
    bh = multipletests(table["p_value"], method="fdr_bh")[1]
    np.testing.assert_allclose(table["p_discovery"], bh)


def test_two_windows_of_one_app_share_their_draws(frame, design):
    later = design.but(
        event="2021-01-16", window=(0, 6), other_events={}, event_name="delay"
    )
    results = {"notice": _of(design), "delay": _of(later)}
    found = joint_significance(frame, results)
    assert found.frame["p_family"].max() == pytest.approx(1 / 46)
    assert "of 2 effects of 1 apps 2 have p <= 0.05 alone, 2 together" in found.answer
    again = joint_significance(frame.assign(y=frame.y * 7 + 3), results)
    np.testing.assert_allclose(again.frame["p_family"], found.frame["p_family"])


def test_one_result_or_no_shared_series_is_refused(frame, design):
    with pytest.raises(DesignError, match="needs two results or more by name, got 1"):
        joint_significance(frame, {"one": _of(design)})
    apart = design.but(controls=design.controls[:20])
    other = design.but(controls=design.controls[19:], window=(0, 5))
    with pytest.raises(DesignError, match="on all windows of hit, got 1"):
        joint_significance(frame, {"a": _of(apart), "b": _of(other)})
