"""The sentence that stands first, and what the calendar holds of a window."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from migration.display import calendar_lines, checks_answer, warnings_of
from migration.display.card import card
from migration.display.leads import lead
from migration.results import CheckResult
from migration.study import load_study


def _check(passed):
    frame = pd.DataFrame({"estimate": [-0.1, 0.2]})
    return CheckResult(
        check="placebo", question="Is it?", answer="so", passed=passed, frame=frame
    )


@pytest.fixture
def null(result):
    size = {"estimate": -0.1, "conf_low": -0.3, "conf_high": 0.2, "p_value": 0.4}
    return replace(result, headline=pd.Series({**result.headline, **size}))


def test_those_told_from_zero_come_first_and_the_others_keep_their_size(result, null):
    said = lead({"WhatsApp": null, "Signal": result}, what="new installs")
    assert said == (
        "New installs, 6–14 January 2021 (mean of logs, 95% intervals): "
        "Signal +100% (50% to 200%); "
        "not told from zero: WhatsApp −9.5% (−26% to 22%); "
        "the estimate is of a bundle of events, not of the notice alone."
    )
    alone = lead({"WhatsApp": null}, what="new installs")
    assert alone.endswith("): not told from zero: WhatsApp −9.5% (−26% to 22%).")


def test_a_sign_that_changes_has_no_size_and_a_bound_no_point(result):
    held = {"conf_low": 0.5, "conf_high": math.inf, "estimate": math.nan}
    bound = replace(
        result, headline=pd.Series({**result.headline, **held, "p_value": math.nan})
    )
    said = lead(
        {"Signal": result, "Slack": result, "BiP": bound},
        what="installs",
        sensitivity={"Slack": _check(False), "no result": _check(True)},
    )
    assert "Signal +100% (50% to 200%), BiP at least 65%;" in said
    assert "no effect can be given for Slack: its sign changes" in said
    held = pd.Series({**bound.headline, "conf_low": -0.5})
    both = {"Signal": result, "BiP": replace(bound, headline=held)}
    said = lead(both, what="installs")
    assert "Signal +100% (50% to 200%);" in said
    assert "not told from zero: BiP at least −39%;" in said
    assert lead({"x": replace(result, simulated=True)}, what="y").startswith(
        "SIMULATED: Y, 6–14 January 2021"
    )


def test_checks_stand_beside_the_effects_that_they_are_of(result):
    checks = {"Signal": _check(True)}, {"Signal": _check(False), "all": _check(None)}
    first = checks_answer(*checks, effects={"Signal": result}).splitlines()[0]
    assert first == (
        "Each effect (95% interval) and its checks that hold, of those that can fail: "
        "Signal +100% (50% to 200%) 1 of 2, all 0 of 0."
    )


def test_a_window_of_nothing_else_says_that_the_calendar_was_asked(result):
    clean = replace(result, identification="window", warnings=())
    said = "no other dated event of the calendar lies in the window"
    assert warnings_of({"a": clean, "b": clean}) == [said]
    assert warnings_of({"a": clean, "b": replace(result, warnings=())}) == [
        f"a: {said}"
    ]


def test_the_calendar_of_an_event_names_what_is_grave_in_its_window():
    study = load_study("whatsapp-2021")
    (said,) = calendar_lines(study, event="notice", zone="UTC")
    assert said.startswith("the window of notice (6–14 January 2021) also holds ")
    assert "Attack on the US Capitol; Musk tweets 'Use Signal'" in said
    assert said.endswith("An estimate over it is of all of them together")
    alone = replace(study, events=(study.event("notice"), study.placebo(None)))
    (said,) = calendar_lines(alone, event="notice", zone="UTC")
    assert said == (
        "no other dated event of the calendar lies in the window of notice "
        "(6–14 January 2021)"
    )


def test_the_card_hands_over_each_path_from_a_week_before_to_the_windows_end(result):
    (path,) = card({"Signal": result}, answer="So.")["paths"]
    assert (path["app"], path["event"], path["log"]) == ("Signal", "notice", True)
    assert path["days"] == list(range(-7, 9))
    assert path["estimate"][7] == pytest.approx(math.log(2), abs=1e-4)
    assert path["estimate"][10] == pytest.approx(math.log(4), abs=1e-4)
    held = {"sensitivity": {"Signal": _check(False)}}
    assert card({"Signal": result}, answer="So.", **held)["paths"] == []
    flat = replace(result, effects=result.effects.reset_index(drop=True))
    assert card({"Signal": flat}, answer="So.")["paths"] == []
