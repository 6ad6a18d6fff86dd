"""SIMULATED places of one chart: apps that enter it, leave it, lead it or tie on it."""

import numpy as np
import pandas as pd
import pytest
import study_file

from migration.checks.rank_answers import chart_end, rank_answers
from migration.display import answer, table_effects
from migration.display.card import card
from migration.errors import DesignError
from migration.estimators.apps import estimate_apps
from migration.outcomes import series_outcome
from migration.study import load_study

DAYS = pd.date_range("2020-11-01", "2021-01-24")
AFTER = DAYS >= "2021-01-06"
SIZE = 60
OTHERS = [f"c{k:02d}" for k in range(45)]


@pytest.fixture
def study(tmp_path):
    return load_study(study_file.write(tmp_path, OTHERS))


def places(own, noise=0.1):
    """SIMULATED panel: 45 places that move a little, and one app's as given.

    A place beyond the chart's end is off the chart.
    """
    rng = np.random.default_rng(4)
    level = np.linspace(np.log(3), np.log(52), len(OTHERS))[:, None]
    logs = level + noise * rng.normal(size=(len(OTHERS), len(DAYS)))
    table = np.vstack([own, np.round(np.exp(logs)).clip(1)])
    long = pd.DataFrame(table.T, index=DAYS, columns=["hit", *OTHERS])
    long = long.melt(ignore_index=False, var_name="app").reset_index(names="period")
    off = long["value"] > SIZE
    return long.assign(
        lower=long["value"].where(~off, SIZE + 1.0),
        upper=long["value"].where(~off, np.inf),
        value=long["value"].mask(off),
        status=np.where(off, "censored", "observed"),
        source="flathub",
        metric="rank",
        market="WW",
        zone="UTC",
    )


def moving(before, after, seed=1):
    """Places about two numbers, a tenth to each side."""
    rng = np.random.default_rng(seed)
    log = np.where(AFTER, np.log(after), np.log(before))
    return np.round(np.exp(log + 0.1 * rng.normal(size=len(DAYS)))).clip(1)


def asked(study, panel):
    frame = series_outcome(panel)
    effects = estimate_apps(study, frame, apps=["hit", "rival"], event="notice")
    return frame, effects, rank_answers(study, frame, effects, event="notice")


def test_an_app_that_is_off_the_chart_on_few_days_is_estimated_as_intervals(study):
    own = moving(50, 20)
    own[[3, 30, 44]] = 90
    _, effects, found = asked(study, places(own))
    assert effects.results == {}
    assert list(found.by_intervals) == ["hit"]
    result = found.by_intervals["hit"]
    assert not result.is_bound
    assert result.headline.estimate == pytest.approx(np.log(50 / 20), abs=0.1)
    assert result.headline.p_value <= 0.05
    assert found.unanswered.app.tolist() == ["Rival"]
    assert found.refused.app.tolist() == ["Hit", "Rival"]
    said = answer(found, what="rank")
    assert "Rank of Hit improved: the number of its place became 0." in said
    assert "No effect on rank of Rival can be given: no series" in said
    assert "of Hit can be given" not in said


def test_an_app_that_entered_the_chart_has_a_bound_worked_by_hand(study):
    """Off a chart of 60 before, place 11 after: at least log(60.5 / 11.5) better."""
    own = np.where(AFTER, 11.0, 90.0)
    *_, found = asked(study, places(own))
    result = found.by_intervals["hit"]
    assert result.is_bound
    assert result.headline.conf_low == pytest.approx(np.log(60.5 / 11.5))
    assert result.headline.conf_high == np.inf
    row = card(found, answer="made")["headline"][0]
    assert row["change"] == "better, at most 0.19 times its place (a bound)"
    assert row["conf_high"] == "unbounded"
    said = answer(found, what="rank")
    assert (
        "Rank of Hit improved: the number of its place became at most 0.19 times as "
        "large (1 is the best place) in 6–14 January 2021, a bound with no sampling "
        "error in it"
    ) in said
    assert "at least 1.66" in table_effects(found).as_raw_html()


