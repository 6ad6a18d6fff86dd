"""Designs, collisions and second events made from a study file."""

import numpy as np
import pandas as pd
import pytest
import study_file

from migration.checks.calendar import calendar_collisions
from migration.checks.second_event import second_event, second_events
from migration.design import design_for
from migration.display import answer
from migration.errors import DesignError, StudyError
from migration.estimators.abnormal_interest import abnormal_interest
from migration.estimators.apps import NO_EVENT, estimate_apps
from migration.study import load_study


@pytest.fixture
def study(tmp_path, design):
    return load_study(study_file.write(tmp_path, design.controls))


@pytest.fixture
def outcome(frame):
    made = frame.copy()
    made.attrs = {"source": "flathub"}
    return made


def test_the_notice_is_a_bundle_whose_days_are_the_study_s(study, outcome, design):
    made = design_for(study, outcome, app="hit", event="notice")
    assert made.identification == "bundle"  # the tweet lies inside the window
    assert made.rule == "declared"
    assert made.window_days == design.window_days
    assert made.baseline == design.baseline
    assert made.controls == design.controls
    assert made.competitors == ("rival",)
    assert made.other_events["delay"][0] == pd.Timestamp("2021-01-15")
    assert made.other_events["delay"][1] == pd.Timestamp("2021-01-16")


def test_an_app_that_the_tweet_does_not_touch_has_a_clean_window(study, outcome):
    twin = pd.concat([outcome, outcome[outcome.unit == "hit"].assign(unit="rival")])
    twin.attrs = outcome.attrs
    made = design_for(study, twin, app="rival", event="notice")
    assert made.identification == "window"


def test_the_delay_is_a_combined_path(study, outcome):
    made = design_for(study, outcome, app="hit", event="delay")
    assert made.identification == "combined path"
    assert made.event == pd.Timestamp("2021-01-16")
    result = abnormal_interest(outcome, made)
    assert result.headline.estimate == pytest.approx(1.3, abs=0.1)


def test_collisions_are_named_by_place(study, outcome):
    made = design_for(study, outcome, app="hit", event="notice")
    check = calendar_collisions(study, made, app="hit", zone="UTC")
    assert check.frame[["id", "where"]].to_numpy().tolist() == [["tweet", "window"]]
    assert check.passed  # of medium severity
    later = design_for(study, outcome, app="hit", event="delay")
    found = calendar_collisions(study, later, app="hit", zone="UTC")
    where = found.frame.set_index("id")["where"]
    assert where.to_dict() == {"notice": "gap", "tweet": "gap", "outage": "window"}
    assert found.passed is False


def test_the_second_event_is_not_identified_and_the_reasons_are_counted(study, outcome):
    since = (outcome.period - pd.Timestamp("2021-01-05")).dt.days.clip(0, 9)
    rising = outcome.assign(y=outcome.y + 0.5 * since * (outcome.unit == "hit"))
    rising.attrs = outcome.attrs
    result = abnormal_interest(
        rising, design_for(study, rising, app="hit", event="notice")
    )
    check = second_event(study, result, app="hit", event="delay", zone="UTC")
    assert check.passed is False
    assert not check.frame.open.any()
    assert "largest on 2021-01-14, which leaves 0 days" in check.answer
    assert "Outage of the hit app" in check.answer
    with pytest.raises(DesignError, match=r"knows \['delay'\], not 'dely'"):
        second_event(study, result, app="hit", event="dely", zone="UTC")
    effects = estimate_apps(study, rising, apps=["hit", "rival"], event="notice")
    many = second_events(study, effects, event="delay", zone="UTC")
    assert list(many) == ["Hit"]
    assert many["Hit"].answer == check.answer


