"""One question, every method: what each gives, and what is said of the others."""

import numpy as np
import pandas as pd
import pytest

from migration.display import alt_text, plot_methods, table_methods
from migration.errors import DesignError, DisplayError, StudyError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.methods import METHODS, Method, rank_method
from migration.estimators.side_by_side import (
    estimate_methods,
    methods_of_apps,
    refused_methods,
)
from migration.results import CheckResult
from migration.sources import load_outcomes
from migration.study import load_study


@pytest.fixture(scope="module")
def study():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="module")
def outcomes(study):
    return load_outcomes(study, source="flathub")


@pytest.fixture(scope="module")
def signal(study, outcomes):
    return estimate_methods(study, outcomes, app="signal", event="notice")


def test_every_method_answers_for_signal_and_agrees_within_its_interval(signal):
    assert signal.refused.method.tolist() == ["dose contrast"]
    found = signal.to_frame().set_index("method")
    assert len(found) == len(METHODS) - 1
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
    assert rank.identification == "bundle"
    assert rank.headline.conf_low == pytest.approx(0.4 * own.conf_low)
    assert rank.headline.conf_high == pytest.approx(1.2 * own.conf_high)


def test_a_method_without_its_outcome_is_refused_with_the_reason(study, outcomes):
    only = {"log_count": outcomes["log_count"]}
    named = [m for m in METHODS if m.name in {"market-adjusted", "ratio of means"}]
    found = estimate_methods(study, only, app="signal", event="notice", methods=named)
    assert "ratio of means" not in found.results
    row = found.refused.set_index("method").loc["ratio of means"]
    assert row.outcome == "count"
    assert "needs a frame of 'count', got ['log_count']" in row.reason


@pytest.mark.parametrize("methods", [(), (METHODS[0], METHODS[0])])
def test_no_method_and_two_of_one_name_are_refused(study, outcomes, methods):
    with pytest.raises(DesignError, match="each of a name of its own"):
        estimate_methods(study, outcomes, app="signal", event="notice", methods=methods)


@pytest.mark.parametrize("methods", ["market-adjusted", None, 5, [None], ["x"]])
def test_what_is_no_method_is_refused(study, outcomes, methods):
    with pytest.raises(DesignError, match="methods needs Method objects"):
        estimate_methods(study, outcomes, app="signal", event="notice", methods=methods)


def test_outcomes_that_are_no_frames_are_refused(study, outcomes):
    plain = METHODS[:1]
    for given in (None, "x", outcomes["log_count"], [outcomes["log_count"]]):
        with pytest.raises(DesignError, match="outcomes needs a mapping"):
            estimate_methods(study, given, app="signal", event="notice", methods=plain)
    for given in (None, [1, 2], {"y": [1]}):
        only = {"log_count": given}
        found = estimate_methods(
            study, only, app="signal", event="notice", methods=plain
        )
        assert "needed an outcome of to_outcome" in found.refused["reason"][0]


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


def test_a_chart_of_another_length_may_be_named(study, outcomes, signal):
    longer = estimate_methods(
        study, outcomes, app="signal", event="notice", methods=[rank_method(500)]
    )
    given = signal["rank event study"].headline
    np.testing.assert_allclose(longer["rank event study"].headline, given, atol=1e-6)


def test_ranks_without_a_chart_s_end_are_refused(study, outcomes):
    bare = outcomes["minus_log_rank"].copy()
    del bare.attrs["chart_size"]
    found = estimate_methods(
        study,
        {"minus_log_rank": bare},
        app="signal",
        event="notice",
        methods=[rank_method()],
    )
    assert "last place that the chart shows" in found.refused.reason[0]


@pytest.fixture(scope="module")
def two(study, outcomes, signal):
    fewer = {"log_count": outcomes["log_count"]}
    other = methods_of_apps(study, fewer, apps=["telegram"], event="notice")
    return {"Signal": signal, **other}


def test_the_table_says_what_each_row_estimates_and_why_it_differs(two):
    html = table_methods(two).as_raw_html()
    assert html.count("<tr>") >= len(METHODS)
    for told in ("log ratio of means", "mean of the latent index", "days with more"):
        assert told in html
    # Nobody has a dose; Telegram has no counts and no ranks here.
    assert html.count("refused") == 2 + 3


def test_a_sign_that_changes_takes_every_number_of_that_app_away(two):
    flips = CheckResult(
        check="baseline sensitivity",
        question="?",
        answer="the sign CHANGES",
        passed=False,
        frame=pd.DataFrame({"estimate": [-1.0, 1.0]}),
    )
    html = table_methods(two, sensitivity={"Signal": flips}).as_raw_html()
    assert "1.28" not in html
    assert "0.28" in html
    assert html.count("sign changes") == len(METHODS) - 1
    axes = plot_methods(two, sensitivity={"Signal": flips})
    assert "Signal: not an effect: sign changes" in alt_text(axes.figure)
    assert "Telegram: market-adjusted +32%" in alt_text(axes.figure)


def test_the_figure_draws_a_point_for_each_answer_and_none_for_a_bound(two):
    axes = plot_methods(two)
    points = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    drawn = [line for line in points if len(line.get_xdata()) == 1]
    logs = sum(
        result.outcome != "minus_log_rank"
        for found in two.values()
        for result in found.results.values()
    )
    assert len(drawn) == logs
    key = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "no mark: a band, no point" in key
    assert "rank event study between" in alt_text(axes.figure)


def test_refusals_are_listed_by_method(two):
    listed = refused_methods(two)
    assert set(listed) == {
        *("ratio of means", "interrupted counts", "rank event study"),
        "dose contrast",
    }
    assert listed["dose contrast"].app.tolist() == ["Signal", "Telegram"]
    assert listed["rank event study"].app.tolist() == ["Telegram"]


def test_what_is_no_answer_is_refused(study, outcomes, signal):
    with pytest.raises(DisplayError, match=r"needs the app's name.*got no answer"):
        table_methods({})
    with pytest.raises(DisplayError, match=r"got MethodEffects"):
        table_methods(signal)
    empty = estimate_methods(
        study, {"index": outcomes["count"]}, app="signal", event="notice"
    )
    with pytest.raises(DisplayError, match="got no answer"):
        plot_methods({"Signal": empty})
