"""Several files into one panel: vintages, sums, charts and vendors kept apart."""

import dataclasses
import json

import numpy as np
import pytest
from sources.own_csv.cases import (
    FILES,
    LONG,
    STUDY,
    as_headers,
    lines,
    load,
    make_study,
    raw_with,
)

from migration.errors import CannotAsk, NoData, SchemaDrift, StudyError
from migration.panel import check_panel
from migration.sources.own_csv import in_force, panel

SAID = {"metric": "downloads", "vendor": "v", "market": "WW"}


def counts(*rows, **said):
    text = lines("date|app|value", *(f"2021-01-{row}" for row in rows))
    return text.encode(), {**SAID, **said}


def values(panel, app="signal"):
    own = panel[panel["app"] == app]
    return [(f"{d:%d}", v) for d, v in zip(own["period"], own["value"], strict=True)]


def test_of_each_cell_the_newest_export_is_used_and_their_meeting_is_a_break(own):
    old = counts("10|signal.org|1", "11|signal.org|2", exported="2021-02-01")
    new = counts("11|signal.org|5", "12|signal.org|6", exported="2021-05-01")
    for files in ((old, new), (new, old)):
        found = check_panel(load(own, *files))
        assert values(found) == [("10", 1), ("11", 5), ("12", 6)]
        (seam,) = found.attrs["breaks"]
        assert seam == {
            "app": "signal",
            "day": "2021-01-11",
            "what": "downloads: exports of v of 2021-02-01 and 2021-05-01 meet",
        }


def test_of_two_exports_of_one_day_the_one_added_later_is_used(own):
    first = counts("10|signal.org|1", "11|signal.org|2")
    second = counts("11|signal.org|5", "12|signal.org|6")
    found = load(own, first, second)
    assert values(found) == [("10", 1), ("11", 5), ("12", 6)]
    assert found.attrs["breaks"] == []


@pytest.mark.parametrize(
    ("vendors", "invented"),
    [(("v",), False), (("SIMULATED",), True), (("Simulated data of v",), True)],
)
def test_a_vendor_that_says_so_marks_the_panel_as_simulated(own, vendors, invented):
    """Whatever the study says: a report of it said "Observed data"."""
    rows = ("10|signal.org|1", "11|signal.org|2")
    files = [counts(*rows, vendor=vendor) for vendor in vendors]
    assert load(own, *files).attrs["simulated"] is invented


def test_ranks_are_not_revised_and_meet_without_a_break(own):
    rank = {"metric": "rank"}
    found = load(
        own,
        counts("10|signal.org|1", **rank),
        counts("11|signal.org|2", **rank, exported="2021-05-01"),
    )
    assert values(found) == [("10", 1), ("11", 2)]
    assert found.attrs["breaks"] == []


def test_identifiers_are_added_up_and_a_gap_in_one_is_a_gap(own):
    rows = ("10|signal.org|1", "10|org.securesms|20", "11|signal.org|2")
    found = check_panel(load(own, counts(*rows)))
    np.testing.assert_equal(values(found), [("10", 21), ("11", np.nan)])
    assert found["status"].tolist() == ["observed", "missing"]


def test_of_several_ranks_the_best_bounds_the_app(own):
    rows = ("10|signal.org|7", "10|org.securesms|3", "11|signal.org|2")
    found = check_panel(load(own, counts(*rows, metric="rank")))
    assert found["status"].tolist() == ["censored", "missing"]
    assert found.loc[0, ["lower", "upper"]].tolist() == [1, 3]


def test_names_of_one_thing_are_one(own):
    found = load(
        own,
        counts("10|signal.org|1", "11|signal.org|1"),
        counts("12|874139669|2", "13|874139669|2"),
    )
    assert values(found) == [("10", 1), ("11", 1), ("12", 2), ("13", 2)]


def test_two_names_of_one_thing_on_one_day_are_refused(own):
    with pytest.raises(SchemaDrift, match="two rows are the downloads of 'signal'"):
        load(own, counts("10|signal.org|1", "10|874139669|2", "11|signal.org|1"))


def test_a_control_has_its_identifier_and_strangers_are_kept_out_and_named(own):
    rows = ("10|signal.org|1", "11|signal.org|1", "10|Photos|5", "10|Maps|6")
    found = load(own, counts(*rows))
    assert set(found["app"]) == {"signal", "Photos"}
    assert found.attrs["left_out"] == {"apps": ["Maps"], "n_apps": 1, "markets": []}


def test_markets_that_the_study_does_not_know_are_kept_out_and_named(own):
    text = lines(
        "date|app|market|value",
        *(f"2021-01-{d}|signal.org|{m}|1" for d in (10, 11) for m in ("NA", "Brazil")),
    )
    found = load(own, (text.encode(), {"metric": "downloads", "vendor": "v"}))
    assert set(found["market"]) == {"NA"}
    assert found.attrs["left_out"]["markets"] == ["BR"]


