"""Dates without an event, and one with: reached, out of reach, refused."""

import numpy as np
import pandas as pd
import pytest
import study_file

from migration.checks.control_dates import control_dates
from migration.errors import DesignError
from migration.study import load_study

MORE = """
[[events]]
id = "void"
label = "A deadline that was lifted"
role = "placebo"
precision = "day"
severity = "low"
markets = ["all"]
citation = "made up"
start = 2021-02-08
window = [0, 8]
[[events]]
id = "blackout"
label = "An outage of the rival"
role = "positive control"
precision = "minute"
severity = "high"
markets = ["all"]
citation = "made up"
instant = 2021-10-04T15:39:00Z
window = [0, 1]
[[sources]]
"""
NAMES = [f"c{n:02d}" for n in range(25)]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    path = study_file.write(folder, NAMES)
    text = path.read_text(encoding="utf-8").replace("[[sources]]\n", MORE)
    path.write_text(text, encoding="utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def frame():
    """SIMULATED: two years of noise, and on 4 and 5 October 2021 a jump of 2."""
    days = pd.date_range("2019-11-01", "2021-10-31", name="period")
    y = 5 + 0.1 * np.random.default_rng(11).normal(size=(len(days), 26))
    y[(days >= "2021-10-04") & (days <= "2021-10-05"), 0] += 2
    wide = pd.DataFrame(y, index=days, columns=["hit", *NAMES])
    long = wide.melt(ignore_index=False, var_name="unit", value_name="y").reset_index()
    long.attrs = {"source": "flathub", "simulated": True}
    return long


def only(frame, first, last):
    kept = frame[frame.period.between(first, last)].copy()
    kept.attrs = frame.attrs
    return kept


def test_every_control_has_the_days_that_were_said(study, frame):
    found = control_dates(study, frame, app="hit")
    table = found.frame.set_index("control")
    assert table["reached"].all()
    assert table["can_tell"].all()
    assert found.passed
    assert found.simulated
    void = table.loc["void"]
    assert void.baseline_first == pd.Timestamp("2021-01-25")
    assert void.baseline_last == pd.Timestamp("2021-02-07")
    assert void.last_day == pd.Timestamp("2021-02-10")
    notice = table.loc["notice, a year earlier"]
    assert notice.first_day == pd.Timestamp("2020-01-06")
    assert notice.baseline_first == pd.Timestamp("2019-11-01")
    outage = table.loc["blackout"]
    assert outage.first_day == pd.Timestamp("2021-10-04")
    assert outage.estimate == pytest.approx(2, abs=0.4)
    assert table.loc["delay, a year earlier", "first_day"] == pd.Timestamp("2020-01-16")


def test_a_jump_on_a_negative_date_and_a_silent_positive_one_fail(study, frame):
    quiet = frame.assign(y=frame.y - 2.0 * _on(frame, "2021-10-04", "2021-10-05"))
    found = control_dates(study, quiet, app="hit")
    assert found.passed is False
    assert "blackout (positive)" in found.answer
    assert "NOT as it should be" in found.answer
    assert "by chance" not in found.answer
    loud = frame.assign(y=frame.y + 2.0 * _on(frame, "2021-02-08", "2021-02-10"))
    jumped = control_dates(study, loud, app="hit")
    assert jumped.passed is False
    assert "one or more of 3 negative dates in up to 15% of cases" in jumped.answer


def _on(frame, first, last):
    return (frame.unit == "hit") & frame.period.between(first, last)


def test_what_the_data_do_not_reach_is_named_with_its_days(study, frame):
    short = only(frame, "2020-11-01", "2021-02-28")
    found = control_dates(study, short, app="hit")
    table = found.frame.set_index("control")
    assert table["reached"].sum() == 1
    assert table.loc["blackout", "why"] == (
        "OUT OF REACH: needs 2021-09-20 to 2021-10-05, the data cover 2020-11-01 to "
        "2021-02-28"
    )
    assert np.isnan(table.loc["blackout", "estimate"])
    assert "1 of 4 reached" in found.answer
    assert "notice, a year earlier OUT OF REACH: needs 2019-11-01" in found.answer


def test_a_control_that_cannot_fail_is_said_to_be_one(study, frame):
    few = frame[frame.unit.isin(["hit", *NAMES[:5]])].copy()
    few.attrs = frame.attrs
    found = control_dates(study, few, app="hit")
    assert found.passed is None
    assert not found.frame["can_tell"].any()
    assert "cannot tell: 5 unrelated series" in found.answer


def test_a_shock_to_every_series_changes_nothing(study, frame):
    shocked = frame.assign(y=frame.y + 4.0 * (frame.period >= "2021-02-08"))
    one, two = (control_dates(study, f, app="hit").frame for f in (frame, shocked))
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-9)


def test_an_app_without_a_series_is_refused(study, frame):
    with pytest.raises(DesignError, match="needs a series of 'rival', the frame has"):
        control_dates(study, frame, app="rival")


def test_observed_counts_reach_every_date(real):
    """Flathub's own counts of 2018 to 2025, as they were sent."""
    import json

    shipped = load_study("whatsapp-2021")
    parts = []
    for app, name in (
        ("telegram", "org.telegram.desktop"),
        ("signal", "org.signal.Signal"),
    ):
        path = real / "flathub" / "raw" / f"{name}.json"
        if not path.is_file():
            pytest.skip(f"{path.name} is not among the observed data")
        sent = json.loads(path.read_text(encoding="utf-8"))["stats"]
        days = pd.to_datetime([day["date"] for day in sent])
        new = [sum(a - b for a, b in day["arches"].values()) for day in sent]
        y = np.log(np.maximum(np.array(new, float), 1))
        parts.append(pd.DataFrame({"unit": app, "period": days, "y": y}))
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {"source": "flathub"}
    found = control_dates(shipped, frame, app="telegram")
    assert found.frame["reached"].all()
    assert found.passed is None  # no unrelated series came with them