def test_a_study_without_a_later_or_a_placebo_event_says_so(study, outcome):
    effects = estimate_apps(study, outcome, apps=["hit"], event="notice")
    alone = second_events(study, effects, event=None, zone="UTC")["Hit"]
    assert (alone.passed, len(alone.frame)) == (None, 0)
    assert alone.answer == "the study has no later focal event"
    said = answer(effects.named, what="installs", later={"Hit": alone})
    assert "later event" not in said
    none = estimate_apps(study, outcome, apps=["hit", "rival"], event=None)
    assert none.results == {}
    assert list(none.refused.app) == ["Hit", "Rival"]
    assert set(none.refused.reason) == {NO_EVENT}


def test_room_for_a_decay_is_said_and_identifies_nothing_by_itself(study, outcome):
    since = (outcome.period - pd.Timestamp("2021-01-06")).dt.days
    pulse = np.where(since >= 0, 3 * 0.7 ** since.clip(lower=0), 0)
    falling = outcome.assign(y=outcome.y + pulse * (outcome.unit == "hit"))
    falling.attrs = outcome.attrs
    result = abnormal_interest(
        falling, design_for(study, falling, app="hit", event="notice")
    )
    check = second_event(study, result, app="hit", event="delay", zone="UTC")
    assert "there would be room" in check.answer
    assert check.passed is False
    assert not check.frame.open.any()


def test_apps_without_an_answer_are_listed_with_the_reason(study, outcome):
    found = estimate_apps(study, outcome, apps=["hit", "rival"], event="notice")
    assert list(found.results) == ["hit"]
    assert found.refused.app.tolist() == ["Rival"]
    assert found.refused.reason[0] == "no series of this app in flathub"
    assert list(found.named) == ["Hit"]
    assert list(found.only(["rival"]).refused.app) == ["Rival"]
    assert list(found.only(["hit"]).named) == ["Hit"]
    assert found.only(["hit"]).refused.empty
    assert found.to_frame().estimate[0] == found["hit"].headline.estimate
    with pytest.raises(StudyError, match="did you mean 'hit'"):
        estimate_apps(study, outcome, apps=["hitt"], event="notice")


def test_breaks_of_the_frame_reach_the_design_and_the_calendar(study, outcome):
    broken = outcome.copy()
    broken.attrs = outcome.attrs | {
        "breaks": [
            {"app": "hit", "day": "2021-01-08", "what": "hit: renamed"},
            {"app": "all", "day": "2020-12-07", "what": "several series: a spike"},
            {"app": "rival", "day": "2021-01-09", "what": "rival: renamed"},
        ]
    }
    made = design_for(study, broken, app="hit", event="notice")
    assert set(made.breaks) == {"hit: renamed", "several series: a spike"}
    found = calendar_collisions(study, made, app="hit", zone="UTC")
    rows = found.frame[found.frame.id == "series-break"].set_index("label")["where"]
    assert rows["the series itself breaks: hit: renamed"] == "window"
    assert rows["the series itself breaks: several series: a spike"] == "baseline"
    assert found.passed is False


def test_bounds_keep_a_control_of_a_rank_and_not_of_a_count(study, outcome):
    gone = (outcome.unit == "c00") & (outcome.period == "2020-12-01")
    bounded = outcome.assign(y=outcome.y.mask(gone), y_lower=0.0, y_upper=9.0)
    for kind, kept in (("log_count", 44), ("minus_log_rank", 45)):
        bounded.attrs = outcome.attrs | {"outcome": kind}
        made = design_for(study, bounded, app="hit", event="notice")
        assert len(made.controls) == kept
        assert any("1 of 45" in note for note in made.notes) == (kept == 44)


def test_an_app_without_an_answer_is_refused_with_its_reason(study, outcome):
    short = ("2021-01-01", "2021-01-03")
    effects = estimate_apps(
        study, outcome, apps=["hit", "rival"], event="notice", baseline=short
    )
    assert effects.results == {}
    with pytest.raises(DesignError, match=r"^Hit has no answer: .*baseline"):
        effects["hit"]
    with pytest.raises(DesignError, match=r"^'nobody' has no answer: it was not asked"):
        effects["nobody"]
