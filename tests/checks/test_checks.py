import numpy as np
import pandas as pd
import pytest

from migration.checks.placebo import placebo_in_space, placebo_in_time
from migration.checks.power import minimum_detectable_effect
from migration.checks.sensitivity import baseline_sensitivity
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest


def test_placebo_windows_neither_overlap_nor_touch_the_event(frame, design):
    found = placebo_in_time(frame, design).frame
    assert found.last_day.max() == pd.Timestamp("2021-01-03")
    assert (found.first_day[:-1].to_numpy() > found.last_day[1:].to_numpy()).all()
    assert ((found.last_day - found.first_day).dt.days == 8).all()


def test_a_jump_in_the_baseline_fails_the_placebo(frame, design):
    jump = 3.0 * ((frame.unit == "hit") & (frame.period >= "2020-12-26"))
    assert placebo_in_time(frame, design).passed
    check = placebo_in_time(frame.assign(y=frame.y + jump), design)
    assert not check.passed
    assert "; by chance one or more has in up to 10% of cases" in check.answer
    assert "by chance" not in placebo_in_time(frame, design).answer


def test_a_placebo_that_cannot_fail_does_not_hold(frame, design):
    """Among 18 unrelated series no p is below 1/19: not even a jump of 3 is found."""
    jump = 3.0 * ((frame.unit == "hit") & (frame.period >= "2020-12-26"))
    few = design.but(controls=design.controls[:18])
    check = placebo_in_time(frame.assign(y=frame.y + jump), few)
    assert check.passed is None
    assert check.answer.endswith("cannot tell, with 18 unrelated series none can")
    enough = design.but(controls=design.controls[:19])
    assert placebo_in_time(frame, enough).passed is not None


def test_a_baseline_without_room_for_a_placebo_is_refused(frame, design):
    short = design.but(baseline=("2020-11-29", "2021-01-03"))
    with pytest.raises(DesignError, match=r"needs 47 baseline days.*got 36"):
        placebo_in_time(frame, short)


def test_the_smallest_sufficient_baseline_is_accepted(frame, design):
    enough = design.but(baseline=("2020-11-18", "2021-01-03"))
    assert len(placebo_in_time(frame, enough).frame) == 1
    with pytest.raises(DesignError, match="got 46"):
        placebo_in_time(frame, design.but(baseline=("2020-11-19", "2021-01-03")))


def test_the_rank_in_space_is_the_headline_s_rank(frame, design):
    check = placebo_in_space(frame, design)
    result = abnormal_interest(frame, design)
    assert "rank 1 of 46" in check.answer
    assert check.frame.estimate[0] == pytest.approx(result.headline.estimate)
    assert check.frame.treated.sum() == 1


def test_a_sign_that_depends_on_the_baseline_is_called_out(frame, design):
    assert baseline_sensitivity(frame, design).passed
    early = (frame.unit == "hit") & (frame.period <= "2020-12-19")
    late = (frame.unit == "hit") & frame.period.between("2020-12-20", "2021-01-03")
    tilted = frame.assign(y=frame.y + 0.95 * early + 0.2 * late)
    check = baseline_sensitivity(tilted, design)
    assert check.passed is False
    assert "sign CHANGES" in check.answer
    assert np.sign(check.frame.estimate).nunique() == 2


def test_the_minimum_effect_is_the_result_s(frame, design):
    check = minimum_detectable_effect(frame, design)
    gain = check.frame.set_index("error").gain["unrelated series"]
    assert gain == abnormal_interest(frame, design).mde["gain"]
    own = check.frame.set_index("error").gain["own"]
    assert f"a gain of {own:.3g}" in check.answer


def test_the_smallest_effect_follows_the_series_own_error(frame, design):
    hit = frame.unit == "hit"
    level = frame[hit & (frame.period < "2021-01-06")].y.mean()
    loud = frame.assign(y=frame.y.where(~hit, level + 4 * (frame.y - level)))
    quiet = minimum_detectable_effect(frame, design).frame.set_index("error")
    noisy = minimum_detectable_effect(loud, design).frame.set_index("error")
    assert noisy.gain["unrelated series"] == pytest.approx(
        quiet.gain["unrelated series"]
    )
    errors = [
        abnormal_interest(each, design).headline.std_error for each in (frame, loud)
    ]
    for side in ("gain", "loss"):
        ratio = noisy.loc["own", side] / quiet.loc["own", side]
        assert ratio == pytest.approx(errors[1] / errors[0])


def test_a_known_break_starts_a_baseline_of_its_own(frame, design):
    what = "hit: level shifts up"
    broken = design.but(breaks={what: "2020-12-10", "before all": "2020-10-01"})
    found = baseline_sensitivity(frame, broken).frame.set_index("baseline")
    row = found.loc[f"from the break of 2020-12-10 ({what})"]
    assert row.first_day == pd.Timestamp("2020-12-10")
    assert not found.index.str.contains("before all").any()
    warned = abnormal_interest(frame, broken).warnings
    assert any("breaks on 2020-12-10, inside the baseline" in w for w in warned)


def test_a_break_after_the_baseline_is_told_as_one(frame, design):
    broken = design.but(breaks={"hit: renamed": "2021-01-08"})
    warned = abnormal_interest(frame, broken).warnings
    assert any("2021-01-08, after the baseline: hit: renamed" in w for w in warned)


def test_a_baseline_too_short_to_try_is_named(frame, design):
    broken = design.but(breaks={"hit: late": "2021-01-01"})
    check = baseline_sensitivity(frame, broken)
    assert "not tried, too short: from the break of 2021-01-01" in check.answer


def test_doubted_controls_get_a_row_without_them(frame, design):
    doubted = design.controls[:3]
    found = baseline_sensitivity(frame, design, doubtful=doubted).frame
    row = found[found.baseline == "declared, without 3 doubted controls"].iloc[0]
    firm = abnormal_interest(frame, design.but(controls=design.controls[3:]))
    assert row.estimate == pytest.approx(firm.headline.estimate)
    assert row.p_value == firm.headline.p_value


def test_a_baseline_that_one_control_spoils_is_named_and_the_others_stand(
    frame, design
):
    """A control that stands still over the later half costs that row alone."""
    still = frame.copy()
    rows = (still.unit == "c07") & (still.period >= "2020-12-01")
    still.loc[rows & (still.period <= "2021-01-03"), "y"] = 5.0
    check = baseline_sensitivity(still, design)
    assert "later half" not in set(check.frame["baseline"])
    assert "later two thirds" in set(check.frame["baseline"])
    assert "; later half refused: 1 series are constant" in check.answer
    gone = design.but(controls=[c for c in design.controls if c != "c07"])
    whole = baseline_sensitivity(frame, gone)
    assert "refused" not in whole.answer
    constant = frame.assign(y=frame.y.where(frame.unit != "c07", 5.0))
    with pytest.raises(DesignError, match="constant over the whole baseline"):
        baseline_sensitivity(constant, design)


def test_too_few_series_for_any_finding_are_said_in_words(frame, design):
    few = design.but(controls=design.controls[:18])
    check = minimum_detectable_effect(frame, few)
    assert "at 80% power no gain and no loss, however large" in check.answer
    assert "inf" not in check.answer