def test_days_are_of_the_zone_that_is_said(own):
    text = lines(
        "date|app|market|value",
        *(f"2021-01-{d}|signal.org|{m}|1" for d in (10, 11) for m in ("NA", "WW")),
    )
    said = {"metric": "downloads", "vendor": "v"}
    found = load(own, (text.encode(), said))
    assert set(found["zone"]) == {"UTC"}
    found = load(own, (text.encode(), {**said, "zone": "market"}))
    zones = dict(zip(found["market"], found["zone"], strict=True))
    assert zones == {"NA": "Africa/Windhoek", "WW": "UTC"}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"vendor": "w"}, "vendor 'v' and 'w'.*options.vendor"),
        ({"unit": "people"}, "unit 'downloads a day' and 'people'"),
        ({"zone": "Asia/Kolkata"}, "zone 'UTC' and 'Asia/Kolkata'"),
        ({"device": "iphone"}, "device '' and 'iphone'.*--say metric=downloads_2"),
    ],
)
def test_one_metric_is_one_thing(own, other, words):
    files = (
        counts("10|signal.org|1", "11|signal.org|1"),
        counts("12|signal.org|2", "13|signal.org|2", **other),
    )
    with pytest.raises(CannotAsk, match=words):
        load(own, *files)


def test_a_study_may_choose_its_vendor(own):
    spec = dataclasses.replace(own.source("own_csv"), options={"vendor": "w"})
    chosen = dataclasses.replace(own, sources=(spec,))
    found = load(
        chosen,
        counts("10|signal.org|1", "11|signal.org|1"),
        counts("10|signal.org|2", "11|signal.org|3", vendor="w"),
    )
    assert values(found) == [("10", 2), ("11", 3)]


def test_two_charts_are_two_metrics(own):
    said = {"chart_size": "400"}
    social = LONG.replace("Social Networking", "Overall").replace(",12", ",90")
    found = load(
        own,
        (LONG.encode(), {**said, "metric": "rank_social"}),
        (social.encode(), said),
    )
    first = found[found["period"] == "2021-01-10"].set_index("metric")["value"]
    assert first.to_dict() == {"rank": 90, "rank_social": 12}


def test_an_app_ends_where_the_study_says(tmp_path):
    text = STUDY.replace(
        '[[apps]]\nid = "telegram"',
        'until.own_csv = 2021-01-10\n[[apps]]\nid = "telegram"',
    )
    study = make_study(tmp_path, text)
    found = load(study, counts("10|signal.org|1", "11|signal.org|1"))
    assert values(found) == [("10", 1)]


def test_a_name_of_two_apps_is_refused(tmp_path):
    study = make_study(tmp_path, STUDY.replace("|telegram.org", "|signal.org"))
    with pytest.raises(StudyError, match=r"'signal\.org' stands for 'signal' and"):
        load(study, counts("10|signal.org|1", "11|signal.org|1"))


def test_what_is_told_is_plain(own):
    found = load(own, *(FILES[name] for name in ("data-ai-ranks", "similarweb-visits")))
    assert json.loads(json.dumps(found.attrs)) == found.attrs
    assert [r["vendor"] for r in found.attrs["readings"]] == ["data.ai", "Similarweb"]
    assert found.attrs["readings"][0]["last_day"] == "2021-01-11"


def stored(*words):
    """One file with what was said of it, one word after another."""
    content, _ = counts("10|signal.org|1", "11|signal.org|1")
    raw = raw_with({"own_csv/a.csv": content}, {"own_csv/a.csv": {}})
    (entry,) = raw.entries
    entries = [
        dataclasses.replace(
            entry, headers=as_headers({**SAID, "exported": "2021-02-01", **w})
        )
        for w in words
    ]
    return dataclasses.replace(raw, entries=tuple(entries))


def test_of_one_file_what_was_said_last_holds(own):
    raw = stored({}, {"market": "NA"})
    assert set(panel(raw, own)["market"]) == {"NA"}
    assert in_force(raw.entries) == list(raw.entries[1:])


def test_a_file_may_be_read_as_two_metrics(own):
    found = panel(stored({"metric": "rank"}, {"metric": "rank_social"}), own)
    assert set(found["metric"]) == {"rank", "rank_social"}


def test_a_file_can_be_withdrawn(own):
    with pytest.raises(NoData, match="no row of the files of own_csv"):
        panel(stored({}, {"use": "no"}), own)
    both = stored({"metric": "rank"}, {}, {"use": "no", "metric": "rank"})
    assert set(panel(both, own)["metric"]) == {"downloads"}


def test_a_file_that_is_said_nothing_of_is_named(own):
    raw = raw_with({"own_csv/a.csv": counts("10|a|1")[0]}, {"own_csv/a.csv": {}})
    with pytest.raises(SchemaDrift, match=r"own_csv/a\.csv: say metric"):
        panel(raw, own)


def test_files_of_other_apps_only_hold_nothing(own):
    raw = stored({})
    other = dataclasses.replace(own, apps=own.apps[1:])
    with pytest.raises(NoData, match=r"see ids\.own_csv"):
        panel(raw, other)
