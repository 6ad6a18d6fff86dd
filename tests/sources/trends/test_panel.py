"""From files in the store to a study's panel, and what is told of it."""

import dataclasses
import json

import numpy as np
import pytest
from sources.trends_files import (
    APPS,
    MAP,
    NEWER,
    NEWER_NAME,
    daily,
    entry,
    export,
    raw,
    said,
)

from migration.errors import CannotAsk, NoData, PanelError, SchemaDrift
from migration.outcomes import to_outcome
from migration.panel import check_panel
from migration.sources import build, card, load_built, load_panel
from migration.sources.raw import Raw
from migration.sources.trends import METRICS, SOURCE, declare, in_force, panel
from migration.store import Store

SIGNAL = daily("2021-01-05", {"Signal": [5, "<1", 100]})
BOTH = daily("2021-01-05", {"Signal": [5, "<1", 100], "WhatsApp": [9, 8, 7]})


def with_options(study, *, zone="UTC", **options):
    spec = dataclasses.replace(study.source(SOURCE), options=options, zone=zone)
    return dataclasses.replace(study, sources=(spec,))


def put(workspace, study, name, content, words):
    """As a command does that adds a file; the store may then hold the name anew."""
    return Store(workspace.raw).put(
        SOURCE, name, content, status=0, headers=declare(study, name, content, words)
    )


def test_from_the_store_to_an_outcome(study, workspace):
    words = said("Signal=signal; WhatsApp=whatsapp")
    put(workspace, study, "multitimeline.csv", BOTH, words)
    loaded = load_panel(study, source=SOURCE, metric="interest", workspace=workspace)
    assert loaded.attrs["vintage"]["origin"] == "fetched"
    assert loaded.attrs["vintage"]["things"] == ["signal: topic", "whatsapp: topic"]
    assert "telegram" in loaded.attrs["vintage"]["absent"]
    assert json.loads(json.dumps(loaded.attrs)) == loaded.attrs
    outcome = to_outcome(loaded, "interest_share").set_index(["unit", "period"])
    rows = outcome.loc["signal", ["y", "y_lower", "y_upper"]]
    np.testing.assert_allclose(
        rows, [[0.05, 0.045, 0.055], [np.nan, 0, 0.01], [1, 0.995, 1]]
    )
    (built,) = build(study, sources=[SOURCE], workspace=workspace)
    again = load_built(built.path)
    assert again.attrs == loaded.attrs
    assert to_outcome(again, "interest_share").equals(
        to_outcome(loaded, "interest_share")
    )


def test_weeks_and_months_stay_what_they_are(study):
    weekly = daily("2021-01-03", {"Signal": [5, 6, 100]}, frequency=7)
    words = {"kind": "topic", "terms": APPS, "exported": "2021-03-01"}
    files = [
        ("a.csv", SIGNAL, said("Signal=signal")),
        ("b.csv", weekly, said("Signal=signal")),
        (NEWER_NAME, NEWER, words),
    ]
    made = check_panel(panel(raw(study, *files), study))
    assert made.attrs["frequency"] == {
        "interest": "day",
        "interest_weekly": "week",
        "interest_monthly": "month",
    }
    rows = made[made["app"] == "signal"].groupby("metric").size().to_dict()
    assert rows == {"interest": 3, "interest_weekly": 3, "interest_monthly": 3}
    assert made.attrs["scales"][0]["links"] == []


def test_the_days_have_the_zone_that_the_study_says(study):
    files = raw(study, ("a.csv", SIGNAL, said("Signal=signal")))
    assert set(panel(files, study)["zone"]) == {"UTC"}
    own = with_options(study, zone="Asia/Kolkata")
    assert set(panel(files, own)["zone"]) == {"Asia/Kolkata"}


def test_namibia_is_a_market(study):
    content = daily("2021-01-05", {"Signal": [5, 6]}, label="Namibia")
    files = raw(study, ("a.csv", content, said("Signal=signal", geo="")))
    assert set(panel(files, study)["market"]) == {"NA"}


def test_a_term_and_a_topic_are_two_things(study):
    term = said("Signal=signal", kind="term")
    files = raw(
        study,
        ("a.csv", SIGNAL, said("Signal=signal")),
        ("b.csv", SIGNAL.replace(b",5", b",6"), term),
    )
    words = "one thing for signal in IN, got term signal and topic: choose with the"
    with pytest.raises(PanelError, match=words):
        panel(files, study)
    for kind, value in (("topic", 5), ("term", 6)):
        made = panel(files, with_options(study, kind=kind))
        assert made["value"].iloc[0] == value
    left = panel(files, with_options(study, leave_out=["b.csv"]))
    assert left["value"].iloc[0] == 5
    assert left.attrs["passed_over"] == {"b.csv": "left out by the study"}


