"""An outage's days in, out and as a regressor: by hand, in size, refused."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from migration.checks.outage import outage_sensitivity
from migration.design import Design
from migration.errors import DesignError
from migration.estimators.abnormal_interest import abnormal_interest

DAYS = ("2021-01-08", "2021-01-09")


def test_a_dip_of_its_own_days_moves_only_the_row_that_holds_them(frame, design):
    """Minus 5 on 2 of 9 days: 10/9 less in the window, nothing in the other two."""
    dip = 5.0 * ((frame.unit == "hit") & frame.period.between(*DAYS))
    plain = outage_sensitivity(frame, design, days=DAYS)
    found = outage_sensitivity(frame.assign(y=frame.y - dip), design, days=DAYS)
    moved = (found.frame["estimate"] - plain.frame["estimate"]).to_numpy()
    np.testing.assert_allclose(moved, [-10 / 9, 0, 0, -5], atol=1e-9)
    assert found.passed is False
    assert "sign or verdict CHANGES" in found.answer
    assert plain.passed is True
    assert plain.frame["days"].tolist() == [9, 7, 9, 2]


def test_the_first_row_is_the_headline_and_the_others_agree_with_the_truth(
    frame, design
):
    found = outage_sensitivity(frame, design, days=DAYS).frame
    headline = abnormal_interest(frame, design).headline
    assert found["estimate"][0] == pytest.approx(headline.estimate)
    assert found["p_value"][0] == headline.p_value
    np.testing.assert_allclose(found["estimate"][:3], 0.8, atol=0.12)


def test_a_shock_to_all_changes_nothing_and_the_frame_stays(frame, design):
    before = frame.copy()
    shocked = frame.assign(y=frame.y + 3.0 * (frame.period >= "2021-01-06"))
    one, two = (outage_sensitivity(f, design, days=DAYS) for f in (frame, shocked))
    assert_frame_equal(one.frame, two.frame, atol=1e-8)
    assert_frame_equal(frame, before)


def test_days_before_the_window_are_no_part_of_it(frame, design):
    early = outage_sensitivity(frame, design, days=("2021-01-01", "2021-01-07"))
    assert early.frame["days"].tolist() == [9, 7, 9, 2]


@pytest.mark.slow
def test_without_an_effect_each_way_rejects_as_rarely_as_it_should(frame):
    """SIMULATED: each unrelated series in turn, ranked among the others."""
    names = sorted(set(frame.unit) - {"hit"})
    told = []
    for name in names[::3]:
        own = Design(
            outcome="y", treated=name, event="2021-01-06", window=(0, 8),
            baseline=("2020-11-01", "2021-01-03"),
            controls=[c for c in names if c != name],
        )  # fmt: skip
        found = outage_sensitivity(frame, own, days=DAYS).frame
        told.append((found["p_value"] <= 0.05).to_numpy())
    assert (np.mean(told, axis=0) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 15)).all()


@pytest.mark.parametrize(
    ("days", "changes", "words"),
    [
        (("2021-01-20", "2021-01-22"), {}, "no day of the outage, 2021-01-20 to 2021"),
        (("2021-01-06", "2021-01-13"), {}, "needs 2 days of the window without the ou"),
        (("2021-01-09", "2021-01-08"), {}, "days of the outage ends on 2021-01-08"),
        (
            DAYS,
            {"estimand": "log ratio of means", "outcome": "n"},
            "needs the estimand",
        ),
    ],
)
def test_what_it_cannot_mean_is_refused(frame, design, days, changes, words):
    with pytest.raises(DesignError, match=words):
        outage_sensitivity(frame, design.but(**changes), days=days)


def test_an_outage_that_the_study_does_not_have_is_refused(frame, design):
    from migration.checks.interference import outage_interference
    from migration.checks.outage import outage_sensitivities
    from migration.errors import StudyError
    from migration.estimators.abnormal_interest import abnormal_interest
    from migration.study import load_study

    study = load_study("simulated-2021")
    results = {"Hit": abnormal_interest(frame, design)}
    which = {"apps": ["signal"], "event": "delay"}
    with pytest.raises(StudyError, match="no event 'signal-outage'"):
        outage_sensitivities(study, frame, results, outage="signal-outage")
    with pytest.raises(StudyError, match="no event 'signal-outage'"):
        outage_interference(study, frame, outage="signal-outage", **which)
    found = outage_sensitivities(study, frame, results, outage=None)
    assert not found.results
    assert "simulated-2021 has no outage in these windows" in found.refused.reason[0]
    asked = outage_interference(study, frame, outage=None, **which)
    assert asked.passed is None
    assert asked.answer.startswith("not asked: simulated-2021 has no outage in these")
    assert asked.frame.empty
