import hashlib
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest
import study_file

from migration.errors import StudyError
from migration.study import Event, list_studies, load_study
from migration.workspace import init_workspace


def test_a_small_study_by_hand(read, tmp_path, small):
    study = read(small)
    assert (study.id, study.simulated, study.contact) == ("small", False, None)
    assert study.baseline.end == date(2021, 1, 3)
    assert study.app("old").ids == {"shop": ("old.app", "old.wrapper")}
    assert study.app("old").until == {"shop": date(2021, 1, 17)}
    assert study.market("NA").name == "Namibia"
    assert study.market("IN").contaminated is None
    assert study.event("notice").window == (0, 8)
    assert study.event("notice").apps == ("all",)
    assert study.event("outage").instant == datetime(2021, 1, 15, 16, tzinfo=UTC)
    assert study.source("shop").options == {"mirror": "here", "sizes": (1, 2)}
    assert study.source("shop").enabled
    assert study.path == (tmp_path / "small.toml").resolve()
    assert study.sha256 == hashlib.sha256(small.encode()).hexdigest()


def test_groups_codes_and_all_expand_to_codes_each_once(read, small):
    study = read(small)
    assert study.expand("all") == ("IN", "NA")
    assert study.expand("EU") == ("DE", "FR")
    assert study.expand(["NA", "EU", "all"]) == ("NA", "DE", "FR", "IN")
    with pytest.raises(StudyError, match=r"no market or group 'EUU'.*mean 'EU'"):
        study.expand(["EUU"])


@pytest.mark.parametrize(
    ("kind", "asked", "nearest"),
    [
        ("app", "nwe", "did you mean 'new'"),
        ("event", "notise", "did you mean 'notice'"),
        ("market", "ZZ", "there are IN, NA"),
        ("source", "shopp", "did you mean 'shop'"),
    ],
)
def test_a_part_that_is_not_there_is_answered_with_the_nearest(
    read, kind, asked, nearest, small
):
    with pytest.raises(StudyError, match=f"no {kind} '{asked}' in study 'small'") as e:
        getattr(read(small), kind)(asked)
    assert nearest in str(e.value)


def test_a_study_does_not_change(read, small):
    study = read(small)
    for thing, key in ((study, "title"), (study.app("old"), "role")):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, key, "other")


def test_a_study_reaches_another_process_unchanged(read, small):
    study = read(small)
    assert pickle.loads(pickle.dumps(study)) == study


def test_the_repr_says_what_it_is_and_marks_what_is_simulated(read, changed, small):
    assert repr(read(small)) == (
        "<study 'small': 2 apps, 2 markets, 2 events, 1 sources>"
    )
    simulated = read(changed("question =", "simulated = true\nquestion ="))
    assert repr(simulated).startswith("<SIMULATED study")


SAME = {
    "windows lines": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "comment": lambda text: "# a comment\n" + text,
    "zone of the instant": lambda text: text.replace("16:00:00Z", "21:30:00+05:30"),
}


@pytest.mark.parametrize("written", SAME.values(), ids=SAME.keys())
def test_the_form_of_the_file_changes_nothing_but_its_hash(read, small, written):
    first, second = read(small), read(written(small), "again.toml")
    for part in ("id", "baseline", "apps", "markets", "events", "sources", "groups"):
        assert getattr(first, part) == getattr(second, part)
    assert first.sha256 != second.sha256


def test_a_missing_study_is_answered_with_those_there_are(tmp_path):
    with pytest.raises(
        StudyError, match=r"'whatsap-2021': did you mean 'whatsapp-2021"
    ):
        load_study("whatsap-2021")
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(
            StudyError, match=r"simulated-2021, twitter-2022, whatsapp-2021"
        ):
            load_study(path)
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(StudyError, match=r"folder\.toml is a folder"):
        load_study(tmp_path / "folder.toml")


def test_a_workspaces_study_wins_and_is_listed(tmp_path, changed):
    own = init_workspace(tmp_path)
    (own.studies / "whatsapp-2021.toml").write_text(
        changed('"small"', '"whatsapp-2021"'), encoding="utf-8"
    )
    (own.studies / "broken.toml").write_text("{", encoding="utf-8")
    assert load_study("whatsapp-2021", workspace=own).title == "A small study"
    listed = {name: title for name, title, _ in list_studies(own)}
    assert listed["whatsapp-2021"] == "A small study"
    assert listed["broken"].startswith("(cannot be read: ")
    assert listed["simulated-2021"].startswith("SIMULATED")


def test_a_study_asked_for_by_name_has_that_name_for_an_id(tmp_path, small):
    own = init_workspace(tmp_path)
    (own.studies / "mine.toml").write_text(small, encoding="utf-8")
    with pytest.raises(StudyError, match=r"mine\.toml: id: needs to be .*'mine'"):
        load_study("mine", workspace=own)
    assert load_study(own.studies / "mine.toml").id == "small"


def test_an_event_made_by_hand_is_held_to_the_same_kinds():
    with pytest.raises(ValueError, match="timezone"):
        Event(
            id="e",
            label="x",
            role="focal",
            precision="minute",
            severity="low",
            markets=("all",),
            citation="x",
            instant=datetime(2021, 1, 15, 19, 45),
        )


def test_opening_the_package_reads_no_study():
    code = "import migration, sys; print({'pydantic', 'pycountry'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
        encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"


TWO_EVENTS = study_file.STUDY.replace("CONTROLS", "")


def test_the_events_that_are_asked_for_by_their_place(read):
    study = read(TWO_EVENTS)
    assert (study.focal().id, study.focal("delay").id) == ("notice", "delay")
    assert study.later("notice").id == "delay"
    assert study.later("delay") is None
    assert study.later("notice", "notice").id == "notice"
    assert study.placebo() is None
    with pytest.raises(StudyError, match=r"focal event 'outage'.*notice, delay"):
        study.focal("outage")
    with pytest.raises(StudyError, match=r"no placebo 'notice'"):
        study.placebo("notice")


def test_the_earliest_is_first_wherever_it_stands(read):
    head, *events = TWO_EVENTS.split("[[events]]")
    last, rest = events[-1].split("[[sources]]")
    turned = [*reversed(events[:-1]), last]
    again = "[[events]]".join([head, *turned]) + "[[sources]]" + rest
    assert read(again, "again.toml").focal().id == "notice"