def test_an_app_that_left_the_chart_has_a_bound_and_no_read_off_number(study):
    """One day of nine still shows: an estimate would rest on the noise's shape."""
    own = np.where(AFTER, 90.0, moving(20, 20))
    own[np.flatnonzero(AFTER)[4]] = 58
    *_, found = asked(study, places(own))
    head = found.by_intervals["hit"].headline
    assert np.isnan(head.estimate)
    assert head.conf_high < 0
    assert head.conf_low == -np.inf
    row = card(found, answer="made")["headline"][0]
    assert row["change"].startswith("worse, at least 2.")


def test_a_bound_that_chance_gives_too_is_no_answer(study):
    """At the chart's edge: off it on 5 of 9 days before and on 4 of 9 after."""
    own = np.where(np.arange(len(DAYS)) % 9 < 5, 90.0, 57.0)
    own[np.flatnonzero(AFTER)[:9]] = [57] * 6 + [90] * 3
    *_, found = asked(study, places(own))
    assert found.by_intervals == {}
    (why,) = found.refused.reason[found.refused.app == "Hit"]
    assert "as intervals: at least 0.05" in why
    assert "not told from what unrelated series did on the same days (p = 0." in why
    assert "of this sign, 2.5% needed)" in why


def test_of_too_few_unrelated_series_no_bound_is_told(tmp_path):
    """With 38 the least p is 1/39, above 2.5%, whatever the app did."""
    few = load_study(study_file.write(tmp_path, OTHERS[:38]))
    panel = places(np.where(AFTER, 11.0, 90.0))
    *_, found = asked(few, panel[~panel["app"].isin(OTHERS[38:])])
    assert found.by_intervals == {}
    assert "needs 39 unrelated series on the chart" in found.refused.reason[0]
    assert "to be told from chance, got 38" in found.refused.reason[0]


def test_first_place_throughout_says_that_ranks_bound_nothing(study):
    own = np.where(AFTER, 1.0, 1.0)
    own[5] = 90
    *_, found = asked(study, places(own))
    assert found.by_intervals == {}
    assert (
        "as intervals: hit is off the chart of 60, or first on it"
        in (found.refused.reason[0])
    )
    assert found.unanswered.app.tolist() == ["Hit", "Rival"]


def test_places_that_are_all_numbers_and_counts_are_left_as_they_are(study):
    frame, effects, found = asked(study, places(moving(40, 20)))
    assert list(found.results) == ["hit"]
    assert found.by_intervals == {}
    frame.attrs["outcome"] = "log_count"
    assert rank_answers(study, frame, effects, event="notice") is effects
    assert rank_answers(study, frame, effects, event=None) is effects


@pytest.mark.slow
def test_a_tied_place_is_an_interval_and_the_app_is_answered(study):
    panel = places(moving(50, 20))
    tied = (panel.app == "hit") & (panel.period == "2020-12-01")
    panel.loc[tied, ["value", "lower", "upper"]] = [np.nan, 48.0, 51.0]
    panel.loc[tied, "status"] = "censored"
    *_, found = asked(study, panel)
    assert found.by_intervals["hit"].headline.estimate == pytest.approx(0.92, abs=0.1)


def test_a_sign_that_changes_with_the_baseline_is_no_effect(study):
    """Places of 20, then 55 before the event, and 35 after: of which is it better?"""
    own = moving(55, 35)
    own[:30] = moving(8, 8)[:30]
    own[[2, 40]] = 90
    *_, found = asked(study, places(own))
    assert found.by_intervals == {}
    assert (
        "the sign changes with a defensible baseline (later"
        in (found.refused.reason[0])
    )


def test_the_end_of_a_chart_is_read_from_the_bounds():
    frame = series_outcome(places(moving(50, 20)))
    assert chart_end(frame) <= SIZE  # nobody was off it: the worst place that was seen
    own = moving(50, 20)
    own[0] = 90
    assert chart_end(series_outcome(places(own))) == SIZE
    mixed = series_outcome(places(own))
    mixed.loc[mixed.index[3], ["y_lower", "y_upper"]] = [-np.inf, -np.log(80.5)]
    with pytest.raises(DesignError, match="one chart that ends at one place"):
        chart_end(mixed)
