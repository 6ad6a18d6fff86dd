import math
from dataclasses import replace

import pandas as pd
import pytest

from migration.display import sentence, words
from migration.errors import DisplayError


def test_a_rise_with_its_interval_and_its_meaning(result):
    assert sentence(result, "new installs of Signal") == (
        "New installs of Signal rose by 100% (50% to 200%, mean of logs) in "
        "6–14 January 2021, p = 0.02; the estimate is of a bundle of events, not of "
        "the notice alone."
    )


def test_a_fall_has_no_second_minus(result):
    down = result.headline.copy()
    down[["estimate", "conf_low", "conf_high"]] *= -1
    text = sentence(replace(result, headline=down), "new installs of Signal")
    assert "fell by 50% (−33% to −67%, mean of logs)" in text


def test_a_null_says_what_could_have_been_found(null):
    assert sentence(null, "new installs of Signal") == (
        "The change in new installs of Signal cannot be told from zero in "
        "6–14 January 2021 (−20% to 45%, mean of logs, p = 0.4); a gain of 62% or a "
        "loss of 50%, or more, would have been found in 80% of unrelated series with "
        "an error like its own."
    )


def test_its_own_error_comes_before_that_of_all_series(null):
    mde = {**null.mde, "gain_own": 0.0953, "loss_own": 0.1054}
    text = sentence(replace(null, mde=mde), "x")
    assert "; a gain of 10% or a loss of 10%, or more, would have been found" in text


def test_no_power_at_all_is_said(unbounded):
    text = sentence(unbounded, "x")
    assert "(unbounded, mean of logs, p = 0.1)" in text
    assert "no change, however large" in text


def test_a_sign_that_changes_is_no_effect(result, flips):
    text = sentence(result, "new installs of Signal", sensitivity=flips)
    assert text.startswith("No effect on new installs of Signal can be given")
    assert "estimates from −10% to 10%" in text
    assert "100%" not in text


@pytest.mark.parametrize(
    "label", ["bundle", "window", "combined path", "decay", "dose", "bounds"]
)
def test_every_label_has_a_meaning_of_its_own(result, label):
    said = sentence(replace(result, identification=label), "x").split("; ")[1]
    others = {"bundle", "window"} - {label}
    rest = {
        sentence(replace(result, identification=o), "x").split("; ")[1] for o in others
    }
    assert said not in rest


def test_other_outcomes_keep_their_units(result):
    assert "rose by 0.69 (0.41 to 1.10)" in sentence(replace(result, outcome=""), "x")


def test_a_ratio_of_means_is_told_from_a_mean_of_logs(result):
    text = sentence(replace(result, estimand="log ratio of means"), "x")
    assert "(50% to 200%, ratio of means)" in text


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.59, math.inf, "improved: the number of its place became at most 0.20 times"),
        (-math.inf, -1.0, "fell: the number of its place became at least 2.72 times"),
        (-math.inf, 0.2, "X: the number of its place became at least 0.82 times"),
        (-0.5, 0.2, "X: the number of its place became between 0.82 and 1.65 times"),
    ],
)
def test_a_bound_of_places_is_said_in_places(result, low, high, said):
    bound = result.headline.copy()
    bound[:] = [math.nan, math.nan, low, high, math.nan]
    seen = replace(result, headline=bound, outcome="minus_log_rank")
    text = sentence(replace(seen, inference="none: a bound on what was seen"), "x")
    assert said in text
    assert "no sampling error" in text
    assert "nan" not in text
    estimated = sentence(seen, "x")  # the ends of intervals have chance in them
    assert said in estimated
    shares = sentence(replace(seen, outcome="interest_share"), "x")
    assert f"changed by {words.bounded(low, high)} in" in shares
    assert "95% intervals of all that its bounds allow" in estimated
    assert "no sampling error" not in estimated


def test_simulated_is_the_first_word(result):
    assert sentence(replace(result, simulated=True), "x").startswith("SIMULATED: ")


def test_a_frame_is_refused():
    with pytest.raises(DisplayError, match=r"needs an EffectResult, got DataFrame"):
        sentence(pd.DataFrame(), "x")