def test_two_windows_of_a_map_from_one_day_are_refused(study):
    words = said("Signal=signal", geo="WW")
    other = MAP.replace(b"6/30/21", b"7/31/21")
    with pytest.raises(PanelError, match="needs one map for signal in"):
        panel(raw(study, ("a.csv", MAP, words), ("b.csv", other, words)), study)


def test_of_a_file_what_was_said_last_holds(study):
    first, last = (
        dict(declare(study, "a.csv", NEWER, {"kind": "topic", "terms": APPS, "geo": g}))
        for g in ("IN", "DE")
    )
    entries = [entry("trends/a.csv", NEWER, said) for said in (first, last)]
    files = Raw(origin="fetched", entries=tuple(entries), files={"trends/a.csv": NEWER})
    assert set(panel(files, study)["market"]) == {"DE"}
    assert in_force(entries) == [entries[1]]


def test_a_file_is_taken_back(study):
    words = said("Signal=signal")
    added = raw(
        study,
        ("a.csv", SIGNAL, words),
        ("b.csv", BOTH, words | {"terms": "Signal=signal; WhatsApp=-"}),
    )
    back = declare(study, "b.csv", BOTH, {"use": "no"})
    assert dict(back) == {"declared-use": "no", "declared-file": "b.csv"}
    gone = entry("trends/1.csv", BOTH, dict(back))
    entries = (*added.entries, gone)
    assert in_force(entries) == [added.entries[0]]
    made = panel(Raw(origin="fetched", entries=entries, files=added.files), study)
    assert len(made) == 3


def test_draws_that_are_numbered_both_hold(study):
    words = [said("Signal=signal", draw=n) for n in "12"]
    files = raw(study, *((f"{n}.csv", SIGNAL, w) for n, w in enumerate(words)))
    assert len(in_force(files.entries)) == 2


def test_another_studys_apps_are_passed_over_and_told(study):
    files = raw(study, ("a.csv", BOTH, said("Signal=signal; WhatsApp=whatsapp")))
    few = dataclasses.replace(
        study, apps=tuple(app for app in study.apps if app.id == "signal")
    )
    made = panel(files, few)
    assert set(made["app"]) == {"signal"}
    assert made.attrs["passed_over"] == {"whatsapp": "no app or control of the study"}
    none = dataclasses.replace(
        study, apps=tuple(app for app in study.apps if app.id == "telegram")
    )
    with pytest.raises(NoData, match="no file of trends shows an app of the study"):
        panel(files, none)


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({"kind": "brand"}, "the option kind needs one of term, topic"),
        ({"leave_out": "a.csv"}, "the option leave_out needs a list of file names"),
        ({"least_overlap": 0}, "the option least_overlap needs a number of points"),
        ({"least_overlap": True}, "the option least_overlap needs a number of points"),
        ({"topics": ["Signal"]}, "the option topics needs the title of each app's"),
        ({"topics": {"signal": 1}}, "the option topics needs the title of each app's"),
    ],
)
def test_options_that_are_none_are_refused(study, options, needed):
    files = raw(study, ("a.csv", SIGNAL, said("Signal=signal")))
    with pytest.raises(CannotAsk, match=needed):
        panel(files, with_options(study, **options))


def test_an_app_with_several_keywords_is_refused(study):
    app = dataclasses.replace(study.app("whatsapp"), ids={"trends": ("a", "b")})
    own = dataclasses.replace(study, apps=(app, study.app("signal")))
    with pytest.raises(CannotAsk, match="needs one keyword for 'whatsapp', got a, b"):
        panel(raw(study, ("a.csv", SIGNAL, said("Signal=signal"))), own)


def test_a_file_that_is_no_longer_what_was_said_names_itself(study):
    files = raw(study, ("multiTimeline (3).csv", SIGNAL, said("Signal=signal")))
    spoilt = Raw(
        origin="fetched",
        entries=files.entries,
        files={"trends/0.csv": SIGNAL.replace(b"100", b"101")},
    )
    with pytest.raises(SchemaDrift, match=r"multiTimeline \(3\).csv: data row 3"):
        panel(spoilt, study)


def test_the_card_gives_the_unit_of_every_metric():
    units = set(card(SOURCE).unit)
    plain = {name for name in METRICS if not name.endswith("_draw_se")}
    assert units == plain | {"interest_draw_se"}


def test_a_column_without_any_data_is_missing_and_no_zero(study):
    content = export("", "Day,Signal: (India)", ["2021-01-05,", "2021-01-06,"])
    made = panel(raw(study, ("a.csv", content, said("Signal=signal"))), study)
    assert set(made["status"]) == {"missing"}
    assert made["value"].isna().all()
