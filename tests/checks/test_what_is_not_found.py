"""How small what was not found is, how far from known, and an outage's own share."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import study_file
from scipy import stats

from migration.checks.equivalence import equivalence, identification_gap
from migration.checks.interference import outage_interference, without_days
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import window_effect
from migration.estimators.event_study import event_study
from migration.estimators.path_options import PathOptions
from migration.study import load_study

OUTAGE = ("2021-01-15", "2021-01-17")


@pytest.fixture(scope="module")
def small(request):
    """SIMULATED: the shared frame with 22 of its unrelated series."""
    frame = request.getfixturevalue("frame")
    return frame[(frame.unit == "hit") | (frame.unit < "c22")]


@pytest.fixture(scope="module")
def plan(small):
    return Design(
        outcome="y",
        treated="hit",
        event="2021-01-06",
        window=(0, 8),
        baseline=("2020-11-01", "2021-01-03"),
        controls=[u for u in small.unit.unique() if u != "hit"],
        other_events={"delay": ("2021-01-15", "2021-01-16")},
        event_name="notice",
    )


@pytest.fixture(scope="module")
def path(small, plan):
    options = PathOptions(noise="ar1", curvature=(0.0, 0.05))
    return event_study(small, plan, leads=3, options=options)


@pytest.fixture(scope="module")
def late(plan):
    return plan.but(
        event="2021-01-16",
        other_events={"notice": "2021-01-06"},
        event_name="delay",
        identification="combined path",
    )


def moved(small, by, first="2021-01-06", last="2021-01-31"):
    hit = (small.unit == "hit") & small.period.between(first, last)
    return small.assign(y=small.y + by * hit)


class TestEquivalence:
    def test_a_small_effect_is_shown_to_be_small(self, small, plan):
        found = equivalence(moved(small, -0.8), plan, bound=0.3)
        assert found.passed
        assert found.answer.startswith("smaller than 0.3 in size")

    def test_a_large_effect_is_not(self, small, plan):
        found = equivalence(small, plan, bound=0.3)
        assert not found.passed
        assert "NOT shown to be smaller than 0.3" in found.answer

    def test_both_sides_by_hand(self, small, plan):
        found = equivalence(small, plan, bound=1.0).frame
        _, contrast = window_effect(small, plan)
        estimate, error = contrast.estimate[0], contrast.std_error[0]
        above = (estimate - 1.0) / error
        np.testing.assert_allclose(
            found.p_block,
            [stats.t.cdf(above, contrast.df), stats.t.sf((estimate + 1) / error, 6)],
        )
        below = (contrast.t[1:] <= above).sum()
        assert found.p_rank[0] == (1 + below) / 23
        assert found.refused.tolist() == ["at least 1", "at most -1"]

    def test_the_least_bound_is_where_the_answer_turns(self, small, plan):
        least = equivalence(small, plan, bound=1.0).frame.least_bound.max()
        assert equivalence(small, plan, bound=least * 1.001).passed
        assert not equivalence(small, plan, bound=least * 0.999).passed

    def test_a_mirror_has_the_same_answer(self, small, plan):
        one = equivalence(small, plan, bound=0.5).frame
        other = equivalence(small.assign(y=-small.y), plan, bound=0.5).frame
        np.testing.assert_allclose(one.p_value, other.p_value[::-1])

    def test_too_few_series_never_show_it(self, small, plan):
        few = plan.but(controls=plan.controls[:6])
        found = equivalence(moved(small, -0.8), few, bound=5.0)
        assert not found.passed
        assert "no number, with so few series" in found.answer

    def test_it_is_wrong_at_the_bound_in_at_most_a_twentieth(self):
        """An effect exactly at the bound, over seeds: the claim is false."""
        days = pd.date_range("2020-11-02", periods=42, name="period")
        names = ["hit", *(f"c{i:02d}" for i in range(20))]
        plan = Design(
            outcome="y",
            treated="hit",
            event=days[35],
            window=(0, 4),
            baseline=(days[0], days[34]),
            controls=names[1:],
        )
        claimed = []
        for seed in range(60):
            y = 0.2 * np.random.default_rng(seed).normal(size=(21, 42))
            y[0, 35:] += 0.2
            wide = pd.DataFrame(y.T, index=days, columns=names)
            long = wide.melt(ignore_index=False, var_name="unit", value_name="y")
            claimed.append(equivalence(long.reset_index(), plan, bound=0.2).passed)
        assert np.mean(claimed) <= 0.1

    @pytest.mark.parametrize("bound", [0, -1, np.nan, np.inf])
    def test_a_bound_that_is_none_is_refused(self, small, plan, bound):
        with pytest.raises(DesignError, match=r"declare a size of 0\.1"):
            equivalence(small, plan, bound=bound)


class TestIdentificationGap:
    def test_the_shift_is_the_end_of_the_furthest_interval(self, path):
        found = identification_gap(path, event="delay", name="Hit")
        rows = found.frame
        np.testing.assert_allclose(rows.rise, (-rows.conf_low).clip(lower=0))
        np.testing.assert_allclose(rows.fall, rows.conf_high.clip(lower=0))
        assert not found.passed
        assert f"higher by {rows.rise.max():.3g}" in found.answer
        assert f"lower by {rows.fall.max():.3g}" in found.answer
        assert found.question.endswith("on Hit from being identified?")
        assert (rows.identification != "combined path").all()

    def test_a_path_that_far_away_is_identified(self, path):
        need = identification_gap(path, event="delay").frame.rise.max()
        ends = path.second[["conf_low", "conf_high"]] + need
        far = replace(path, second=path.second.assign(**ends))
        found = identification_gap(far, event="delay")
        assert found.passed
        assert "routes say a rise" in found.answer
        near = replace(path, second=path.second.assign(**(ends - 0.001)))
        assert not identification_gap(near, event="delay").passed

    def test_a_path_without_a_route_says_so(self, path):
        none = replace(path, second=path.second.assign(conf_low=np.nan))
        found = identification_gap(none, event="delay")
        assert found.answer.startswith("no route has a number")
        assert not found.passed

    def test_intervals_without_ends_are_no_distance(self, path):
        second = path.second.assign(conf_low=-np.inf, conf_high=np.inf)
        found = identification_gap(replace(path, second=second), event="delay")
        assert found.passed is False
        assert "inf" not in found.answer
        assert "no shift of the path" in found.answer

    def test_an_event_that_the_path_does_not_know_is_refused(self, path):
        with pytest.raises(DesignError, match="knows the later events"):
            identification_gap(path, event="deluge")


class TestWithoutDays:
    def test_a_jump_on_the_days_has_its_sign_and_size(self, small, late):
        jumped = moved(small, 0.9, *OUTAGE)
        rows = without_days(jumped, {"Hit": late}, days=OUTAGE).frame
        rows = rows.set_index("days")
        alone = rows.loc["those days less those around them"]
        # 0.9, and a third of the step of 0.5 on the 16th that the days share
        assert alone.estimate == pytest.approx(0.9 + (2 / 3 - 1 / 2) * 0.5, abs=0.15)
        assert alone.conf_low > 0
        gap = rows.estimate["all days"] - rows.estimate["without them"]
        assert gap == pytest.approx(0.9 * 2 / 9, abs=0.06)

    def test_the_days_alone_do_not_know_how_high_the_app_has_risen(self, small, late):
        """Four times the counts on all days around: no more and no less certain."""
        counts = small.assign(y=np.exp(small.y))
        ratio = late.but(estimand="log ratio of means")
        after = (counts.unit == "hit") & (counts.period >= "2021-01-06")
        risen = counts.assign(y=counts.y.where(~after, 4 * counts.y))
        one, four = (
            without_days(frame, {"Hit": ratio}, days=OUTAGE).frame.set_index("days")
            for frame in (counts, risen)
        )
        numbers = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
        alone = "those days less those around them"
        np.testing.assert_allclose(
            four.loc[alone, numbers].astype(float),
            one.loc[alone, numbers].astype(float),
            rtol=1e-9,
        )

    def test_an_effect_of_those_days_alone_is_called_out(self, small, late):
        flat = moved(moved(small, -0.8), -0.5, "2021-01-16")
        found = without_days(moved(flat, 5.0, *OUTAGE), {"Hit": late}, days=OUTAGE)
        assert found.passed is False
        assert "higher than those around them: Hit" in found.answer
        assert "changes what is found for Hit" in found.answer

    def test_days_of_nothing_change_nothing(self, small, late):
        found = without_days(small, {"Hit": late}, days=OUTAGE, what="the outage")
        assert found.passed
        alone = found.frame.set_index("days").loc["those days less those around them"]
        sign = f"not told from those around them: Hit ({alone.estimate:+.2g})"
        assert sign in found.answer
        assert "changes no sign" in found.answer
        assert (
            "rest on the days 2021-01-15 to 2021-01-17 (the outage)" in found.question
        )

    def test_a_day_without_a_number_beside_those_days_leaves_no_sign(self, small, late):
        gone = (small.unit == "hit") & (small.period == "2021-01-13")
        found = without_days(small[~gone], {"Hit": late}, days=OUTAGE)
        assert "those days alone: nothing can be said" in found.answer
        assert found.passed

    def test_a_series_that_ends_early_is_a_row_with_the_reason(self, small, late):
        short = small[(small.unit != "hit") | (small.period < "2021-01-18")]
        found = without_days(short, {"Hit": late}, days=OUTAGE)
        assert found.frame.days.tolist() == ["refused"]
        assert "treated unit hit on 2021-01-18" in found.answer
        assert found.passed is None

    @pytest.mark.parametrize(
        "days", [("2021-02-01", "2021-02-03"), ("2021-01-10",) * 2]
    )
    def test_days_outside_the_window_are_refused(self, small, late, days):
        with pytest.raises(DesignError, match="needs to hold some of the days"):
            without_days(small, {"Hit": late}, days=days)

    def test_days_that_are_the_whole_window_are_refused(self, small, late):
        with pytest.raises(DesignError, match="and others too"):
            without_days(small, {"Hit": late}, days=("2021-01-10", "2021-01-30"))

    def test_no_design_is_refused(self, small):
        with pytest.raises(DesignError, match="needs one design or more"):
            without_days(small, {}, days=OUTAGE)

    def test_a_study_names_the_outage(self, tmp_path, small, plan):
        study = load_study(study_file.write(tmp_path, plan.controls))
        counts = small.assign(y=small.n)
        counts.attrs = {"source": "flathub", "outcome": "count"}
        found = outage_interference(
            study, counts, apps=["hit", "rival"], event="delay", outage="outage"
        )
        assert "Outage of the hit app" in found.question
        assert found.frame.app.tolist() == ["Hit", "Hit", "Hit", "Rival"]
        assert "rival" in found.frame.why.iloc[3]
