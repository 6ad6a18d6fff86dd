"""What a report asks about, where its reader does not say."""

import pytest
import study_file

from migration.design import questions
from migration.errors import StudyError
from migration.study import load_study, new_study
from migration.workspace import init_workspace


def test_the_shipped_study_s_days_are_those_that_the_record_names():
    asked = questions(load_study("whatsapp-2021"), zone="UTC")
    assert (asked.event, asked.later) == ("notice", "delay")
    assert (asked.outage, asked.placebo) == ("signal-outage", "original-deadline")
    assert asked.outage_days == ("2021-01-15", "2021-01-17")
    assert asked.settled == (2, 8)  # 18 to 24 January
    assert asked.placebo_baseline == ("2021-01-25", "2021-02-07")
    assert asked.before == ("2020-12-10", "2021-01-05")
    assert asked.during == ("2021-01-09", "2021-01-16")


def test_of_the_later_event_nothing_comes_after():
    asked = questions(load_study("whatsapp-2021"), zone="UTC", event="delay")
    assert (asked.event, asked.later, asked.settled) == ("delay", None, None)


def test_a_day_further_east_is_another_day():
    asked = questions(load_study("whatsapp-2021"), zone="Asia/Tokyo")
    assert asked.outage_days == ("2021-01-16", "2021-01-17")
    assert asked.settled == (1, 8)  # the delay's day zero is the 17th there


def test_a_study_of_one_event_asks_nothing_else(tmp_path):
    here = init_workspace(tmp_path)
    new_study("mine", here)
    asked = questions(load_study("mine", workspace=here), zone="UTC")
    assert (asked.event, asked.later, asked.settled) == ("event", None, None)
    assert (asked.outage, asked.outage_days) == (None, None)
    assert (asked.placebo, asked.placebo_baseline) == (None, None)
    assert asked.before == ("2022-07-01", "2022-10-20")  # the baseline
    assert asked.during == ("2022-10-27", "2022-11-04")  # the window


def test_what_the_study_does_not_know_is_refused(tmp_path):
    study = load_study(study_file.write(tmp_path, ["c"]))
    assert questions(study, zone="UTC").outage == "outage"
    for asked in ({"event": "outage"}, {"later": "dely"}, {"placebo": "notice"}):
        with pytest.raises(StudyError, match=r"no (focal event|placebo)"):
            questions(study, zone="UTC", **asked)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("before = [2021-01-05, 2020-12-10], during = [2021-01-09, 2021-01-16]", "end"),
        ("before = [2020-12-10, 2021-01-05], during = [2021-01-05, 2021-01-16]", "aft"),
        ("before = [2020-12-10], during = [2021-01-05, 2021-01-16]", "by_hand"),
        ("before = [2020-12-10, 2021-01-05]", "during"),
    ],
)
def test_days_by_hand_that_cannot_be_meant_are_refused(tmp_path, days, words):
    path = study_file.write(tmp_path, ["c"])
    text = path.read_text(encoding="utf-8")
    path.write_text(f"by_hand = {{ {days} }}\n{text}", encoding="utf-8")
    with pytest.raises(StudyError, match=f"by_hand.*{words}"):
        load_study(path)
