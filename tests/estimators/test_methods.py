"""One question, every method: what each gives, and what is said of the others."""

import numpy as np
import pandas as pd
import pytest

from migration.display import plot_methods, table_methods
from migration.errors import DesignError, DisplayError, StudyError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.methods import (
    METHODS,
    Method,
    estimate_methods,
    rank_method,
)
from migration.outcomes import to_outcome
from migration.results import CheckResult
from migration.sources import load_panel
from migration.study import load_study


@pytest.fixture(scope="module")
def study():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="module")
def outcomes(study):
    panel = load_panel(study, source="flathub", metric="new_installs")
    ranks = load_panel(study, source="flathub", metric="rank")
    made = {kind: to_outcome(panel, kind) for kind in ("log_count", "count")}
    return made | {"minus_log_rank": to_outcome(ranks, "minus_log_rank")}


@pytest.fixture(scope="module")
def signal(study, outcomes):
    asked = (*METHODS, rank_method(111))
    return estimate_methods(
        study, outcomes, app="signal", event="notice", methods=asked
    )


def test_every_method_answers_for_signal_and_agrees_within_its_interval(signal):
    assert signal.refused.empty
    found = signal.to_frame().set_index("method")
    assert len(found) == len(METHODS) + 1
    logs = found[found.outcome == "log_count"]
    centre = found.estimate["market-adjusted"]
    assert ((logs.conf_low < centre) & (centre < logs.conf_high)).all()
    assert found.p_value.max() < 0.05
    assert found.differs.is_unique


def test_on_a_rise_a_ratio_of_means_is_above_a_mean_of_logs(signal):
    """Jensen's inequality on the window's ramp, which the baseline does not have."""
    found = signal.to_frame().set_index("method").estimate
    assert found["ratio of means"] > found["market-adjusted"] + 0.05


def test_a_rank_stands_among_logs_as_the_band_it_implies(signal):
    logs = signal.on_logs()
    rank = logs["rank event study"]
    own = signal["rank event study"].headline
    assert np.isnan(rank.headline.estimate)
    assert rank.identification == "bounds"
    assert rank.headline.conf_low == pytest.approx(0.4 * own.conf_low)
    assert rank.headline.conf_high == pytest.approx(1.2 * own.conf_high)


def test_a_method_without_its_outcome_is_refused_with_the_reason(study, outcomes):
    only = {"log_count": outcomes["log_count"]}
    found = estimate_methods(study, only, app="signal", event="notice")
    assert "ratio of means" not in found.results
    row = found.refused.set_index("method").loc["ratio of means"]
    assert row.outcome == "count"
    assert "needs a frame of 'count', got ['log_count']" in row.reason


@pytest.mark.parametrize("methods", [(), (METHODS[0], METHODS[0])])
def test_no_method_and_two_of_one_name_are_refused(study, outcomes, methods):
    with pytest.raises(DesignError, match="each of a name of its own"):
        estimate_methods(study, outcomes, app="signal", event="notice", methods=methods)


def test_an_unknown_app_or_event_is_no_refusal_but_an_error(study, outcomes):
    with pytest.raises(StudyError, match="'signal'"):
        estimate_methods(study, outcomes, app="signl", event="notice")
    with pytest.raises(StudyError, match="'notice'"):
        estimate_methods(study, outcomes, app="signal", event="notce")


def test_a_method_of_one_s_own_stands_beside_the_others(study, outcomes):
    own = Method(
        name="without two",
        run=lambda frame, design: abnormal_interest(
            frame, design.but(controls=design.controls[2:])
        ),
        outcome="log_count",
        differs="two fewer unrelated series",
    )
    found = estimate_methods(
        study, outcomes, app="signal", event="notice", methods=(METHODS[0], own)
    )
    assert list(found.results) == ["market-adjusted", "without two"]


def test_the_table_says_what_each_row_estimates_and_why_it_differs(signal):
    html = table_methods(signal, name="Signal").as_raw_html()
    assert html.count("<tr>") >= len(METHODS) + 1
    for told in ("log ratio of means", "mean of the latent index", "days with more"):
        assert told in html


def test_a_sign_that_changes_takes_every_number_away(signal):
    flips = CheckResult(
        check="baseline sensitivity",
        question="?",
        answer="the sign CHANGES",
        passed=False,
        frame=pd.DataFrame({"estimate": [-1.0, 1.0]}),
    )
    html = table_methods(signal, name="Signal", sensitivity=flips).as_raw_html()
    assert "1.28" not in html
    assert html.count("not an effect: sign changes") == len(METHODS) + 1


def test_the_figure_names_the_app_and_counts_only_points(signal):
    axes = plot_methods(signal, name="Signal")
    assert axes.get_title(loc="left") == (
        "Signal: effects with 95% intervals: 10 of 10 told from zero"
    )


def test_what_is_no_answer_is_refused(study, outcomes):
    with pytest.raises(DisplayError, match=r"needs a MethodEffects.*got dict"):
        table_methods({}, name="x")
    empty = estimate_methods(
        study, {"index": outcomes["count"]}, app="signal", event="notice"
    )
    with pytest.raises(DisplayError, match="got one without"):
        plot_methods(empty, name="x")
