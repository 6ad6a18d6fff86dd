from dataclasses import replace

import pandas as pd
import pytest

from migration.display import sentence
from migration.errors import DisplayError


def test_a_rise_with_its_interval_and_its_meaning(result):
    assert sentence(result, "new installs of Signal") == (
        "New installs of Signal rose by 100% (50% to 200%) in 6–14 January 2021, "
        "p = 0.02; the estimate is of a bundle of events, not of the notice alone."
    )


def test_a_fall_has_no_second_minus(result):
    down = result.headline.copy()
    down[["estimate", "conf_low", "conf_high"]] *= -1
    text = sentence(replace(result, headline=down), "new installs of Signal")
    assert "fell by 50% (-33% to -67%)" in text


def test_a_null_says_what_could_have_been_found(null):
    assert sentence(null, "new installs of Signal") == (
        "The change in new installs of Signal cannot be told from zero in "
        "6–14 January 2021 (-20% to 45%, p = 0.4); in 80% of unrelated series like it "
        "the rule finds a gain of 62% or a loss of 50%, or more."
    )


def test_like_volume_comes_before_all_series(null):
    mde = {**null.mde, "gain_like_volume": 0.0953, "loss_like_volume": 0.1054}
    text = sentence(replace(null, mde=mde), "x")
    assert text.endswith("the rule finds a gain of 10% or a loss of 10%, or more.")


def test_no_power_at_all_is_said(unbounded):
    text = sentence(unbounded, "x")
    assert "(unbounded, p = 0.1)" in text
    assert "no change, however large" in text


def test_a_sign_that_changes_is_no_effect(result, flips):
    text = sentence(result, "new installs of Signal", sensitivity=flips)
    assert text.startswith("No effect on new installs of Signal can be given")
    assert "estimates from -10% to 10%" in text
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


def test_simulated_is_the_first_word(result):
    assert sentence(replace(result, simulated=True), "x").startswith("SIMULATED: ")


def test_a_frame_is_refused():
    with pytest.raises(DisplayError, match=r"needs an EffectResult, got DataFrame"):
        sentence(pd.DataFrame(), "x")
